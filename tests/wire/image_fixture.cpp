// SPDX-License-Identifier: Apache-2.0
#include "image_fixture.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <thread>

namespace wire {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kOurs = "6d6f636b-";

} // namespace

std::string image_id(const EngineApi &engine, std::string_view name) {
  const HttpResponse found = engine.request("GET", "/images/" + std::string(name) + "/json");
  return found.status == 200 ? text_at(found.body, {"Id"}) : std::string();
}

bool has_containerd_store(const EngineApi &engine) {
  return engine.get("/info").find("io.containerd.snapshotter") != std::string::npos;
}

testing::AssertionResult is_image(const EngineApi &engine, std::string_view name,
                                  const ImageParts &image) {
  const HttpResponse found = engine.request("GET", "/images/" + std::string(name) + "/json");
  if (found.status != 200)
    return testing::AssertionFailure() << "no image has the name " << name;
  const bool by_layer = has_containerd_store(engine);
  const std::string expected = by_layer ? "[" + json_string(image.layer_digest) + "]" : image.id;
  const std::string is =
      by_layer ? compact(at(found.body, {"RootFS", "Layers"})) : text_at(found.body, {"Id"});
  if (is == expected)
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << name << " is " << is << " instead of " << expected;
}

void remove_loaded(const EngineApi &engine) {
  for (const std::string &quoted : holdings(engine).names) {
    const std::string name = text_at("[" + quoted + "]", {"0"});
    if (name.starts_with(kOurs) || name.starts_with("mdocker-test/came:"))
      (void)engine.request("DELETE", "/images/" + name + "?force=1");
  }
}

PluginConfig::PluginConfig(std::string_view members, std::string_view host_members) {
  std::ofstream(dir_.path() / "config.json")
      << "{" << host_members << (host_members.empty() ? "" : ",") << R"("plugins":{"mdocker":{)"
      << members << "}}}";
}

std::vector<std::string> PluginConfig::arguments() const {
  return {"--config", (dir_.path() / "config.json").string()};
}

std::string by_id(std::string_view id) {
  return R"({"id":)" + json_string(id) + "}";
}

void Images::SetUp() {
  remove_loaded(engine_);
  before_ = holdings(engine_);
}

void Images::TearDown() {
  if (host_) {
    EXPECT_EQ(host_->end(), 0); // also where the test has ended it
    if (HasFailure())
      std::cerr << "the host's log:\n" << host_->process().output();
    host_.reset();
  }
  remove_loaded(engine_);
}

HostProcess &Images::start_host(std::string_view members, std::string_view host_members) {
  config_ = std::make_unique<PluginConfig>(members, host_members);
  std::vector<std::string> arguments = config_->arguments();
  for (const std::string &more :
       {std::string("-i"), image_service(), std::string("-l"), std::string("info")})
    arguments.push_back(more);
  host_ = std::make_unique<HostProcess>(engine_.endpoint(), arguments);
  EXPECT_EQ(host_->call("MDocker.GetInfo").error, "");
  idle_threads_ = thread_count(host_->process().pid());
  return *host_;
}

Connection Images::begin_load(std::string_view id) {
  Connection connection = Connection::to_port(host().port());
  connection.send(
      request_text("POST", kRpcPath, rpc_body("MDocker.LoadImage", by_id(id)), {kJsonHeader}));
  return connection;
}

void Images::expect_refused(std::string_view words) {
  const RpcAnswer answer = load();

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.result, "null");
  EXPECT_NE(answer.error.find(words), std::string::npos) << answer.error << "\nexpected: " << words;
  EXPECT_EQ(answer.error.find('\n'), std::string::npos) << "more than one line";
  expect_nothing_left();
}

void Images::expect_nothing_left() {
  EXPECT_TRUE(comes_true([this] {
    return at(host().get("/healthz").body, {"calls_in_flight"}) == "0";
  })) << "a call is left";
  EXPECT_TRUE(service_.wait_until_alone()) << "a connection to the service is left";
  EXPECT_TRUE(comes_true([this] { return thread_count(host().process().pid()) <= idle_threads_; }))
      << "a thread is left";
  EXPECT_TRUE(comes_true([this] { return connection_count(engine_.socket()) <= kKeptIdle; }))
      << "a connection to the engine is left";
  EXPECT_TRUE(comes_true([this] { return image_id(engine_, kUuid).empty(); }))
      << "the name is there";
  EXPECT_EQ(holdings(engine_), before_);
}

void Images::expect_next_load_works() {
  const ImageParts image("the next one");
  service_.serve(kUuid, docker_archive(image));

  const RpcAnswer answer = load();

  EXPECT_EQ(answer.error, "");
  EXPECT_TRUE(is_image(engine_, std::string(kUuid) + ":latest", image));
}

std::size_t thread_count(pid_t pid) {
  const std::filesystem::directory_iterator tasks("/proc/" + std::to_string(pid) + "/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

std::size_t connection_count(const std::filesystem::path &socket) {
  // Num RefCount Protocol Flags Type St Inode Path; the side that was connected to has the path.
  std::size_t count = 0;
  std::ifstream table("/proc/net/unix");
  for (std::string line; std::getline(table, line);)
    if (line.ends_with(" " + socket.string()) && line.find(" 0001 03 ") != std::string::npos)
      ++count;
  return count;
}

} // namespace wire
