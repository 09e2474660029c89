// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "error.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mdocker::test {

/// The error that the action throws; fails the test where it throws none.
template <class Action> Error error_of(Action action) {
  try {
    action();
  } catch (const Error &error) {
    return error;
  }
  ADD_FAILURE() << "no Error was thrown";
  return {Kind::internal, ""};
}

/// The same for InvalidParams: its text.
template <class Action> std::string invalid_params(Action action) {
  try {
    action();
  } catch (const InvalidParams &error) {
    return error.what();
  }
  ADD_FAILURE() << "no InvalidParams was thrown";
  return {};
}

} // namespace mdocker::test
