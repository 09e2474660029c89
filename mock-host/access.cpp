// SPDX-License-Identifier: Apache-2.0
#include "access.hpp"

#include "json.hpp"

#include <algorithm>
#include <array>

#include <arpa/inet.h>
#include <unistd.h>

namespace mistify::mock_host {
namespace {

constexpr const char *kRealm = "Bearer realm=\"mistify\"";

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

std::string machine_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

bool is_address(const std::string &text, int family) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(family, text.c_str(), bytes.data()) == 1;
}

/// What follows the scheme, where that is Bearer.
std::optional<std::string_view> bearer_token(std::string_view authorization) {
  const std::size_t blank = authorization.find(' ');
  if (lower(authorization.substr(0, blank)) != "bearer" || blank == std::string_view::npos)
    return std::nullopt;
  const std::size_t begin = authorization.find_first_not_of(' ', blank);
  return authorization.substr(std::min(begin, authorization.size()));
}

/// A client's text, for a message.
std::string shown(std::string_view text) {
  constexpr std::size_t kLongest = 100;
  return json::quoted(text.substr(0, kLongest));
}

} // namespace

Access::Access(const std::vector<std::string> &names, const Token *token)
    : names_{"localhost"}, token_(token) {
  if (const std::string name = machine_name(); !name.empty())
    names_.push_back(lower(name));
  for (const std::string &name : names)
    names_.push_back(lower(name));
}

/// host: NAME, ADDRESS or [V6], each also with :PORT. An address is what no one else's name server
/// can give another meaning to.
bool Access::is_own_name(std::string_view host) const {
  if (host.starts_with('[')) {
    const std::size_t close = host.find(']');
    const std::string_view rest = host.substr(std::min(close, host.size() - 1) + 1);
    return close != std::string_view::npos && (rest.empty() || rest.front() == ':') &&
           is_address(std::string(host.substr(1, close - 1)), AF_INET6);
  }
  std::string name = lower(host.substr(0, host.find(':')));
  if (name.ends_with('.')) // a name that is complete
    name.pop_back();
  return is_address(name, AF_INET) || std::find(names_.begin(), names_.end(), name) != names_.end();
}

std::optional<HttpReply> Access::foreign(const HttpRequest &head) const {
  std::optional<HttpReply> reply;
  if (!head.host.empty() && !is_own_name(head.host))
    reply = text_reply(421, "host " + shown(head.host) +
                                ", expected an address, localhost, this machine's name or one of "
                                "server_names");
  else if (const std::string host = lower(head.host); !head.origin.empty() &&
                                                      lower(head.origin) != "http://" + host &&
                                                      lower(head.origin) != "https://" + host)
    reply = text_reply(403, "a page of " + shown(head.origin) +
                                " asks, expected none or one of this server's");
  if (reply)
    reply->subject = head.path;
  return reply;
}

std::optional<HttpReply> Access::unauthorised(const HttpRequest &head) const {
  if (token_ == nullptr)
    return std::nullopt;
  const std::optional<std::string_view> token = bearer_token(head.authorization);
  if (token && token_->is(*token))
    return std::nullopt;
  HttpReply reply =
      text_reply(401, token ? "the token is another one" : "expected Authorization: Bearer TOKEN");
  reply.challenge = token ? std::string(kRealm) + ", error=\"invalid_token\"" : kRealm;
  reply.subject = head.path;
  return reply;
}

} // namespace mistify::mock_host
