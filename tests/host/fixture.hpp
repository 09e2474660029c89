// SPDX-License-Identifier: Apache-2.0
//
// The mock host as a process, and the sockets to talk to it.
#pragma once

#include "../support/comes_true.hpp"
#include "../wire/http.hpp"
#include "../wire/process.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace host_test {

using mdocker::test::comes_true;
using wire::Command;
using wire::Connection;
using wire::HttpResponse;
using wire::Process;
using wire::TempDir;

inline constexpr const char *kPath = "/_mistify_RPC_";
inline constexpr const char *kJsonHeader = "Content-Type: application/json";

/// The host's command line with the probe plugin.
std::vector<std::string> with_probe(const std::vector<std::string> &more);

/// Whether the main thread of the process sleeps (proc(5), its state in stat).
bool sleeps(pid_t process);

/// What a finished run came to; both output streams in one.
struct Outcome {
  std::optional<int> status;
  std::string output;
};
/// Runs the host to its end.
Outcome run_host(const std::vector<std::string> &arguments,
                 const std::vector<std::string> &environment = {});
/// The same in a shell, where "$HOST", "$PROBE" and "$EXAMPLE_C" are the program and plugins.
Outcome run_shell(const std::string &script);

/// A host that serves, with the probe plugin, on a port of its own choice.
class Server {
public:
  explicit Server(const std::vector<std::string> &more = {},
                  const std::vector<std::string> &environment = {},
                  const std::string &plugin = PROBE_PLUGIN);
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] Connection connect() const { return Connection::to_port(port_); }
  /// One exchange on a connection of its own.
  HttpResponse exchange(std::string_view request) const;
  HttpResponse call(std::string_view method, std::string_view params = "{}") const;
  Process &process() noexcept { return process_; }
  /// SIGTERM; its exit status.
  std::optional<int> end();

private:
  Process process_;
  std::uint16_t port_ = 0;
};

/// A JSON-RPC 1.0 body with id 1, and the POST that carries it.
std::string call_body(std::string_view method, std::string_view params = "{}");
std::string call_request(std::string_view method, std::string_view params = "{}",
                         const std::vector<std::string> &headers = {});
/// A configuration file with this text in the folder; its path.
std::string config_file(const TempDir &folder, std::string_view text);

/// Whether the text holds a match of the POSIX extended regular expression.
bool has_match(const std::string &text, const std::string &pattern);

/// A FIFO through which the probe tells about the calls that it holds.
class Fifo {
public:
  Fifo();
  /// The params of Probe.Hold.
  [[nodiscard]] std::string params() const;
  /// The next thing told: 'h' for held, 'c' for cancelled; nothing where it does not come in time.
  [[nodiscard]] std::optional<char> next() const;

private:
  TempDir dir_;
  std::string path_;
  wire::Fd fd_;
};

/// A TCP connection that can end badly.
class RawSocket {
public:
  explicit RawSocket(std::uint16_t port);
  void send(std::string_view bytes) const;
  void end_sending() const;
  /// Closes with a reset instead of an orderly end.
  void reset();
  void close() { fd_.reset(); }
  /// All that comes until the peer ends.
  [[nodiscard]] std::string read_all() const;

private:
  wire::Fd fd_;
};

} // namespace host_test
