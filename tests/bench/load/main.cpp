// SPDX-License-Identifier: Apache-2.0
//
// A lean load generator: one process, one thread, kept connections, HTTP/1.1 over TCP or a unix
// socket. The same code drives the host and the bare engine, so that what it measures compares.
//
//   load --target tcp:127.0.0.1:30001 --path /_mistify_RPC_ --body '{"method":...}' --connections
//   64 load --target unix:/run/docker.sock --path /v1.41/containers/g1/json --rate 1000 load
//   --target unix:/run/docker.sock --path /v1.41/containers/json --each /v1.41/containers/%/json
//
// Prints one line of name=value; times are in microseconds. Exit status 1 where an answer was not
// the expected one, 2 for wrong usage.
#include "process_usage.hpp"
#include "workload.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace {

using namespace load;

struct Options {
  std::string target;
  std::string path;
  std::string body;
  std::string each;
  std::size_t connections = 1;
  double rate = 0;
  double seconds = 3;
  double warmup = 1;
  int pid = 0;
  Expectation expected;
};

void declare(CLI::App &app, Options &options) {
  app.add_option("--target", options.target, "unix:PATH or tcp:ADDRESS:PORT")->required();
  app.add_option("--path", options.path, "What is asked for")->required();
  auto *body = app.add_option("--body", options.body, "JSON to POST; without it: GET");
  auto *each = app.add_option("--each", options.each,
                              "Take the path's answer for a list, and GET this with % replaced by "
                              "each Id; --connections are in flight, one time is a whole list");
  auto *rate =
      app.add_option("--rate", options.rate,
                     "Requests a second, whatever the server does; 0: each connection asks "
                     "as soon as it was answered")
          ->check(CLI::Range(0.0, 1e6));
  each->excludes(body)->excludes(rate);
  app.add_option("--connections", options.connections)->check(CLI::Range(1, 10000));
  app.add_option("--seconds", options.seconds, "How long it is measured")
      ->check(CLI::Range(0.01, 3600.0));
  app.add_option("--warmup", options.warmup, "How long before that")
      ->check(CLI::Range(0.0, 3600.0));
  app.add_option("--pid", options.pid, "Report this process's CPU time and memory")
      ->check(CLI::PositiveNumber);
  app.add_option("--status", options.expected.status, "Of every answer");
  app.add_option("--contains", options.expected.contains, "What the first answer has in it");
}

std::unique_ptr<Workload> workload(const Options &options) {
  if (!options.each.empty())
    return std::make_unique<ListThenEach>(options.target, options.expected, options.connections,
                                          options.path, options.each);
  const std::string request = http_request(options.path, options.body);
  if (options.rate > 0)
    return std::make_unique<OpenLoop>(options.target, options.expected, options.connections,
                                      request, options.rate);
  return std::make_unique<ClosedLoop>(options.target, options.expected, options.connections,
                                      request);
}

std::chrono::nanoseconds seconds(double count) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(count));
}

double microseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

/// Of sorted times: the smallest that `part` of them do not exceed.
double quantile(const std::vector<std::chrono::nanoseconds> &sorted, double part) {
  const auto rank = static_cast<std::size_t>(part * static_cast<double>(sorted.size()));
  return microseconds(sorted[std::min(rank, sorted.size() - 1)]);
}

void report(Phase phase) {
  auto &sorted = phase.latencies;
  std::sort(sorted.begin(), sorted.end());
  const double elapsed = std::chrono::duration<double>(phase.elapsed).count();
  std::printf("requests=%zu rate=%.1f p50=%.1f p90=%.1f p99=%.1f max=%.1f", sorted.size(),
              static_cast<double>(sorted.size()) / elapsed, quantile(sorted, 0.5),
              quantile(sorted, 0.9), quantile(sorted, 0.99), quantile(sorted, 1));
}

void measure(const Options &options) {
  const std::unique_ptr<Workload> work = workload(options);
  if (options.warmup > 0)
    work->run(seconds(options.warmup));
  const auto before = options.pid != 0 ? cpu_time(options.pid) : std::chrono::nanoseconds(0);
  Phase phase = work->run(seconds(options.seconds));
  const auto after = options.pid != 0 ? cpu_time(options.pid) : std::chrono::nanoseconds(0);
  const auto count = static_cast<double>(phase.latencies.size());
  if (phase.latencies.empty())
    throw std::runtime_error("nothing was asked in --seconds, expected at least one request");
  report(std::move(phase));
  if (options.pid != 0)
    std::printf(" cpu=%.2f rss_anon_kib=%zu", microseconds(after - before) / count,
                rss_anon_kib(options.pid));
  std::printf("\n");
}

} // namespace

int main(int argc, char **argv) {
  try {
    Options options;
    CLI::App app("Drives an HTTP server and prints how fast it answered.", "load");
    declare(app, options);
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
      return app.exit(error) == 0 ? 0 : 2;
    }
    measure(options);
    return 0;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "load: %s\n", error.what());
    return 1;
  }
}
