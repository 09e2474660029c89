// SPDX-License-Identifier: Apache-2.0
//
// SIGHUP takes a newer plugin into use while the host goes on serving.
#include "fixture.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>

namespace host_test {
namespace {

namespace fs = std::filesystem;

/// A host whose plugin is a file that can be replaced.
class Reload : public testing::Test {
protected:
  void serve(const std::string &config = "{}", const std::vector<std::string> &environment = {}) {
    replace(PROBE_PLUGIN);
    server_.emplace(
        std::vector<std::string>{"-l", "info", "--config",
                                 config_file(folder_, R"({"plugins":{"probe":)" + config + "}}")},
        environment, file_);
  }
  void replace(const fs::path &by) const {
    fs::copy_file(by, file_ + ".new");
    fs::rename(file_ + ".new", file_);
  }
  void hang_up() { server_->process().signal(SIGHUP); }
  [[nodiscard]] HttpResponse healthz() const {
    return server_->exchange(wire::request_text("GET", "/healthz"));
  }
  [[nodiscard]] bool healthz_has(std::string_view text) const {
    return healthz().body.find(text) != std::string::npos;
  }
  [[nodiscard]] std::string version() const { return server_->call("Probe.Version").body; }

  std::size_t logged(std::string_view text) {
    const std::string log = server_->process().output();
    std::size_t count = 0;
    for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1))
      ++count;
    return count;
  }
  bool comes_to_be_logged(std::string_view text, std::size_t times = 1) {
    return comes_true([&] { return logged(text) >= times; });
  }
  [[nodiscard]] std::string reloaded(const std::string &version, const std::string &was) const {
    return "reloaded the plugin probe " + version + " from " + file_ + " (was " + was + ")";
  }
  [[nodiscard]] std::string reload_failed(const std::string &why) const {
    return "cannot reload the plugin probe: " + file_ + ": " + why;
  }

  /// Has a call in the old instance that ends with its client, so that the reload waits for it.
  void begin_reload() {
    busy_.emplace(server_->port());
    busy_->send(call_request("Probe.Hold", fifo_.params()));
    ASSERT_EQ(fifo_.next(), 'h');
    hang_up();
    ASSERT_TRUE(comes_true([this] { return healthz_has(kReloading); }));
  }
  void let_it_go_on() { busy_->close(); }
  /// A call that waits until the reload is over.
  [[nodiscard]] Connection waiting_call() const {
    Connection waiting = server_->connect();
    waiting.send(call_request("Probe.Version"));
    EXPECT_TRUE(comes_true([this] { return healthz_has(R"("calls_in_flight":2)"); }));
    return waiting;
  }

  static constexpr std::string_view kReloading =
      R"("ready":false,"reason":"the plugin is being reloaded")";
  const TempDir folder_;
  const std::string file_ = (folder_.path() / "probe.so").string();
  const Fifo fifo_;
  std::optional<Server> server_;
  std::optional<RawSocket> busy_;
};

TEST_F(Reload, TakesTheNewerFileIntoUse) {
  serve();
  EXPECT_NE(version().find(R"("result":"1.2.3")"), std::string::npos);
  replace(PROBE_2_PLUGIN);

  hang_up();

  EXPECT_TRUE(comes_to_be_logged(reloaded("2.0.0", "1.2.3")));
  EXPECT_NE(version().find(R"("result":"2.0.0")"), std::string::npos);
  EXPECT_TRUE(healthz_has(R"("version":"2.0.0")"));
  EXPECT_EQ(server_->end(), 0);
}

TEST_F(Reload, ACallThatComesMeanwhileIsAnsweredByTheNewVersion) {
  serve();
  replace(PROBE_2_PLUGIN);
  begin_reload();
  Connection waiting = waiting_call();
  const HttpResponse health = healthz();
  EXPECT_EQ(health.status, 200);
  EXPECT_EQ(health.body.find(R"({"status":"degraded")"), 0U) << health.body;

  let_it_go_on();

  const HttpResponse response = waiting.receive();
  EXPECT_EQ(response.status, 200);
  EXPECT_NE(response.body.find(R"("result":"2.0.0")"), std::string::npos) << response.body;
  EXPECT_TRUE(comes_true([this] { return healthz_has(R"({"status":"ok")"); }));
  EXPECT_EQ(server_->end(), 0);
}

