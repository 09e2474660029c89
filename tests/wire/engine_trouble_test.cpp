// SPDX-License-Identifier: Apache-2.0
//
// An engine that is not there, goes away, or was named wrongly.
#include "fixture.hpp"

#include <fstream>

namespace wire {
namespace {

/// A start that must fail: its exit status and its one line.
void expect_refused(const Command &command, ExitStatus status, std::string_view named) {
  SCOPED_TRACE(named);
  Process process(command);
  EXPECT_EQ(process.wait(), status) << process.output();
  EXPECT_EQ(lines(process.output()).size(), 1U) << process.output();
  EXPECT_NE(process.output().find(named), std::string::npos) << process.output();
}

TEST(EngineTrouble, AHostWithoutAnEngineRefusesToStartAndNamesIt) {
  const TempDir dir;
  const std::string endpoint = "unix://" + (dir.path() / "none.sock").string();

  expect_refused(serve_command(endpoint), 1, endpoint);
}

TEST(EngineTrouble, WhatIsNoEngineIsRefused) {
  const TempDir dir;
  std::ofstream(dir.path() / "file") << "no socket";
  const std::string endpoint = "unix://" + (dir.path() / "file").string();

  expect_refused(serve_command(endpoint), 1, endpoint);
}

TEST(EngineTrouble, AnEndpointThatCannotBeIsRefusedByName) {
  const std::string too_long = "unix:///tmp/" + std::string(103, 's');
  const std::string missing = "/nonexistent-mw-certs";

  expect_refused(serve_command(too_long), 2, "108");
  expect_refused(serve_command("unix://relative.sock"), 2, "unix://relative.sock");
  expect_refused(serve_command("ftp://127.0.0.1:1"), 2, "ftp://127.0.0.1:1");
  expect_refused(serve_command("tcp://127.0.0.1"), 2, "tcp://127.0.0.1");
  expect_refused(serve_command("tcp://127.0.0.1:2375"), 2, "cert_path");
  expect_refused(serve_command("tcp://127.0.0.1:2376", {"-d", missing}), 2, missing);
}

TEST(EngineTrouble, TheLongestSocketPathIsTried) {
  const std::string endpoint = "unix:///tmp/" + std::string(102, 's');

  expect_refused(serve_command(endpoint), 1, endpoint);
}

TEST(EngineTrouble, CallsFailQuicklyWhileTheEngineIsGoneAndWorkWhenItIsBack) {
  PrivateEngine engine;
  HostProcess host(engine.api().endpoint());
  ASSERT_EQ(host.call("MDocker.GetInfo").error, "");

  engine.stop();

  for (const auto &[method, params] : std::vector<std::pair<const char *, std::string>>{
           {"MDocker.GetInfo", "{}"},
           {"MDocker.ListContainers", "{}"},
           {"MDocker.GetContainer", R"({"id":"mw-t"})"},
           {"MDocker.StopContainer", guest("mw-t")},
           {"MDocker.DeleteContainer", guest("mw-t")}}) {
    SCOPED_TRACE(method);
    const auto asked = Clock::now();
    const RpcAnswer answer = host.call(method, params);
    EXPECT_LT(Clock::now() - asked, std::chrono::seconds(10));
    EXPECT_EQ(answer.status, 200);
    EXPECT_NE(answer.error.find(engine.api().endpoint()), std::string::npos) << answer.error;
    EXPECT_EQ(answer.error.find('\n'), std::string::npos) << answer.error;
  }
  const HttpResponse health = host.get("/healthz");
  EXPECT_NE(health.body.find("\"ready\":false"), std::string::npos) << health.body;

  engine.start();

  const RpcAnswer answer = host.call("MDocker.GetInfo");
  EXPECT_EQ(answer.error, "");
  EXPECT_NE(host.get("/healthz").body.find("\"ready\":true"), std::string::npos);
  EXPECT_EQ(host.end(), 0) << host.process().output();
}

} // namespace
} // namespace wire
