// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mdocker::methods {

/// The creates that were sent and never answered. The engine may have made the container all the
/// same, or make it still: when the guest is asked for again, what stands in its way then is that
/// container, and it is told from somebody else's by the token in its label. On the event loop
/// only.
class HalfAnswered {
public:
  struct Create {
    std::string token;      ///< In the container's label.
    std::size_t asked_hash; ///< Of all that was asked for but the token.
  };

  /// Remembers a create. A few thousand are kept; the oldest are forgotten first.
  void add(const std::string &guest, Create create);
  /// The create of that guest; nullptr where there is none.
  [[nodiscard]] const Create *find(const std::string &guest) const;
  /// It is known by now what became of it.
  void forget(const std::string &guest);

private:
  static constexpr std::size_t kMost = 4096;

  std::unordered_map<std::string, Create> creates_;
  std::deque<std::string> order_;
};

} // namespace mdocker::methods