TEST_F(Reload, ACallThatComesMeanwhileEndsWithItsClient) {
  serve();
  begin_reload();
  RawSocket leaving(server_->port());
  leaving.send(call_request("Probe.Version"));
  ASSERT_TRUE(comes_true([this] { return healthz_has(R"("calls_in_flight":2)"); }));

  leaving.close();

  EXPECT_TRUE(comes_true([this] { return healthz_has(R"("calls_in_flight":1)"); }));
  EXPECT_TRUE(healthz_has(kReloading));
  let_it_go_on();
  EXPECT_TRUE(comes_to_be_logged(reloaded("1.2.3", "1.2.3")));
}

TEST_F(Reload, OfAPluginThatDoesNotStartIsLoggedAndBringsTheOldOneBack) {
  serve();
  replace(STILLBORN_PLUGIN);

  hang_up();

  EXPECT_TRUE(comes_to_be_logged(
      reload_failed("the probe does not start; the older one serves again, probe 1.2.3\n")));
  EXPECT_TRUE(has_match(server_->process().output(), "\nE[^\n]*cannot reload the plugin"));
  EXPECT_NE(version().find(R"("result":"1.2.3")"), std::string::npos);
  EXPECT_EQ(server_->end(), 0);
}

TEST_F(Reload, OfAFileThatIsNoPluginIsLoggedAndLeavesTheOldOneAlone) {
  serve();
  std::ofstream(file_ + ".text") << "no plugin";
  fs::rename(file_ + ".text", file_);

  hang_up();

  EXPECT_TRUE(comes_to_be_logged(reload_failed("is no ELF file")));
  EXPECT_NE(version().find(R"("result":"1.2.3")"), std::string::npos);
}

TEST_F(Reload, APluginThatIsGoneComesBackWithTheNextSignal) {
  const std::string needed = (folder_.path() / "needed").string();
  std::ofstream(needed) << "here";
  serve(R"({"needs":")" + needed + R"("})");
  fs::remove(needed);
  replace(PROBE_2_PLUGIN);

  hang_up();

  EXPECT_TRUE(comes_to_be_logged("): the plugin probe is gone"));
  EXPECT_EQ(healthz().status, 503);
  std::ofstream(needed) << "here";
  hang_up();
  EXPECT_TRUE(comes_to_be_logged("loaded the plugin probe 2.0.0 from " + file_));
  EXPECT_NE(version().find(R"("result":"2.0.0")"), std::string::npos);
  EXPECT_EQ(server_->end(), 0);
}

TEST_F(Reload, CutsShortWhatTakesLongerThanTheDrain) {
  serve("{}", {"MISTIFY_RELOAD_DRAIN_MS=20"});
  Connection held = server_->connect();
  held.send(call_request("Probe.Hold", fifo_.params()));
  ASSERT_EQ(fifo_.next(), 'h');

  hang_up();

  EXPECT_EQ(fifo_.next(), 'c');
  const HttpResponse response = held.receive();
  EXPECT_NE(response.body.find("its outcome is unknown"), std::string::npos) << response.body;
  EXPECT_TRUE(comes_to_be_logged(reloaded("1.2.3", "1.2.3")));
}

TEST_F(Reload, SignalsThatComeMeanwhileMakeOneMore) {
  serve();
  begin_reload();
  for (std::size_t i = 1; i <= 3; ++i) {
    hang_up();
    ASSERT_TRUE(comes_to_be_logged("and will be once more", i));
  }

  let_it_go_on();

  EXPECT_TRUE(comes_to_be_logged(reloaded("1.2.3", "1.2.3"), 2));
  EXPECT_EQ(server_->end(), 0);
  EXPECT_EQ(logged(reloaded("1.2.3", "1.2.3")), 2U);
}

