// SPDX-License-Identifier: Apache-2.0
#include "engine.hpp"

#include <gtest/gtest.h>

namespace {

/// Where the engine is a private one, it ends with the tests.
class EngineAtTheEnd : public testing::Environment {
public:
  void TearDown() override { wire::stop_test_engine(); }
};

} // namespace

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  testing::AddGlobalTestEnvironment(new EngineAtTheEnd);
  return RUN_ALL_TESTS();
}
