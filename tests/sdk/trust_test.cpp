// SPDX-License-Identifier: Apache-2.0
//
// A plugin that others may write to is not loaded, and neither is one from a folder of that kind.
#include "support.hpp"

#include <trusted_file.hpp>

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

namespace {

using mistify::Host;
using mistify::LoadError;
using mistify::LoadFailure;
using sdk_test::TemporaryFolder;
namespace fs = std::filesystem;

constexpr uid_t kSomeone = 12345;

/// A sound plugin in a folder of its own.
class Trust : public testing::Test {
protected:
  Trust() {
    fs::create_directory(folder_);
    sdk_test::replace(file_, sdk_test::plugin("example_c"));
    set_mode(file_, 0755);
    set_mode(folder_, 0755);
  }

  static void set_mode(const fs::path &path, mode_t mode) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0) << path;
  }
  static void give_to(const fs::path &path, uid_t user) {
    ASSERT_EQ(::chown(path.c_str(), user, static_cast<gid_t>(-1)), 0)
        << path << ": these tests are root's";
  }
  /// Why the plugin at the path is refused, without the path; "" where it is loaded and serves.
  static std::string refusal(const fs::path &path) {
    Host host({});
    try {
      host.load(path);
    } catch (const LoadError &error) {
      EXPECT_EQ(error.failure(), LoadFailure::not_trusted) << error.what();
      EXPECT_EQ(sdk_test::mappings_of(fs::canonical(path)), 0U);
      EXPECT_TRUE(host.plugins().empty());
      const std::string what = error.what();
      const std::string prefix = path.string() + ": ";
      return what.starts_with(prefix) ? what.substr(prefix.size()) : "another path: " + what;
    }
    EXPECT_EQ(sdk_test::call(host, "ExampleC.Echo", "[1]").result_json, "[1]");
    return "";
  }
  [[nodiscard]] std::string of_folder(const std::string &what) const {
    return "the folder " + folder_.string() + " " + what;
  }

  TemporaryFolder above_;
  fs::path folder_ = above_.path() / "plugins";
  fs::path file_ = folder_ / "plugin.so";
};

struct Mode {
  mode_t mode;
  std::string refusal;
};

TEST_F(Trust, IsForAFileThatItsOwnerAloneMayWriteTo) {
  const Mode rows[] = {
      {0755, ""},
      {0500, ""},
      {0775, "may be written to by its group (mode 0775), expected its owner alone: chmod go-w"},
      {0620, "may be written to by its group (mode 0620), expected its owner alone: chmod go-w"},
      {0757, "may be written to by everyone (mode 0757), expected its owner alone: chmod go-w"},
      {0777, "may be written to by everyone (mode 0777), expected its owner alone: chmod go-w"},
  };
  for (const Mode &row : rows) {
    set_mode(file_, row.mode);
    EXPECT_EQ(refusal(file_), row.refusal);
  }
}

TEST_F(Trust, IsForAFolderThatItsOwnerAloneMayWriteTo) {
  const Mode rows[] = {
      {0700, ""},
      {01755, ""},
      {0775, "may be written to by its group (mode 0775), expected its owner alone: chmod go-w"},
      {0757, "may be written to by everyone (mode 0757), expected its owner alone: chmod go-w"},
      {01777, "may be written to by everyone (mode 1777, and sticky does not help), expected its "
              "owner alone: chmod go-w"},
      {01775, "may be written to by its group (mode 1775, and sticky does not help), expected its "
              "owner alone: chmod go-w"},
  };
  for (const Mode &row : rows) {
    set_mode(folder_, row.mode);
    EXPECT_EQ(refusal(file_), row.refusal.empty() ? "" : of_folder(row.refusal));
  }
}

TEST_F(Trust, IsForWhatIsRootsOrOurs) {
  give_to(file_, kSomeone);
  EXPECT_EQ(refusal(file_), "belongs to user 12345, expected root");
  give_to(file_, 0);
  give_to(folder_, kSomeone);
  EXPECT_EQ(refusal(file_), of_folder("belongs to user 12345, expected root"));
}

/// This process as another user, as long as it lives.
class AsUser {
public:
  explicit AsUser(uid_t user) { EXPECT_EQ(::seteuid(user), 0) << "these tests are root's"; }
  ~AsUser() { EXPECT_EQ(::seteuid(0), 0); }
  AsUser(const AsUser &) = delete;
  AsUser &operator=(const AsUser &) = delete;
};

