// SPDX-License-Identifier: Apache-2.0
//
// One row of the wire's conformance table: a call, and what the original answered (or, where the
// original was wrong, what is right).
#pragma once

#include <span>

namespace wire {

enum class Expect {
  result,      ///< The result is exactly `value`, white space aside.
  result_like, ///< The compact result matches the regular expression.
  error,       ///< HTTP 200, `error` is exactly `value`.
  error_like,  ///< HTTP 200, `error` contains a match of the regular expression.
  refused,     ///< HTTP 400, text/plain; the text contains a match of the regular expression.
  containers,  ///< The listed guests of ours are those in `value`, in order, with a space between.
};

/// In params and value, $UUID is the image that the row's test has made, $ID its id, $SHORT the
/// begin of that, $MIB its size; $LOOP, $NOCMD are the images, $NIC is the NIC of the original's
/// cases, $G1 the first guest with all that it was created with, but state.
struct Case {
  const char *name;
  const char *method; ///< Without "MDocker.".
  const char *params; ///< The whole params array.
  Expect expect;
  const char *value;
};

/// In the order of a guest's life: each row builds on those before it.
std::span<const Case> life_cycle_cases();
/// In the order of an image's life: there is $UUID, with the second name mdocker-test/second, and
/// $LOOP, which the container mw-user is made of.
std::span<const Case> image_cases();

} // namespace wire
