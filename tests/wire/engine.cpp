// SPDX-License-Identifier: Apache-2.0
#include "engine.hpp"

#include "../support/comes_true.hpp"
#include "json_at.hpp"

#include <array>
#include <cctype>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

namespace wire {
namespace {

constexpr const char *kScript = WIRE_ENGINE_SCRIPT;

struct TestEngine {
  std::optional<PrivateEngine> own;
  std::optional<EngineApi> api;
};

TestEngine &engine_of_this_run() {
  static TestEngine engine;
  return engine;
}

/// What the environment says, or empty.
std::string_view variable(const char *name) {
  const char *value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nothing here sets one
  return value == nullptr ? std::string_view() : value;
}

/// The endpoint in MDOCKER_TEST_ENGINE, or empty. Of several it is the one with the index that
/// ctest gave: "id:1,slots:1".
std::string named_engine() {
  constexpr std::string_view kId = "id:";
  const std::string_view given = variable("CTEST_RESOURCE_GROUP_0_ENGINES");
  unsigned skip = 0;
  if (given.substr(0, kId.size()) == kId)
    std::from_chars(given.data() + kId.size(), given.data() + given.size(), skip);
  std::istringstream endpoints{std::string(variable("MDOCKER_TEST_ENGINE"))};
  std::string endpoint;
  do
    endpoints >> endpoint;
  while (skip-- != 0);
  if (!endpoints && !endpoint.empty())
    throw std::runtime_error("ctest gave the engine '" + std::string(given) +
                             "', which MDOCKER_TEST_ENGINE does not name");
  return endpoint;
}

/// Whether each of its threads is stopped by a signal (proc(5), "stat"): they stop one by one.
bool is_stopped(pid_t process) {
  const std::filesystem::path tasks = "/proc/" + std::to_string(process) + "/task";
  for (const auto &task : std::filesystem::directory_iterator(tasks)) {
    std::ostringstream stat;
    stat << std::ifstream(task.path() / "stat").rdbuf();
    const std::string text = std::move(stat).str();
    if (text.find(") T ", text.rfind(')')) == std::string::npos)
      return false;
  }
  return true;
}

/// Only what stands in the targets of these tests.
std::string percent_encoded(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '.') {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    }
  }
  return out;
}

std::string events_target(std::string_view id, std::string_view event) {
  const std::string filters = R"({"type":["container"],"event":[)" + json_string(event) +
                              R"(],"container":[)" + json_string(id) + "]}";
  return "/events?since=0&filters=" + percent_encoded(filters);
}

} // namespace

HttpResponse EngineApi::request(std::string_view method, std::string_view target,
                                std::string_view body) const {
  Connection connection = Connection::to_socket(socket_);
  connection.send(request_text(method, target, body, {"Content-Type: application/json"}));
  return connection.receive();
}

std::string EngineApi::get(std::string_view target) const {
  HttpResponse response = request("GET", target);
  if (response.status != 200)
    throw std::runtime_error("engine: GET " + std::string(target) + ": " + response.body);
  return response.body;
}

bool EngineApi::has_container(std::string_view name) const {
  return request("GET", "/containers/" + std::string(name) + "/json").status == 200;
}

std::string EngineApi::inspect(std::string_view name) const {
  return get("/containers/" + std::string(name) + "/json");
}

void EngineApi::create(std::string_view name, std::string_view image) const {
  const HttpResponse response =
      request("POST", "/containers/create?name=" + std::string(name),
              R"({"Image":)" + json_string(image) + R"(,"HostConfig":{"NetworkMode":"none"}})");
  if (response.status != 201)
    throw std::runtime_error("engine: create " + std::string(name) + ": " + response.body);
}

void EngineApi::remove(std::string_view name) const {
  const HttpResponse response =
      request("DELETE", "/containers/" + std::string(name) + "?force=1&v=1");
  if (response.status != 204 && response.status != 404)
    throw std::runtime_error("engine: remove " + std::string(name) + ": " + response.body);
}

void EngineApi::remove_guests() const {
  for (const std::string &container : elements(get("/containers/json?all=1"))) {
    const std::string name = text_at(container, {"Names", "0"}).substr(1); // "/name"
    if (name.compare(0, kPrefix.size(), kPrefix) == 0)
      remove(name);
  }
}

