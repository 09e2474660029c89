// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace mistify::mock_host {

/// The secret that clients share with this server, from a file.
class Token {
public:
  /// Throws UsageError, as read_again() does.
  explicit Token(std::filesystem::path file);

  /// Takes what the file holds by now. Throws UsageError that says what is wrong with it, and not
  /// what it holds; the token stays as it was then.
  void read_again();

  /// Takes a time that depends on the length of what is shown alone.
  [[nodiscard]] bool is(std::string_view shown) const noexcept;

private:
  std::filesystem::path file_;
  std::string secret_;
};

} // namespace mistify::mock_host