TEST_F(Trust, OfAnotherUsersProcessIsForWhatIsRootsOrThatUsers) {
  set_mode(above_.path(), 0755);
  for (const auto &[of_file, of_folder_itself] :
       {std::pair<uid_t, uid_t>{0, 0}, {kSomeone, 0}, {0, kSomeone}, {kSomeone, kSomeone}}) {
    give_to(file_, of_file);
    give_to(folder_, of_folder_itself);
    const AsUser someone(kSomeone);
    EXPECT_EQ(refusal(file_), "") << of_file << ' ' << of_folder_itself;
  }
  give_to(file_, kSomeone + 1);
  const AsUser someone(kSomeone);
  EXPECT_EQ(refusal(file_), "belongs to user 12346, expected root or this process's user 12345");
}

TEST_F(Trust, LooksBehindLinks) {
  const fs::path elsewhere = above_.path() / "elsewhere";
  fs::create_directory(elsewhere);
  fs::create_symlink(file_, elsewhere / "link.so");
  fs::create_symlink(elsewhere / "link.so", elsewhere / "second.so");
  for (const char *name : {"link.so", "second.so"})
    EXPECT_EQ(refusal(elsewhere / name), "");

  set_mode(file_, 0666);
  for (const char *name : {"link.so", "second.so"})
    EXPECT_EQ(refusal(elsewhere / name),
              "leads to " + file_.string() +
                  ", which may be written to by everyone (mode 0666), expected its owner alone: "
                  "chmod go-w");
  set_mode(file_, 0644);
  set_mode(folder_, 0777);
  EXPECT_EQ(refusal(elsewhere / "link.so"),
            of_folder("may be written to by everyone (mode 0777), expected its owner alone: chmod "
                      "go-w"));
}

TEST_F(Trust, IsNotForAFolderWhereOthersMayPutALink) {
  const fs::path elsewhere = above_.path() / "elsewhere";
  fs::create_directory(elsewhere);
  fs::create_symlink(file_, elsewhere / "link.so");
  set_mode(elsewhere, 01777);
  EXPECT_EQ(refusal(elsewhere / "link.so"),
            "the folder " + elsewhere.string() +
                " may be written to by everyone (mode 1777, and sticky does not help), expected "
                "its owner alone: chmod go-w");
}

TEST_F(Trust, DoesNotAskWhoseTheFoldersAboveAre) {
  give_to(above_.path(), kSomeone);
  set_mode(above_.path(), 0777);
  EXPECT_EQ(refusal(file_), "");
  give_to(above_.path(), 0);
}

TEST_F(Trust, IsAskedForAtAReloadToo) {
  Host host({});
  host.load(file_);
  sdk_test::replace(file_, sdk_test::plugin("example_c"));
  set_mode(file_, 0666);

  EXPECT_THROW(static_cast<void>(host.reload("example_c", std::chrono::seconds(90))), LoadError);

  EXPECT_EQ(sdk_test::call(host, "ExampleC.Echo", "[1]").result_json, "[1]");
}

TEST_F(Trust, EndsTheLoadOfAFolderThatOthersMayWriteTo) {
  set_mode(folder_, 0777);
  Host host({});
  EXPECT_THROW(host.load_directory(folder_), LoadError);
  EXPECT_TRUE(host.plugins().empty());
}

TEST_F(Trust, IsGoneWhereTheFileIsReplacedMeanwhile) {
  const mistify::detail::TrustedFile trusted(file_);
  EXPECT_NO_THROW(trusted.require_unchanged());
  sdk_test::replace(file_, sdk_test::plugin("example_c"));
  try {
    trusted.require_unchanged();
    ADD_FAILURE() << "another file has its place";
  } catch (const LoadError &error) {
    EXPECT_EQ(error.failure(), LoadFailure::not_trusted);
    EXPECT_EQ(error.what(), file_.string() + ": was replaced while it was being loaded");
  }
}

TEST_F(Trust, LeavesNoDescriptorWhateverItSays) {
  const std::size_t before = sdk_test::open_descriptors();
  EXPECT_EQ(refusal(file_), "");
  set_mode(file_, 0666);
  EXPECT_NE(refusal(file_), "");
  set_mode(folder_, 0777);
  EXPECT_NE(refusal(file_), "");
  EXPECT_EQ(sdk_test::open_descriptors(), before);
}

} // namespace
