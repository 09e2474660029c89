// SPDX-License-Identifier: Apache-2.0
//
// Where the host looks for plugins.
#include "fixture.hpp"

#include <gtest/gtest.h>

namespace host_test {
namespace {

namespace fs = std::filesystem;

/// Two folders: the probe and an example, in different ones.
class PluginPath : public testing::Test {
protected:
  PluginPath() {
    fs::create_directories(first_);
    fs::create_directories(second_);
    fs::create_symlink(PROBE_PLUGIN, first_ / "probe.so");
    fs::create_symlink(EXAMPLE_C_PLUGIN, second_ / "example.so");
  }
  [[nodiscard]] std::string variable() const {
    return "MISTIFY_PLUGIN_PATH=" + first_.string() + ":" + second_.string();
  }

  TempDir folder_;
  const fs::path first_ = folder_.path() / "a";
  const fs::path second_ = folder_.path() / "b";
};

TEST_F(PluginPath, TakesEachFolderOfTheVariable) {
  const Outcome outcome = run_host({"methods"}, {variable()});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.output.find("Probe.Echo"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("ExampleC.Echo"), std::string::npos) << outcome.output;
}

TEST_F(PluginPath, TakesTheFlagsFolderInstead) {
  const Outcome outcome = run_host({"methods", "--plugin-dir", second_.string()}, {variable()});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output.find("Probe.Echo"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("ExampleC.Echo"), std::string::npos) << outcome.output;
}

TEST_F(PluginPath, TakesOfOneNameTheFirst) {
  fs::create_symlink(PROBE_2_PLUGIN, second_ / "probe.so");
  const Outcome outcome = run_host({"call", "Probe.Version"}, {variable()});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.output.find("1.2.3"), std::string::npos) << outcome.output;
}

TEST_F(PluginPath, LeavesOtherNamesAndFoldersBelowAlone) {
  fs::create_directory(first_ / "below");
  fs::create_symlink(EXAMPLE_C_PLUGIN, first_ / "below" / "example.so");
  fs::create_symlink(EXAMPLE_C_PLUGIN, first_ / "example.so.old");
  const Outcome outcome = run_host({"methods", "--plugin-dir", first_.string()});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output.find("ExampleC.Echo"), std::string::npos) << outcome.output;
}

TEST_F(PluginPath, RefusesAFolderThatIsNotThere) {
  const Outcome outcome = run_host({"methods"}, {variable() + ":/nowhere"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.output, "mistify-mock-host: /nowhere: no such folder\n");
}

TEST_F(PluginPath, RefusesAnEmptyFolderName) {
  for (const char *path : {"", ":", "/a::/b"}) {
    const Outcome outcome = run_host({"methods"}, {std::string("MISTIFY_PLUGIN_PATH=") + path});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.output.find("expected folders, joined by \":\""), std::string::npos)
        << outcome.output;
  }
}

} // namespace
} // namespace host_test
