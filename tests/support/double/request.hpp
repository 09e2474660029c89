// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mdocker::test {

/// A request as the double has read it, whole.
struct Request {
  std::string method;
  std::string sent_target; ///< As it came: "/v1.41/containers/g1/json?size=1".
  std::string target;      ///< The same without the version: "/containers/g1/json?size=1".
  std::string version;     ///< "1.41"; empty where the target has none.
  std::vector<std::pair<std::string, std::string>> headers; ///< Names in lower case.
  std::string body;                                         ///< Without its chunks' framing.
  std::size_t connection = 0;                               ///< 1 is the first that was taken.
  std::chrono::steady_clock::time_point time;               ///< When it was whole.

  /// "GET /containers/g1/json?size=1"
  [[nodiscard]] std::string line() const { return method + " " + target; }
  /// "GET /v1.41/containers/g1/json?size=1"
  [[nodiscard]] std::string sent_line() const { return method + " " + sent_target; }
  /// The target without version and query.
  [[nodiscard]] std::string path() const { return target.substr(0, target.find('?')); }
  /// A parameter of the query, as it was written; nothing where it is not there.
  [[nodiscard]] std::optional<std::string> parameter(std::string_view name) const;
  /// A header's value, empty where it is missing.
  [[nodiscard]] std::string header(std::string_view lower_case_name) const;
  /// Whether it asks who the engine is: /_ping or /version.
  [[nodiscard]] bool is_ping() const;
};

/// Reads the requests off one connection's bytes.
class RequestReader {
public:
  /// What came is no request.
  class Malformed : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
  };

  void feed(std::string_view bytes) { buffer_.append(bytes); }
  /// The next request where it is whole. Throws Malformed.
  std::optional<Request> next();
  /// The request whose head has come and whose body has not, once; else nullptr.
  const Request *begun();
  /// True once for a request whose sender waits for a word before it sends the body.
  bool wants_continue();

private:
  bool read_head();
  bool read_chunks();
  [[nodiscard]] std::string header(std::string_view name) const { return request_->header(name); }

  std::string buffer_;
  std::optional<Request> request_; ///< Its head has been read.
  std::size_t length_ = 0;
  bool chunked_ = false;
  bool shown_ = false;
  bool continued_ = false;
};

} // namespace mdocker::test
