// SPDX-License-Identifier: Apache-2.0
//
// Each rung of the ladder refuses its own kind of file, says why in one line, and leaves nothing.
#include "support.hpp"

#include <elf.h>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <sys/stat.h>

namespace {

using mistify::Host;
using mistify::LoadError;
using mistify::LoadFailure;
using sdk_test::broken;
using sdk_test::Log;
using sdk_test::TemporaryFolder;
namespace fs = std::filesystem;

struct Refusal {
  bool refused = false;
  LoadFailure failure{};
  std::string what;
};

Refusal refusal_of(Host &host, const fs::path &file) {
  try {
    host.load(file);
  } catch (const LoadError &error) {
    return {true, error.failure(), error.what()};
  }
  return {};
}

using Steps = std::vector<std::string>;

struct BrokenPlugin {
  const char *file;
  LoadFailure failure;
  std::string what; // behind the path
  Steps steps;      // what the plugin saw of it
};

void PrintTo(const BrokenPlugin &plugin, std::ostream *out) {
  *out << plugin.file;
}

class BrokenPlugins : public testing::TestWithParam<BrokenPlugin> {};

TEST_P(BrokenPlugins, AreRefusedWithTheirReasonAndLeaveNothingBehind) {
  const BrokenPlugin &expected = GetParam();
  const fs::path file = broken(expected.file);
  Log log;
  Host host({.log = log.function()});
  host.load(sdk_test::plugin("example_c")); // method_of_another wants its name
  const std::size_t methods = host.methods().size();

  const Refusal refusal = refusal_of(host, file);

  ASSERT_TRUE(refusal.refused);
  EXPECT_EQ(refusal.failure, expected.failure);
  EXPECT_EQ(refusal.what, file.string() + ": " + expected.what);
  EXPECT_EQ(log.of("broken"), expected.steps);
  EXPECT_EQ(sdk_test::mappings_of(file), 0U);
  EXPECT_EQ(host.methods().size(), methods);
  EXPECT_EQ(host.plugins().size(), 1U);
  EXPECT_EQ(sdk_test::call(host, "ExampleC.Echo", "[1]").result_json, "[1]");
}

const Steps kUntouched;

INSTANTIATE_TEST_SUITE_P(
    Ladder, BrokenPlugins,
    testing::Values(
        BrokenPlugin{"unresolved", LoadFailure::not_loadable,
                     "cannot be loaded: undefined symbol: mistify_nobody_defines_this", kUntouched},
        BrokenPlugin{"no_symbol", LoadFailure::symbol_absent,
                     "exports no mistify_plugin_entry_v1 (not a plugin, or of another major "
                     "version)",
                     kUntouched},
        BrokenPlugin{"null_table", LoadFailure::no_table,
                     "mistify_plugin_entry_v1 returned no table", kUntouched},
        BrokenPlugin{"other_major", LoadFailure::major_differs,
                     "is built for version 2.0 of the plugin ABI, this host speaks version 1",
                     kUntouched},
        BrokenPlugin{"short_table", LoadFailure::table_too_short,
                     "the table has 80 bytes, version 1 has at least 88", kUntouched},
        BrokenPlugin{"tiny_table", LoadFailure::table_too_short,
                     "the table of 4 bytes is too short for a version", kUntouched},
        BrokenPlugin{"no_create", LoadFailure::function_missing, "the table has no function create",
                     kUntouched},
        BrokenPlugin{"no_start", LoadFailure::function_missing, "the table has no function start",
                     kUntouched},
        BrokenPlugin{"no_quiesce", LoadFailure::function_missing,
                     "the table has no function quiesce", kUntouched},
        BrokenPlugin{"no_stop", LoadFailure::function_missing, "the table has no function stop",
                     kUntouched},
        BrokenPlugin{"no_destroy", LoadFailure::function_missing,
                     "the table has no function destroy", kUntouched},
        BrokenPlugin{"no_cancel", LoadFailure::function_missing, "the table has no function cancel",
                     kUntouched},
        BrokenPlugin{"name_with_space", LoadFailure::name_malformed,
                     "the name \"not good\" is malformed (1 to 64 letters, digits, '_' and '-')",
                     kUntouched},
        BrokenPlugin{"name_empty", LoadFailure::name_malformed,
                     "the name \"\" is malformed (1 to 64 letters, digits, '_' and '-')",
                     kUntouched},
        BrokenPlugin{"name_null", LoadFailure::name_malformed,
                     "the table has no name or no version", kUntouched},
        BrokenPlugin{"name_long", LoadFailure::name_malformed,
                     "the name \"a123456789b123456789c123456789d123456789e123456789f123456789"
                     "g1234\" is malformed (1 to 64 letters, digits, '_' and '-')",
                     kUntouched},
        BrokenPlugin{"method_twice", LoadFailure::method_taken,
                     "the method Broken.Method is registered twice", Steps{"create"}},
        BrokenPlugin{"method_twice_ignored", LoadFailure::method_taken,
                     "the method Broken.Method is registered twice", Steps{"create", "destroy"}},
        BrokenPlugin{"method_of_another", LoadFailure::method_taken,
                     "the method ExampleC.Echo is a method of the plugin example_c",
                     Steps{"create"}},
        BrokenPlugin{"create_reason", LoadFailure::create_failed,
                     "the engine is painted\\nred: expected blue", Steps{"create"}},
        BrokenPlugin{"create_silent", LoadFailure::create_failed,
                     "create failed with status -7 and gave no reason", Steps{"create"}},
        BrokenPlugin{"create_status", LoadFailure::create_failed,
                     "create failed with status 17 and gave no reason", Steps{"create"}},
        BrokenPlugin{"create_empty", LoadFailure::create_failed,
                     "create succeeded but made no instance", Steps{"create"}},
        BrokenPlugin{"start_fails", LoadFailure::start_failed, "no thread could be started",
                     Steps{"create", "start", "destroy"}}),
    [](const auto &test) { return std::string(test.param.file); });

/// Files that are no plugins at all, made from a sound one.
class NoPlugin : public testing::Test {
protected:
  fs::path write(const std::string &name, std::string_view bytes) {
    fs::path file = folder_.path() / name;
    std::ofstream(file, std::ios::binary) << bytes;
    return file;
  }
  static std::string sound_bytes() {
    std::ifstream in(sdk_test::plugin("example_c"), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void set_byte(std::string &bytes, std::size_t at, unsigned value) {
    bytes.at(at) = static_cast<char>(value);
  }
  void expect(const fs::path &file, LoadFailure failure, const std::string &what) {
    const Refusal refusal = refusal_of(host_, file);
    ASSERT_TRUE(refusal.refused);
    EXPECT_EQ(refusal.failure, failure);
    EXPECT_EQ(refusal.what.substr(0, (file.string() + ": " + what).size()),
              file.string() + ": " + what);
    EXPECT_EQ(refusal.what.find('\n'), std::string::npos);
    EXPECT_TRUE(host_.plugins().empty());
  }
  TemporaryFolder folder_;
  Host host_{mistify::HostOptions{}};
};

TEST_F(NoPlugin, AMissingFileIsNamed) {
  expect(folder_.path() / "none.so", LoadFailure::no_such_file, "no such file");
}

TEST_F(NoPlugin, AFileBehindAFileIsMissing) {
  const fs::path file = write("file", "x");
  expect(file / "none.so", LoadFailure::no_such_file, "no such file");
}

TEST_F(NoPlugin, AFolderIsNoSharedObject) {
  fs::create_directory(folder_.path() / "folder.so");
  expect(folder_.path() / "folder.so", LoadFailure::not_a_shared_object, "is a folder");
}

TEST_F(NoPlugin, AFifoIsNotWaitedFor) {
  const fs::path file = folder_.path() / "fifo.so";
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  expect(file, LoadFailure::not_a_shared_object, "is no regular file");
}

TEST_F(NoPlugin, ATextAndAnEmptyFileAreNoElf) {
  expect(write("text.so", "#!/bin/sh\necho no plugin\n"), LoadFailure::not_a_shared_object,
         "is no ELF file, expected an ELF shared object for ");
  expect(write("empty.so", ""), LoadFailure::not_a_shared_object, "is no ELF file");
}

TEST_F(NoPlugin, ATruncatedElfIsRefusedWhereverItIsCut) {
  const std::string bytes = sound_bytes();
  // Behind what is loaded there may be debug information, which nobody misses.
  for (const std::size_t size :
       {std::size_t{20}, sizeof(Elf64_Ehdr), sizeof(Elf64_Ehdr) + 100, std::size_t{4096}}) {
    SCOPED_TRACE(size);
    expect(write("cut.so", bytes.substr(0, size)), LoadFailure::not_a_shared_object,
           "is a truncated ELF file");
  }
}

TEST_F(NoPlugin, AnElfForAnotherMachineIsRefused) {
  std::string bytes = sound_bytes();
  set_byte(bytes, offsetof(Elf64_Ehdr, e_machine), EM_S390);
  set_byte(bytes, offsetof(Elf64_Ehdr, e_machine) + 1, 0);
  expect(write("s390.so", bytes), LoadFailure::not_a_shared_object,
         "is an ELF file for another machine (number 22)");
}

TEST_F(NoPlugin, AnElfOfAnotherWordSizeOrByteOrderIsRefused) {
  std::string bytes = sound_bytes();
  set_byte(bytes, EI_CLASS, ELFCLASS32);
  expect(write("class.so", bytes), LoadFailure::not_a_shared_object,
         "is an ELF file of another word size");
  bytes = sound_bytes();
  set_byte(bytes, EI_DATA, ELFDATA2MSB);
  expect(write("data.so", bytes), LoadFailure::not_a_shared_object,
         "is an ELF file of another byte order");
}

TEST_F(NoPlugin, AnObjectFileIsRefused) {
  std::string bytes = sound_bytes();
  set_byte(bytes, offsetof(Elf64_Ehdr, e_type), ET_REL);
  expect(write("object.so", bytes), LoadFailure::not_a_shared_object,
         "is an ELF file of another type (number 1)");
}

TEST_F(NoPlugin, AProgramIsRefusedInTheLinkersWords) {
  expect(fs::canonical("/bin/sh"), LoadFailure::not_loadable, "cannot be loaded: ");
}

TEST(Loading, AcceptsATableThatALaterMinorMadeLonger) {
  Host host({});
  host.load(broken("longer_table"));
  EXPECT_EQ(sdk_test::call(host, "Broken.Method").result_json, "{}");
}

TEST(Loading, RefusesASecondPluginOfOneName) {
  Host host({});
  host.load(broken("longer_table"));

  const Refusal refusal = refusal_of(host, broken("stop_busy_once"));

  EXPECT_EQ(refusal.failure, LoadFailure::name_taken);
  EXPECT_EQ(refusal.what, broken("stop_busy_once").string() +
                              ": a plugin named broken is loaded already, from " +
                              broken("longer_table").string());
  EXPECT_EQ(sdk_test::mappings_of(broken("stop_busy_once")), 0U);
  EXPECT_EQ(sdk_test::call(host, "Broken.Method").result_json, "{}");
}

TEST(Loading, AFailedPluginMayBeFollowedByASoundOneOfTheSameName) {
  Host host({});
  EXPECT_TRUE(refusal_of(host, broken("start_fails")).refused);
  host.load(broken("longer_table"));
  EXPECT_EQ(sdk_test::call(host, "Broken.Method").result_json, "{}");
}

TEST(Loading, TakesARelativePath) {
  Host host({});
  host.load(fs::relative(sdk_test::plugin("example_c")));
  ASSERT_EQ(host.plugins().size(), 1U);
  EXPECT_TRUE(host.plugins()[0].file.is_absolute());
}

TEST(Loading, APluginRefusesAConfigurationItDoesNotKnow) {
  Host host({.config = [](std::string_view) { return R"({"colour":"red"})"; }});
  const Refusal refusal = refusal_of(host, sdk_test::plugin("example_c"));
  EXPECT_EQ(refusal.failure, LoadFailure::create_failed);
  EXPECT_EQ(refusal.what, sdk_test::plugin("example_c").string() +
                              ": example_c takes no configuration: expected {}");
}

TEST(Loading, WhatTheConfigurationThrowsComesOutAndLeavesNothing) {
  Host host({.config = [](std::string_view) -> std::string { throw std::domain_error("none"); }});
  EXPECT_THROW(host.load(sdk_test::plugin("example_c")), std::domain_error);
  EXPECT_EQ(sdk_test::mappings_of(sdk_test::plugin("example_c")), 0U);
}

TEST(LoadingAFolder, TakesEachSharedObjectInTheOrderOfNames) {
  TemporaryFolder folder;
  fs::create_symlink(sdk_test::plugin("example_cpp"), folder.path() / "1.so");
  fs::create_symlink(sdk_test::plugin("example_c"), folder.path() / "2.so");
  std::ofstream(folder.path() / "README") << "no plugin";
  fs::create_directory(folder.path() / "deeper");
  fs::create_symlink(broken("null_table"), folder.path() / "deeper" / "3.so");
  Host host({});

  EXPECT_EQ(host.load_directory(folder.path()), 2U);

  const auto plugins = host.plugins();
  ASSERT_EQ(plugins.size(), 2U);
  EXPECT_EQ(plugins[0].name, "example_cpp");
  EXPECT_EQ(plugins[1].name, "example_c");
  EXPECT_EQ(plugins[1].file, folder.path() / "2.so");
}

TEST(LoadingAFolder, StopsAtTheFirstThatFailsAndKeepsThoseBefore) {
  TemporaryFolder folder;
  fs::create_symlink(sdk_test::plugin("example_c"), folder.path() / "1.so");
  fs::create_symlink(broken("null_table"), folder.path() / "2.so");
  fs::create_symlink(sdk_test::plugin("example_cpp"), folder.path() / "3.so");
  Host host({});

  EXPECT_THROW(host.load_directory(folder.path()), LoadError);

  ASSERT_EQ(host.plugins().size(), 1U);
  EXPECT_EQ(host.plugins()[0].name, "example_c");
}

TEST(LoadingAFolder, RefusesWhatIsNoFolder) {
  TemporaryFolder folder;
  Host host({});
  std::ofstream(folder.path() / "file") << "x";
  try {
    host.load_directory(folder.path() / "none");
    FAIL() << "a missing folder was loaded";
  } catch (const LoadError &error) {
    EXPECT_EQ(error.failure(), LoadFailure::no_such_file);
    EXPECT_EQ(error.what(), (folder.path() / "none").string() + ": no such folder");
  }
  try {
    host.load_directory(folder.path() / "file");
    FAIL() << "a file was loaded as a folder";
  } catch (const LoadError &error) {
    EXPECT_EQ(error.failure(), LoadFailure::not_loadable);
  }
}

} // namespace
