// SPDX-License-Identifier: Apache-2.0
//
// soak [--seconds S] [--clients N] [--reloads R] [--restarts E] [--seed X]
//
// Mixed calls from many clients on a real engine, while the plugin is reloaded and the engine
// restarted over and over. Each call is answered once and fits a model of its guest; at the end
// descriptors, threads and memory of the host are back where they were. Exit status 0 only then.
#include "client.hpp"

#include "../support/comes_true.hpp"
#include "../wire/engine.hpp"
#include "../wire/host_process.hpp"
#include "../wire/json_at.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>

namespace soak {
namespace {

using namespace std::chrono_literals;
using wire::Clock;

constexpr std::size_t kMemoryKib = 4096; ///< Of growth that is no leak: what allocators keep.

struct Options {
  unsigned seconds = 600;
  unsigned clients = 32;
  unsigned reloads = 20;
  unsigned restarts = 10;
  unsigned seed = 1;
};

struct Usage {
  std::size_t descriptors = 0;
  std::size_t threads = 0;
  std::size_t anonymous_kib = 0;
};

std::size_t entries(const std::string &folder) {
  const std::filesystem::directory_iterator all(folder);
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

Usage usage_of(pid_t pid) {
  const std::string process = "/proc/" + std::to_string(pid);
  Usage usage{entries(process + "/fd"), entries(process + "/task"), 0};
  std::ifstream status(process + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssAnon:"))
      std::istringstream(line.substr(8)) >> usage.anonymous_kib;
  return usage;
}

void print(const char *when, const Usage &usage) {
  std::printf("%-8s %3zu descriptors, %zu threads, %zu KiB anonymous\n", when, usage.descriptors,
              usage.threads, usage.anonymous_kib);
}

/// The host on a copy of the plugin that can be replaced.
class Site {
public:
  Site()
      : plugin_(install(folder_.path() / "mdocker.so")),
        host_(engine_.api().endpoint(), {"-l", "info"}, plugin_) {}

  /// Replaces the file by rename, and returns when the new one serves.
  void reload() {
    install(plugin_);
    ++reloads_;
    host_.process().signal(SIGHUP);
    const auto until = Clock::now() + 2min;
    while (count("reloaded the plugin mdocker") < reloads_) {
      if (Clock::now() > until || count("cannot reload") != 0)
        throw std::runtime_error("the plugin was not reloaded");
      static_cast<void>(host_.call("MDocker.GetInfo", "{}", 90s)); // waits for it, mostly
    }
  }

  [[nodiscard]] wire::HostProcess &host() noexcept { return host_; }
  [[nodiscard]] wire::PrivateEngine &engine() noexcept { return engine_; }

private:
  static std::filesystem::path install(const std::filesystem::path &file) {
    const std::filesystem::path fresh = file.string() + ".new";
    std::filesystem::copy_file(WIRE_PLUGIN, fresh);
    std::filesystem::rename(fresh, file);
    return file;
  }
  [[nodiscard]] std::size_t count(std::string_view text) const {
    const std::string log = host_.process().output();
    std::size_t found = 0;
    for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1))
      ++found;
    return found;
  }

  wire::TempDir folder_;
  std::filesystem::path plugin_;
  wire::PrivateEngine engine_;
  wire::HostProcess host_;
  std::size_t reloads_ = 0;
};

/// Everything that runs beside each other; the first failure ends all of it.
class Run {
public:
  Run(const Options &options, Site &site) : options_(options), site_(site) {
    world_.port = site.host().port();
    clients_.reserve(options.clients);
    for (unsigned i = 0; i < options.clients; ++i)
      clients_.emplace_back(world_, i, options.seed);
  }

  void go() {
    std::vector<std::thread> threads;
    for (Client &client : clients_)
      threads.emplace_back([this, &client] { guarded([&] { client.run(); }); });
    threads.emplace_back([this] {
      guarded([this] { regularly(options_.reloads, 0, [this] { site_.reload(); }); });
    });
    threads.emplace_back([this] {
      guarded([this] { regularly(options_.restarts, 1, [this] { restart_engine(); }); });
    });
    wait_until(begun_ + std::chrono::seconds(options_.seconds));
    world_.ending = true;
    for (std::thread &thread : threads)
      thread.join();
    if (!failure_)
      for (Client &client : clients_)
        guarded([&] { client.finish(); });
    if (failure_)
      std::rethrow_exception(failure_);
  }

