// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http_types.hpp"
#include "token.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mistify::mock_host {

/// Whose requests are served.
class Access {
public:
  /// names: what clients may call this server, besides its addresses, localhost and the machine's
  /// own name. token may be null: nothing need be shown. It outlives this.
  Access(const std::vector<std::string> &names, const Token *token);

  /// The reply to what a page of another site has a browser ask: whatever its path, it is not
  /// served. Such a page has the Host that its own site is called by, also where that name leads to
  /// this machine (DNS rebinding), or an Origin that is not ours.
  [[nodiscard]] std::optional<HttpReply> foreign(const HttpRequest &head) const;

  /// The reply where the token is not shown, or another.
  [[nodiscard]] std::optional<HttpReply> unauthorised(const HttpRequest &head) const;

private:
  [[nodiscard]] bool is_own_name(std::string_view host) const;

  std::vector<std::string> names_; // in lower case
  const Token *token_;
};

} // namespace mistify::mock_host
