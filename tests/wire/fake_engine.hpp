// SPDX-License-Identifier: Apache-2.0
//
// A double of the engine at a unix socket, for what a real one cannot be made to do: fall silent at
// a chosen request, and count what arrives.
#pragma once

#include "process.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace wire {

class FakeEngine {
public:
  struct Request {
    std::string method;
    std::string target; ///< Without the version in front.
  };
  struct Response {
    int status = 200;
    std::string body = "{}";
  };
  /// [any thread] The answer to a request; nothing: silence, with the connection kept open.
  using Handler = std::function<std::optional<Response>(const Request &)>;

  /// Whether /_ping and /version are answered. All else goes to the handler.
  enum class Ping { answered, silent };
  explicit FakeEngine(Handler handler, Ping ping = Ping::answered);
  ~FakeEngine();
  FakeEngine(const FakeEngine &) = delete;
  FakeEngine &operator=(const FakeEngine &) = delete;

  [[nodiscard]] std::string endpoint() const { return "unix://" + socket_.string(); }
  /// What has arrived for the handler, as "METHOD target".
  [[nodiscard]] std::vector<std::string> seen() const;

private:
  void accept_all();
  void serve(int fd);
  std::optional<Response> answer(const Request &request);

  Handler handler_;
  Ping ping_;
  TempDir dir_;
  std::filesystem::path socket_;
  Fd listener_;
  mutable std::mutex mutex_;
  bool closing_ = false;
  std::vector<std::string> seen_;
  std::vector<int> open_;
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

} // namespace wire
