// SPDX-License-Identifier: Apache-2.0
//
// mistify-mock-host with mdocker.so as a process, and calls to it over HTTP.
#pragma once

#include "process.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace wire {

/// What came back for one call.
struct RpcAnswer {
  int status = 0;
  std::string content_type;
  std::string body;
  std::string result; ///< Raw JSON; "null" where there is none.
  std::string error;  ///< The error's text; empty where it is null.
};

/// The command line of `serve`, with the plugin and the network driver "none".
Command serve_command(const std::string &endpoint, const std::vector<std::string> &more = {},
                      const std::filesystem::path &plugin = WIRE_PLUGIN);

class HostProcess {
public:
  /// Returns when the host listens; throws with its output where it does not.
  explicit HostProcess(const std::string &endpoint, const std::vector<std::string> &more = {},
                       const std::filesystem::path &plugin = WIRE_PLUGIN);
  explicit HostProcess(const Command &command);

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] Process &process() noexcept { return process_; }
  [[nodiscard]] const Process &process() const noexcept { return process_; }

  /// A call on a connection of its own. Params are the one struct. Throws where the result is not
  /// as the method's schema says.
  [[nodiscard]] RpcAnswer call(std::string_view method, std::string_view params = "{}",
                               std::chrono::milliseconds timeout = kPatience) const;
  /// POST with the RPC's media type; the body as it is.
  [[nodiscard]] HttpResponse post(std::string_view body) const;
  [[nodiscard]] HttpResponse get(std::string_view target) const;

  /// SIGTERM and the end; the exit status, or nothing where it does not end.
  std::optional<ExitStatus> end();

private:
  Process process_;
  std::uint16_t port_ = 0;
};

/// Reads a JSON-RPC 1.0 answer; where the status is no 200, error is the body.
RpcAnswer read_answer(const HttpResponse &response);
/// {"method": METHOD, "params": [PARAMS], "id": 7}
std::string rpc_body(std::string_view method, std::string_view params);

inline constexpr std::string_view kRpcPath = "/_mistify_RPC_";
inline constexpr const char *kJsonHeader = "Content-Type: application/json";

} // namespace wire