void EngineApi::make_image(std::string_view name) const {
  const std::string maker = std::string(kPrefix) + "image-maker";
  create(maker, kLoopImage);
  const HttpResponse response =
      request("POST", "/commit?container=" + maker + "&repo=" + std::string(name), "{}");
  remove(maker);
  if (response.status != 201)
    throw std::runtime_error("engine: commit " + std::string(name) + ": " + response.body);
}

void EngineApi::tag_image(std::string_view image, std::string_view repository,
                          std::string_view tag) const {
  const HttpResponse response =
      request("POST", "/images/" + std::string(image) + "/tag?repo=" + std::string(repository) +
                          "&tag=" + std::string(tag));
  if (response.status != 201)
    throw std::runtime_error("engine: tag " + std::string(image) + ": " + response.body);
}

std::size_t EngineApi::count_events(std::string_view id, std::string_view event) const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  std::string nanos = std::to_string(std::chrono::nanoseconds(now - seconds).count());
  nanos.insert(0, 9 - nanos.size(), '0');
  const std::string events =
      get(events_target(id, event) + "&until=" + std::to_string(seconds.count()) + "." + nanos);
  std::size_t count = 0;
  for (auto found = events.find("\"Action\""); found != std::string::npos;
       found = events.find("\"Action\"", found + 1))
    ++count;
  return count;
}

Connection EngineApi::watch_events(std::string_view id, std::string_view event) const {
  Connection connection = Connection::to_socket(socket_);
  connection.send(request_text("GET", events_target(id, event)));
  return connection;
}

PrivateEngine::PrivateEngine(const std::vector<std::string> &arguments)
    : arguments_(arguments), api_(dir_.path() / "docker.sock"),
      lifeline_(watchdog(kScript, dir_.path())) {
  start();
}

PrivateEngine::~PrivateEngine() {
  try {
    thaw();
    stop();
  } catch (const std::exception &error) {
    std::cerr << error.what() << '\n';
  }
}

void PrivateEngine::launch(const char *verb) {
  std::vector<std::string> argv{kScript, verb, dir_.path().string()};
  argv.insert(argv.end(), arguments_.begin(), arguments_.end());
  run({argv});
}

void PrivateEngine::freeze() const {
  const pid_t pid = signal(SIGSTOP);
  if (!mdocker::test::comes_true([pid] { return is_stopped(pid); }))
    throw std::runtime_error("the engine's process does not stop");
}

void PrivateEngine::thaw() const {
  signal(SIGCONT);
}

pid_t PrivateEngine::signal(int number) const {
  pid_t pid = 0;
  std::ifstream(dir_.path() / "pid") >> pid;
  if (pid <= 0 || ::kill(pid, number) != 0)
    throw std::runtime_error("the engine's process cannot be signalled");
  return pid;
}

void PrivateEngine::stop() {
  run({{kScript, "stop", dir_.path().string()}});
}

void make_images(const EngineApi &api) {
  static constexpr std::array<std::array<const char *, 2>, 3> kImages{
      {{kLoopImage, "loop"}, {kStubbornImage, "stubborn"}, {kNoCommandImage, "none"}}};
  for (const auto &[name, command] : kImages)
    if (api.request("GET", "/images/" + std::string(name) + "/json").status != 200)
      run({{kScript, "image", api.socket().parent_path().string(), name, command}});
}

const EngineApi &test_engine() {
  TestEngine &engine = engine_of_this_run();
  if (!engine.api) {
    if (const std::string endpoint = named_engine(); !endpoint.empty()) {
      constexpr std::string_view kScheme = "unix://";
      if (endpoint.compare(0, kScheme.size(), kScheme) != 0)
        throw std::runtime_error("MDOCKER_TEST_ENGINE names '" + endpoint +
                                 "', expected unix:///DIR/docker.sock");
      engine.api.emplace(endpoint.substr(kScheme.size()));
    } else {
      engine.own.emplace();
      engine.api = engine.own->api();
    }
    make_images(*engine.api);
  }
  return *engine.api;
}

void stop_test_engine() {
  engine_of_this_run().api.reset();
  engine_of_this_run().own.reset();
}

} // namespace wire
