// SPDX-License-Identifier: Apache-2.0
#include "pattern.hpp"

#include <regex.h>
#include <stdexcept>

namespace wire {

bool contains(const std::string &text, const std::string &pattern) {
  regex_t compiled;
  if (::regcomp(&compiled, pattern.c_str(), REG_EXTENDED | REG_NOSUB) != 0)
    throw std::invalid_argument("no regular expression: " + pattern);
  const bool found = ::regexec(&compiled, text.c_str(), 0, nullptr, 0) == 0;
  ::regfree(&compiled);
  return found;
}

bool matches(const std::string &text, const std::string &pattern) {
  return contains(text, "^(" + pattern + ")$");
}

} // namespace wire
