// SPDX-License-Identifier: Apache-2.0
//
// The plugins that are loaded over and over again.
#pragma once

#include "support.hpp"

#include <filesystem>
#include <ostream>
#include <vector>

namespace sdk_test {

struct Subject {
  const char *name;
  std::filesystem::path file;
  const char *method; // one that is answered by the plugin alone, be it with an error
};
inline void PrintTo(const Subject &subject, std::ostream *out) {
  *out << subject.name;
}

inline std::vector<Subject> subjects() {
  return {
#if defined(SDK_TEST_MDOCKER)
    {"mdocker", SDK_TEST_MDOCKER, "MDocker.GetContainer"},
#endif
        {"example_c", plugin("example_c"), "ExampleC.Echo"},
        {"example_cpp", plugin("example_cpp"), "ExampleCpp.Echo"},
  };
}

} // namespace sdk_test
