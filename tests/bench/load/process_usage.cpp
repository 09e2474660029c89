// SPDX-License-Identifier: Apache-2.0
#include "process_usage.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace load {

std::chrono::nanoseconds cpu_time(int pid) {
  const std::filesystem::path tasks = "/proc/" + std::to_string(pid) + "/task";
  std::error_code error;
  std::int64_t sum = 0;
  for (const auto &task : std::filesystem::directory_iterator(tasks, error)) {
    std::int64_t on_cpu = 0;
    if (std::ifstream(task.path() / "schedstat") >> on_cpu)
      sum += on_cpu;
  }
  if (error || sum == 0)
    throw std::runtime_error(tasks.string() + ": expected a process with readable schedstat");
  return std::chrono::nanoseconds(sum);
}

std::size_t rss_anon_kib(int pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/status";
  std::ifstream status(path);
  std::string word;
  std::size_t kib = 0;
  while (status >> word)
    if (word == "RssAnon:" && status >> kib)
      return kib;
  throw std::runtime_error(path + ": expected a process with RssAnon");
}

} // namespace load
