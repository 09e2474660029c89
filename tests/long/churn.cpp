// SPDX-License-Identifier: Apache-2.0
//
// churn [--seconds S] [--guests N] [--seed X]
//
// Guests with two NICs each are killed, started, restarted and removed at random past the host,
// while calls start, stop and restart them as well. At the end ports, links and guests match
// exactly. Exit status 0 only then.
#include "../network/vswitch.hpp"
#include "../support/comes_true.hpp"
#include "../wire/engine.hpp"
#include "../wire/host_process.hpp"
#include "../wire/json_at.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

namespace churn {
namespace {

using namespace std::chrono_literals;
using wire::Clock;
using wire::json_string;

constexpr unsigned kCallers = 4;
constexpr unsigned kRogues = 3;
constexpr auto kForACall = 120s;

struct Options {
  unsigned seconds = 300;
  unsigned guests = 50;
  unsigned seed = 1;
};

class Churn {
public:
  explicit Churn(const Options &options) : options_(options), host_(command()) {
    wire::make_images(engine_.api());
  }

  void go() {
    for (unsigned i = 0; i < options_.guests; ++i)
      must("CreateContainer", name(i));
    const auto end = Clock::now() + std::chrono::seconds(options_.seconds);
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < kCallers + kRogues; ++i)
      threads.emplace_back([this, i, end] {
        std::mt19937 random(options_.seed + i);
        try {
          while (Clock::now() < end)
            i < kCallers ? call_something(random) : change_something(random);
        } catch (const std::exception &error) {
          const std::lock_guard lock(mutex_);
          failures_.emplace_back(error.what());
        }
      });
    for (std::thread &thread : threads)
      thread.join();
    std::printf("%u calls, of which failed:", calls_.load());
    for (const auto &[kind, count] : failed_)
      std::printf(" %u %s,", count, kind.c_str());
    std::printf("\n%u changes past the host\n", changes_.load());
    if (!failures_.empty())
      throw std::runtime_error(failures_.front());
    settle();
  }

  [[nodiscard]] std::string log() const { return host_.process().output(); }

private:
  wire::Command command() {
    wire::Command command = wire::serve_command(engine_.api().endpoint(), {"-l", "info"});
    command.environment = {
        "MISTIFY_NETWORK_DRIVER=ovs", "MISTIFY_NETWORK_OVSDB=" + switch_.socket(),
        "MISTIFY_NETWORK_DATAPATH_TYPE=netdev", "MISTIFY_TIMEOUTS_CHANGE_MS=100000"};
    return command;
  }

  static std::string name(std::size_t i) {
    return std::string(wire::kPrefix) + "churn-" + std::to_string(i);
  }
  static std::string request(const std::string &method, const std::string &guest) {
    std::string more;
    if (method == "CreateContainer")
      more = R"(,"image":)" + json_string(wire::kLoopImage) +
             R"(,"nics":[{"name":"eth1","network":"mwbr0"},{"name":"eth2","network":"mwbr1"}])";
    return R"({"guest":{"id":)" + json_string(guest) + more + "}}";
  }

  wire::RpcAnswer call(const std::string &method, const std::string &guest) {
    ++calls_;
    return host_.call("MDocker." + method, request(method, guest), kForACall);
  }
  void must(const std::string &method, const std::string &guest) {
    const wire::RpcAnswer answer = call(method, guest);
    if (!answer.error.empty())
      throw std::runtime_error(method + " of " + guest + ": " + answer.error);
  }

  std::string any(std::mt19937 &random) const {
    return name(std::uniform_int_distribution<std::size_t>(0, options_.guests - 1)(random));
  }

  // A call may find that its guest was changed meanwhile; what it may not do is leave a trace.
  void call_something(std::mt19937 &random) {
    static constexpr const char *kMethods[] = {"StartContainer",  "StartContainer",
                                               "StopContainer",   "RestartContainer",
                                               "DeleteContainer", "CreateContainer"};
    const std::string method =
        kMethods[std::uniform_int_distribution<std::size_t>(0, std::size(kMethods) - 1)(random)];
    const wire::RpcAnswer answer = call(method, any(random));
    if (answer.status != 200)
      throw std::runtime_error(method + ": status " + std::to_string(answer.status) + ": " +
                               answer.body);
    if (answer.error.empty())
      return;
    const std::lock_guard lock(mutex_);
    ++failed_[method];
  }

