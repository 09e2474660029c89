// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace mdocker::engine {

/// Where the engine listens, and how to speak to it.
struct Endpoint {
  enum class Transport { unix_socket, tcp, tls };

  Transport transport = Transport::unix_socket;
  std::string path = "/var/run/docker.sock"; ///< Of the unix socket.
  std::string host;                          ///< Of TCP; without brackets for IPv6.
  unsigned port = 0;
  std::string ca, cert, key; ///< Files of PEM, for TLS.

  /// As it was given: what messages name.
  std::string name = "unix:///var/run/docker.sock";

  /// Reads "unix:///PATH", "tcp://HOST:PORT", "http://HOST:PORT" or "https://HOST:PORT". TCP is
  /// spoken with TLS where cert_path names a folder with ca.pem, cert.pem and key.pem; without TLS
  /// only where insecure is true. Throws std::invalid_argument.
  static Endpoint parse(std::string_view text, std::string_view cert_path, bool insecure);

  /// What stands before the path of a request: "http://docker", "https://HOST:PORT".
  [[nodiscard]] std::string base_url() const;
};

} // namespace mdocker::engine