  [[nodiscard]] Tally total() const {
    Tally total;
    for (const Client &client : clients_) {
      total.calls += client.tally().calls;
      for (const auto &[kind, count] : client.tally().failures)
        total.failures[kind] += count;
    }
    return total;
  }

private:
  template <class Work> void guarded(Work work) {
    try {
      work();
    } catch (const std::exception &error) {
      const std::lock_guard lock(mutex_);
      if (!failure_)
        failure_ = std::current_exception();
      world_.ending = true;
      changed_.notify_all();
    }
  }

  /// Does something so many times, at even distances; half a distance later where `later` is 1.
  template <class Work> void regularly(unsigned times, unsigned later, Work work) {
    for (unsigned i = 0; i < times && !world_.ending; ++i) {
      const double part = (i + 0.25 + 0.5 * later) / times;
      wait_until(begun_ +
                 std::chrono::milliseconds(static_cast<long>(part * 1000 * options_.seconds)));
      if (!world_.ending)
        work();
    }
  }

  void restart_engine() {
    ++world_.engine_restarts;
    site_.engine().restart();
    ++world_.engine_restarts;
  }

  void wait_until(Clock::time_point until) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, until, [this] { return world_.ending.load(); });
  }

  const Options options_;
  Site &site_;
  World world_;
  std::vector<Client> clients_;
  const Clock::time_point begun_ = Clock::now();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::exception_ptr failure_;
};

bool is_back(const Usage &before, const Usage &after) {
  return after.descriptors <= before.descriptors && after.threads <= before.threads &&
         after.anonymous_kib <= before.anonymous_kib + kMemoryKib;
}

// The host's, once it has seen that the last client is gone.
Usage usage_when_back(pid_t host, const Usage &before) {
  Usage usage;
  mdocker::test::comes_true([&] {
    usage = usage_of(host);
    return is_back(before, usage);
  });
  return usage;
}

void soak(const Options &options) {
  Site site;
  wire::make_images(site.engine().api());
  site.reload(); // what a first reload keeps, it keeps before it is counted
  const pid_t host = site.host().process().pid();
  static_cast<void>(site.host().call("MDocker.GetInfo"));
  const Usage before = usage_of(host);
  print("before", before);
  Tally total;
  try {
    Run run(options, site);
    run.go();
    total = run.total();
  } catch (const std::exception &) {
    std::fprintf(stderr, "the host's log ends with:\n%s\n",
                 [&] {
                   const std::string log = site.host().process().output();
                   return log.substr(log.size() > 8000 ? log.size() - 8000 : 0);
                 }()
                     .c_str());
    throw;
  }
  site.reload(); // without the connections that are kept for the next call
  static_cast<void>(site.host().call("MDocker.GetInfo"));
  const Usage after = usage_when_back(host, before);
  print("after", after);
  std::printf("%llu calls of %u clients in %u s, %u reloads, %u restarts of the engine; failed:",
              static_cast<unsigned long long>(total.calls), options.clients, options.seconds,
              options.reloads, options.restarts);
  for (const auto &[kind, count] : total.failures)
    std::printf(" %llu %s,", static_cast<unsigned long long>(count), kind.c_str());
  std::printf("\n");
  if (!is_back(before, after))
    throw std::runtime_error("the host holds more than before");
  if (!wire::elements(site.engine().api().get("/containers/json?all=1")).empty())
    throw std::runtime_error("containers are left in the engine");
  if (site.host().end() != 0)
    throw std::runtime_error("the host did not end with status 0");
}

} // namespace
} // namespace soak

int main(int argc, char **argv) {
  try {
    soak::Options options;
    CLI::App app("Mixed calls through reloads and restarts of the engine.", "soak");
    app.add_option("--seconds", options.seconds)->check(CLI::Range(1, 86400));
    app.add_option("--clients", options.clients)->check(CLI::Range(1, 1000));
    app.add_option("--reloads", options.reloads)->check(CLI::Range(0, 1000));
    app.add_option("--restarts", options.restarts)->check(CLI::Range(0, 1000));
    app.add_option("--seed", options.seed);
    CLI11_PARSE(app, argc, argv);
    soak::soak(options);
    return 0;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "soak: %s\n", error.what());
    return 1;
  }
}
