// SPDX-License-Identifier: Apache-2.0
//
// A stand-in for an engine, for answers that a real one does not give on demand: a server on a unix
// socket that reads a request and sends whatever bytes the test wants.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace mdocker::test {

/// What the double does with a request.
struct Reply {
  std::string bytes;  ///< Sent as they are; empty: nothing.
  bool close = false; ///< The connection is closed then.
  bool hang = false;  ///< Nothing more happens until the client closes the connection.
};

/// A well-formed answer, with the version that the double says it is.
std::string http(unsigned status, const std::string &body, const std::string &api_version = "1.41");

class EngineDouble {
public:
  /// Called for each request ("GET /v1.41/info"), on a thread of its connection.
  using Script = std::function<Reply(const std::string &request_line, const std::string &body)>;

  /// Answers /_ping and /version as an engine of api_version(); all else by the script.
  explicit EngineDouble(Script script);
  ~EngineDouble();
  EngineDouble(const EngineDouble &) = delete;
  EngineDouble &operator=(const EngineDouble &) = delete;

  [[nodiscard]] std::string endpoint() const { return "unix://" + path_.string(); }
  /// The request lines that came in, in order, the negotiation's left out.
  [[nodiscard]] std::vector<std::string> requests() const;
  [[nodiscard]] unsigned connections() const { return connections_; }
  void set_api_version(const std::string &version);
  [[nodiscard]] std::string api_version() const;
  /// Waits until so many requests came in (the test's time-out is the limit).
  void wait_for_requests(std::size_t count) const;

private:
  void accept_all();
  void serve(int fd);
  Reply answer(const std::string &line, const std::string &body);

  Script script_;
  std::filesystem::path folder_, path_;
  int listener_ = -1;
  std::atomic<unsigned> connections_{0};
  mutable std::mutex mutex_;
  std::string api_version_ = "1.41";
  std::vector<std::string> requests_;
  mutable std::atomic<std::size_t> count_{0};
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

} // namespace mdocker::test
