// SPDX-License-Identifier: Apache-2.0
//
// crash [--times N] [--random R] [--seed X]
//
// Kills the host N times at each step of each call, spread over the times that the call comes by,
// and R times at random, and holds that the next one comes to where the call ends or begins.
// Prints each kill that goes wrong; exit status 0 only where none does.
#include "../crash/calls.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <functional>
#include <random>

namespace crash {
namespace {

using mdocker::runtime::kSteps;

struct Options {
  unsigned times = 5;
  unsigned random = 50;
  unsigned seed = 1;
};

class Kills {
public:
  explicit Kills(const Options &options) : options_(options), random_(options.seed) {
    wire::make_images(engine_.api());
  }

  /// How many went wrong.
  unsigned go() {
    for (std::size_t i = 0; i < calls().size(); ++i)
      kill_in(calls()[i],
              options_.random / calls().size() + (i < options_.random % calls().size() ? 1 : 0));
    std::printf("%u kills at steps and %u at random, of which went wrong: %u\n", at_steps_,
                at_random_, wrong_);
    return wrong_;
  }

private:
  void kill_in(const Call &call, std::size_t random) {
    Site site(engine_.api(), call.on_switch);
    Victim victim(site, call);
    for (const Step step : call.steps) {
      const auto reached = std::count(victim.steps().begin(), victim.steps().end(), step);
      for (unsigned i = 0; i < options_.times; ++i) {
        const auto time = static_cast<unsigned>(i * reached / options_.times + 1);
        ++at_steps_;
        kill(std::string(call.name) + ", when for the time " + std::to_string(time) + " " +
                 std::string(kSteps.at(static_cast<std::size_t>(step))),
             [&] { victim.end_at(step, time); });
      }
    }
    std::uniform_int_distribution<long> moment(0, victim.took().count());
    for (std::size_t i = 0; i < random; ++i) {
      const std::chrono::milliseconds time(moment(random_));
      ++at_random_;
      kill(std::string(call.name) + ", after " + std::to_string(time.count()) + " ms",
           [&] { victim.end_after(time); });
    }
    site.clear();
  }

  void kill(const std::string &where, const std::function<void()> &work) {
    try {
      work();
    } catch (const std::exception &error) {
      ++wrong_;
      std::printf("killed in %s: %s\n", where.c_str(), error.what());
    }
    std::fflush(stdout);
  }

  const Options options_;
  std::mt19937 random_;
  wire::PrivateEngine engine_;
  unsigned at_steps_ = 0;
  unsigned at_random_ = 0;
  unsigned wrong_ = 0;
};

} // namespace
} // namespace crash

int main(int argc, char **argv) {
  try {
    crash::Options options;
    CLI::App app("Kills hosts in the middle of calls.", "crash");
    app.add_option("--times", options.times)->check(CLI::Range(1, 1000));
    app.add_option("--random", options.random)->check(CLI::Range(0, 10000));
    app.add_option("--seed", options.seed);
    CLI11_PARSE(app, argc, argv);
    return crash::Kills(options).go() == 0 ? 0 : 1;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "crash: %s\n", error.what());
    return 1;
  }
}