  void change_something(std::mt19937 &random) {
    static constexpr const char *kChanges[] = {"kill",  "kill",  "start",
                                               "start", "start", "restart?t=0"};
    // Whether the engine can do it now is its own business.
    const std::string change =
        kChanges[std::uniform_int_distribution<std::size_t>(0, std::size(kChanges) - 1)(random)];
    static_cast<void>(engine_.api().request("POST", "/containers/" + any(random) + "/" + change));
    if (std::uniform_int_distribution<int>(0, 19)(random) == 0)
      static_cast<void>(engine_.api().request("DELETE", "/containers/" + any(random) + "?force=1"));
    ++changes_;
  }

  // Throws with what does not match, where it still does not after a while.
  void settle() const {
    const auto begun = Clock::now();
    std::string wrong;
    if (!mdocker::test::comes_true([&] { return (wrong = mismatch()).empty(); }))
      throw std::runtime_error("in the end: " + wrong);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun);
    std::printf("matched %lld ms after the last change\n", static_cast<long long>(took.count()));
    const std::string answer = host_.call("MDocker.Reconcile", R"({"dry_run":true})").result;
    std::printf("%s\n", answer.c_str());
    if (wire::at(answer, {"reconcile", "differences"}) != "[]")
      throw std::runtime_error("Reconcile sees another thing: " + answer);
  }

  [[nodiscard]] std::string mismatch() const {
    std::set<std::string> wanted; // "GUEST NIC"
    for (const std::string &container : wire::elements(engine_.api().get("/containers/json?all=1")))
      if (wire::text_at(container, {"State"}) == "running")
        for (const char *nic : {" eth1", " eth2"})
          wanted.insert(wire::text_at(container, {"Names", "0"}).substr(1) + nic);
    std::set<std::string> plugged;
    std::set<std::string> links;
    for (const wire::GuestInterface &interface : switch_.guest_interfaces()) {
      const std::string nic = interface.guest + " " + interface.nic;
      if (!plugged.insert(nic).second)
        return nic + " has two ports";
      links.insert(interface.link);
      if (interface.ofport <= 0)
        return nic + " is not in the switch";
    }
    const std::vector<std::string> made = wire::our_links();
    const std::set<std::string> there(made.begin(), made.end());
    if (plugged != wanted)
      return std::to_string(wanted.size()) + " NICs, " + std::to_string(plugged.size()) + " ports" +
             first_difference(wanted, plugged);
    if (links != there)
      return std::to_string(links.size()) + " ports, " + std::to_string(there.size()) + " links" +
             first_difference(links, there);
    return {};
  }

  static std::string first_difference(const std::set<std::string> &wanted,
                                      const std::set<std::string> &there) {
    for (const std::string &one : wanted)
      if (!there.contains(one))
        return ": missing is " + one;
    for (const std::string &one : there)
      if (!wanted.contains(one))
        return ": too many is " + one;
    return {};
  }

  const Options options_;
  wire::PrivateEngine engine_;
  wire::PrivateSwitch switch_;
  wire::HostProcess host_;
  std::mutex mutex_;
  std::vector<std::string> failures_;
  std::map<std::string, unsigned> failed_; ///< Calls, by method.
  std::atomic<unsigned> calls_{0};
  std::atomic<unsigned> changes_{0};
};

void run(const Options &options) {
  Churn churn(options);
  try {
    churn.go();
  } catch (const std::exception &) {
    const std::string log = churn.log();
    std::fprintf(stderr, "the host's log ends with:\n%s\n",
                 log.substr(log.size() > 8000 ? log.size() - 8000 : 0).c_str());
    throw;
  }
}

} // namespace
} // namespace churn

int main(int argc, char **argv) {
  try {
    churn::Options options;
    CLI::App app("Guests that are changed past the host, while calls change them too.", "churn");
    app.add_option("--seconds", options.seconds)->check(CLI::Range(1, 86400));
    app.add_option("--guests", options.guests)->check(CLI::Range(1, 1000));
    app.add_option("--seed", options.seed);
    CLI11_PARSE(app, argc, argv);
    churn::run(options);
    return 0;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "churn: %s\n", error.what());
    return 1;
  }
}
