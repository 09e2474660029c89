// SPDX-License-Identifier: Apache-2.0
//
// A breaker for each path whose reads go unanswered while the engine answers others: of a container
// that is stuck, mostly. They shall not hold up who asks for it again.
#pragma once

#include "breaker.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace mdocker::engine {

/// On the event loop only.
class PathBreakers {
public:
  /// Makes the breaker of a path.
  using Make = std::function<std::shared_ptr<Breaker>(const std::string &path)>;

  explicit PathBreakers(Make make) : make_(std::move(make)) {}

  /// The breaker of a path whose last read was not answered; null where there is none.
  [[nodiscard]] std::shared_ptr<Breaker> find(const std::string &path) const;

  void unanswered(const std::string &path);
  void answered(const std::string &path);

  /// Gives up every probe that is under way.
  void shut_down();

private:
  using Known = std::map<std::string, std::shared_ptr<Breaker>>;

  void drop(Known::iterator path);

  Make make_;
  Known known_;
};

} // namespace mdocker::engine
