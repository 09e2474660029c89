// SPDX-License-Identifier: Apache-2.0
#include "endpoint.hpp"

#include "../host_name.hpp"
#include "../pem.hpp"

#include <utf8.hpp>

#include <filesystem>
#include <stdexcept>
#include <sys/un.h>

namespace mdocker::engine {
namespace {

constexpr std::size_t kShown = 300;
constexpr std::string_view kForms = "expected unix:///PATH, tcp://HOST:PORT or https://HOST:PORT";

[[noreturn]] void refuse(std::string_view endpoint, std::string_view why) {
  throw std::invalid_argument("endpoint \"" + mistify::json::one_line(endpoint, kShown) +
                              "\": " + std::string(why));
}

bool take_prefix(std::string_view &text, std::string_view prefix) {
  if (!text.starts_with(prefix))
    return false;
  text.remove_prefix(prefix.size());
  return true;
}

void parse_authority(std::string_view text, std::string_view authority, Endpoint &endpoint) {
  if (authority.ends_with('/'))
    authority.remove_suffix(1);
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos)
    refuse(text, "has no port; " + std::string(kForms));
  const auto port = port_number(authority.substr(colon + 1));
  if (!port)
    refuse(text, "the port is no number from 1 to 65535");
  endpoint.port = *port;
  std::string_view host = authority.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (!is_ipv6(host))
      refuse(text, "what stands in brackets is no IPv6 address");
  } else if (!is_host(host)) {
    refuse(text, "the host is no name or address; " + std::string(kForms));
  }
  endpoint.host = host;
}

std::string pem(std::string_view folder, const char *name, std::string_view kind) {
  std::string path = (std::filesystem::path(folder) / name).string();
  if (const std::string problem = pem_problem(path, kind); !problem.empty())
    throw std::invalid_argument("cert_path \"" + std::string(folder) + "\": " + problem +
                                "; expected ca.pem, cert.pem and key.pem");
  return path;
}

} // namespace

Endpoint Endpoint::parse(std::string_view text, std::string_view cert_path, bool insecure) {
  Endpoint endpoint;
  endpoint.name = text;
  std::string_view rest = text;
  if (take_prefix(rest, "unix://")) {
    if (!rest.starts_with('/'))
      refuse(text, "the socket's path is not absolute; " + std::string(kForms));
    if (rest.size() >= sizeof(sockaddr_un::sun_path))
      refuse(text, "the socket's path has " + std::to_string(rest.size()) +
                       " bytes, and a unix socket takes at most " +
                       std::to_string(sizeof(sockaddr_un::sun_path) - 1));
    if (rest.find('\0') != std::string_view::npos)
      refuse(text, "the socket's path holds a NUL byte");
    endpoint.transport = Transport::unix_socket;
    endpoint.path = rest;
    return endpoint;
  }
  endpoint.path.clear();
  const bool https = take_prefix(rest, "https://");
  if (!https && !take_prefix(rest, "tcp://") && !take_prefix(rest, "http://"))
    refuse(text, kForms);
  parse_authority(text, rest, endpoint);
  if (cert_path.empty() && !https) {
    if (!insecure)
      refuse(text, "TCP without TLS gives root on the engine's machine to whoever reaches it: set "
                   "cert_path (ca.pem, cert.pem, key.pem), or \"insecure\": true");
    endpoint.transport = Transport::tcp;
    return endpoint;
  }
  endpoint.transport = Transport::tls;
  if (cert_path.empty())
    refuse(text, "TLS needs cert_path, a folder with ca.pem, cert.pem and key.pem");
  endpoint.ca = pem(cert_path, "ca.pem", "CERTIFICATE");
  endpoint.cert = pem(cert_path, "cert.pem", "CERTIFICATE");
  endpoint.key = pem(cert_path, "key.pem", "PRIVATE KEY");
  return endpoint;
}

std::string Endpoint::base_url() const {
  if (transport == Transport::unix_socket)
    return "http://docker"; // any fixed name: connections are told apart by it
  return (transport == Transport::tls ? "https://" : "http://") + authority(host, port);
}

} // namespace mdocker::engine
