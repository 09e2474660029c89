// SPDX-License-Identifier: Apache-2.0
//
// What is not the image's name goes through as it came.
#include "archives.hpp"

#include <archive.h>
#include <archive_entry.h>

namespace mdocker::image::test {
namespace {

struct Made {
  std::string name;
  std::string content;
  unsigned type = AE_IFREG;
  std::string link = {};
  bool xattr = false;
  std::int64_t mtime = 1'234'567'890;
};

// A tar of any of libarchive's formats.
std::string made(int format, const std::vector<Made> &entries) {
  const Utf8 locale;
  archive *out = archive_write_new();
  archive_write_set_format(out, format);
  std::string result;
  write_into(out, result);
  for (const Made &from : entries) {
    archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, from.name.c_str());
    archive_entry_set_filetype(entry, from.type);
    archive_entry_set_perm(entry, 0640);
    const bool odd = from.mtime % 1'000 == 0; // has parts of a second
    archive_entry_set_mtime(entry, from.mtime, odd ? 7 : 0);
    if (odd)
      archive_entry_set_atime(entry, from.mtime, 7);
    archive_entry_set_uid(entry, 1'000);
    archive_entry_set_gid(entry, 2'000);
    archive_entry_set_size(entry, static_cast<la_int64_t>(from.content.size()));
    if (from.type == AE_IFLNK)
      archive_entry_set_symlink(entry, from.link.c_str());
    else if (!from.link.empty())
      archive_entry_set_hardlink(entry, from.link.c_str());
    if (from.xattr)
      archive_entry_xattr_add_entry(entry, "user.note", "\x01\x00\xFF", 3);
    EXPECT_EQ(archive_write_header(out, entry), ARCHIVE_OK) << archive_error_string(out);
    archive_write_data(out, from.content.data(), from.content.size());
    archive_entry_free(entry);
  }
  EXPECT_EQ(archive_write_close(out), ARCHIVE_OK);
  archive_write_free(out);
  return result;
}

void expect_same(const Entry &a, const Entry &b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.type, b.type) << a.name;
  EXPECT_EQ(a.content, b.content) << a.name;
  EXPECT_EQ(a.link, b.link) << a.name;
  EXPECT_EQ(a.mode, b.mode) << a.name;
  EXPECT_EQ(a.mtime, b.mtime) << a.name;
  EXPECT_EQ(a.uid, b.uid) << a.name;
  EXPECT_EQ(a.gid, b.gid) << a.name;
  EXPECT_EQ(a.xattrs, b.xattrs) << a.name;
}

std::vector<Made> image() {
  return {{kHash, "", AE_IFDIR},
          {kHash + "/json", "{}"},
          {kHash + "/layer.tar", std::string(100'000, 'x')},
          {"repositories", R"({"a":{"b":")" + kHash + "\"}}"}};
}

class Format : public testing::TestWithParam<int> {};
TEST_P(Format, ComesOutWithAllThatItSays) {
  std::vector<Made> entries = image();
  entries.push_back({"link", "", AE_IFLNK, kHash + "/json"});
  entries.push_back({"hard", "", AE_IFREG, kHash + "/json"});
  const std::string in = made(GetParam(), entries);
  const Outcome outcome = run(in, 1'000);
  ASSERT_TRUE(outcome.result) << outcome.why();
  const std::vector<Entry> before = read_back(in);
  const std::vector<Entry> after = read_back(outcome.out);
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < before.size(); ++i)
    if (before[i].name != "repositories")
      expect_same(before[i], after[i]);
}
TEST_P(Format, KeepsLongNames) {
  if (GetParam() == ARCHIVE_FORMAT_TAR || GetParam() == ARCHIVE_FORMAT_TAR_USTAR)
    return; // have none
  std::vector<Made> entries = image();
  const std::string name = std::string(200, 'd') + "/" + std::string(200, 'n');
  entries.push_back({name, "content"});
  entries.push_back({"link", "", AE_IFLNK, name});
  entries.push_back({"n\xC3\xA9", "utf8", AE_IFREG, {}, GetParam() != ARCHIVE_FORMAT_TAR_GNUTAR});
  const std::string in = made(GetParam(), entries);
  const Outcome outcome = run(in, 1'000);
  ASSERT_TRUE(outcome.result) << outcome.why();
  const std::vector<Entry> before = read_back(in);
  const std::vector<Entry> after = read_back(outcome.out);
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 4; i < before.size(); ++i)
    expect_same(before[i], after[i]);
  EXPECT_EQ(after[5].link, name);
}
INSTANTIATE_TEST_SUITE_P(Table, Format,
                         testing::Values(ARCHIVE_FORMAT_TAR, ARCHIVE_FORMAT_TAR_USTAR,
                                         ARCHIVE_FORMAT_TAR_GNUTAR,
                                         ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE,
                                         ARCHIVE_FORMAT_TAR_PAX_RESTRICTED));

TEST(Headers, TimesOutOfTheOrdinaryBecomePlain) {
  std::vector<Made> entries = image();
  entries[0].mtime = -5'000;
  entries[1].mtime = (std::int64_t{1} << 40U) / 1'000 * 1'000;
  entries[2].mtime = 1'000;
  const Outcome outcome = run(made(ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE, entries));
  ASSERT_TRUE(outcome.result) << outcome.why();
  const std::vector<Entry> after = read_back(outcome.out);
  EXPECT_EQ(after[0].mtime, 0);
  EXPECT_EQ(after[1].mtime, 0);
  EXPECT_EQ(after[2].mtime, 1'000);
  EXPECT_EQ(outcome.out.find("time="), std::string::npos) << "no header tells of more";
}

TEST(Headers, OfV7AreRead) {
  Tar tar;
  const std::string magic;
  tar.add({.name = kHash + "/", .type = '\0', .magic = magic});
  tar.add({.name = kHash + "/json", .type = '\0', .magic = magic}, "{}");
  tar.add({.name = kHash + "/layer.tar", .type = '\0', .magic = magic}, "layer");
  tar.add({.name = "repositories", .type = '\0', .magic = magic},
          R"({"a":{"b":")" + kHash + "\"}}");
  const Outcome outcome = run(tar.done());
  ASSERT_TRUE(outcome.result) << outcome.why();
  const std::vector<Entry> entries = read_back(outcome.out);
  EXPECT_EQ(entries[0].type, unsigned{AE_IFDIR});
  EXPECT_EQ(content_of(entries, kHash + "/layer.tar"), "layer");
}

TEST(Headers, ComeOutByteForByteWhereTheyAreUstar) {
  Tar tar;
  tar.file(kHash + "/json", "{}").file(kHash + "/layer.tar", std::string(1'025, 'x'));
  const std::string layers = tar.open();
  tar.file("repositories", R"({"a":{"b":")" + kHash + "\"}}");
  const Outcome outcome = run(tar.done());
  ASSERT_TRUE(outcome.result) << outcome.why();
  // But for how writers fill numbers: the same bytes of content at the same places.
  ASSERT_GT(outcome.out.size(), layers.size());
  EXPECT_EQ(outcome.out.substr(1'536, 1'536), layers.substr(1'536, 1'536));
  EXPECT_EQ(outcome.out.size(), layers.size() + 1'024 + 1'024);
}

TEST(Headers, LayersOfAnySizeOfBlocksAreTheSame) {
  std::string layer;
  for (unsigned i = 0; layer.size() < 300'000; ++i)
    layer += std::to_string(i * 7'919);
  Tar tar;
  tar.file("repositories", R"({"a":{"b":")" + kHash + "\"}}");
  tar.file(kHash + "/json", "{}").file(kHash + "/layer.tar", layer);
  const std::string in = tar.done();
  const Outcome whole = run(in, in.size());
  ASSERT_TRUE(whole.result) << whole.why();
  EXPECT_EQ(content_of(read_back(whole.out), kHash + "/layer.tar"), layer);
  for (const std::size_t block : {std::size_t{1}, std::size_t{511}, std::size_t{512},
                                  std::size_t{513}, std::size_t{16'384}, std::size_t{65'537}})
    EXPECT_EQ(run(in, block).out, whole.out) << block;
}

TEST(Headers, ProgressIsTold) {
  Tar tar;
  tar.file("repositories", R"({"a":{"b":")" + kHash + "\"}}");
  tar.file(kHash + "/json", "{}").file(kHash + "/layer.tar", std::string(200'000, 'x'));
  Options options;
  Progress last;
  options.progress = [&](const Progress &progress) {
    EXPECT_GE(progress.in, last.in);
    EXPECT_GE(progress.out, last.out);
    last = progress;
  };
  const std::string in = tar.done();
  ASSERT_TRUE(run(in, 10'000, options).result);
  EXPECT_EQ(last.in, in.size());
  EXPECT_GT(last.out, 150'000U);
}

} // namespace
} // namespace mdocker::image::test
