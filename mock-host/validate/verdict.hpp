// SPDX-License-Identifier: Apache-2.0
//
// What a check came to, and how it says so while it runs.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mistify::mock_host::validation {

enum class Result { passed, failed, not_applicable };

struct Verdict {
  Result result = Result::passed;
  std::vector<std::string> findings; ///< Of a failed check: what is not as promised, a line each.
  std::string reason;                ///< Why a check does not apply.
};

/// Ends a check: the plugin breaks its promise.
class Finding : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Ends a check: the plugin has nothing that it could be held against.
class NotApplicable : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Where a running check tells its parent of itself. What it is doing is part of the finding where
/// the plugin crashes or hangs meanwhile.
class Teller {
public:
  explicit Teller(int descriptor) : descriptor_(descriptor) {}

  void doing(std::string_view what) const { tell('D', what); }
  void finding(std::string_view what) const { tell('F', what); }
  void not_applicable(std::string_view why) const { tell('N', why); }
  /// Without it the process ended before its check did.
  void done() const { tell('E', {}); }

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

private:
  void tell(char kind, std::string_view text) const;

  int descriptor_;
};

} // namespace mistify::mock_host::validation