TEST_F(Reload, HasAThreadOfItsOwnOnlyMeanwhile) {
  serve();
  const auto threads = [this] {
    const fs::directory_iterator all("/proc/" + std::to_string(server_->process().pid()) + "/task");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  };
  const std::size_t before = threads();
  begin_reload();
  EXPECT_EQ(threads(), before + 1);
  EXPECT_LE(threads(), 8U);

  let_it_go_on();

  EXPECT_TRUE(comes_true([&] { return threads() == before; }));
}

class ReloadAndEnd : public Reload, public testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(By, ReloadAndEnd, testing::Values(SIGTERM, SIGINT), [](const auto &row) {
  return std::string(row.param == SIGTERM ? "SIGTERM" : "SIGINT");
});

TEST_P(ReloadAndEnd, TheReloadIsFinishedBeforeTheEnd) {
  serve();
  replace(PROBE_2_PLUGIN);
  Connection idle = server_->connect();
  idle.send(call_request("Probe.Echo"));
  ASSERT_EQ(idle.receive().status, 200);
  begin_reload();
  Connection waiting = waiting_call();
  hang_up(); // one more, which does not come to be
  ASSERT_TRUE(comes_to_be_logged("and will be once more"));

  server_->process().signal(GetParam());
  ASSERT_TRUE(idle.closed_by_peer()); // the signal has been dealt with
  let_it_go_on();

  EXPECT_NE(waiting.receive().body.find(R"("result":"2.0.0")"), std::string::npos);
  EXPECT_EQ(server_->process().wait(), 0);
  EXPECT_EQ(logged("SIGHUP: reloading the plugins"), 1U);
}

TEST_P(ReloadAndEnd, TheLastConnectionDoesNotCutTheReloadShort) {
  const std::string fifo = (folder_.path() / "wait").string();
  serve(R"({"wait":")" + fifo + R"("})");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0); // from here on an instance waits in create()
  hang_up();
  wire::Fd creating(::open(fifo.c_str(), O_WRONLY | O_CLOEXEC)); // opens when it is there

  server_->process().signal(GetParam());
  ASSERT_TRUE(comes_to_be_logged("ending, 0 connections are open"));
  creating.reset();

  EXPECT_EQ(server_->process().wait(), 0) << server_->process().output();
  EXPECT_EQ(logged(reloaded("1.2.3", "1.2.3")), 1U);
}

TEST_F(Reload, ASignalThatComesBeforeTheHostServesIsKept) {
  const std::string fifo = (folder_.path() / "wait").string();
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  replace(PROBE_PLUGIN);
  Process process(
      {{MOCK_HOST, "--plugin", file_, "-l", "info", "-p", "0", "--ready-fd", "{fd}", "--config",
        config_file(folder_, R"({"plugins":{"probe":{"wait":")" + fifo + R"("}}})")},
       {}});
  wire::Fd creating(::open(fifo.c_str(), O_WRONLY | O_CLOEXEC)); // opens when it is there

  process.signal(SIGHUP);
  fs::remove(fifo);
  creating.reset();

  EXPECT_TRUE(process.ready_line());
  EXPECT_TRUE(comes_true(
      [&] { return process.output().find(reloaded("1.2.3", "1.2.3")) != std::string::npos; }));
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), 0);
}

TEST_F(Reload, IsSeenInWhatTheHostSaysOfItsMethods) {
  serve();
  EXPECT_EQ(server_->call("rpc.discover").body.find("Probe.New"), std::string::npos);
  replace(PROBE_2_PLUGIN);
  hang_up();
  ASSERT_TRUE(comes_to_be_logged(reloaded("2.0.0", "1.2.3")));
  EXPECT_NE(server_->call("rpc.discover").body.find("Probe.New"), std::string::npos);
}

} // namespace
} // namespace host_test
