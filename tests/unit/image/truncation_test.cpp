// SPDX-License-Identifier: Apache-2.0
//
// A small archive, cut at each of its bytes: never a success, never an end marker. And the limits,
// each met and passed by one.
#include "archives.hpp"

#include "image/digest.hpp"

#include <algorithm>

namespace mdocker::image::test {
namespace {

const std::string kNamed = R"({"a":{"b":")" + kHash + "\"}}";

std::string legacy() {
  Tar tar;
  tar.file(kHash + "/json", "{}").file("repositories", kNamed);
  return tar.file(kHash + "/layer.tar", std::string(700, 'x')).done();
}
std::string oci() {
  const OciImage image("1");
  Tar tar;
  tar.file("index.json", index_json(image.descriptor()));
  image.add_blobs(tar);
  return tar.done();
}

class Truncation : public testing::TestWithParam<Codec> {};
TEST_P(Truncation, AtEachByteIsRefusedWithoutAnEnd) {
  for (const std::string &plain : {legacy(), oci()}) {
    const std::string whole = compressed(GetParam(), plain);
    ASSERT_TRUE(run(whole).result);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const Outcome outcome = run(whole.substr(0, size));
      ASSERT_TRUE(outcome.error) << size << " of " << whole.size();
      ASSERT_FALSE(has_end_marker(outcome.out)) << size << " of " << whole.size();
      EXPECT_EQ(outcome.error->kind(), Kind::invalid);
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Table, Truncation,
                         testing::Values(Codec::none, Codec::gzip, Codec::zstd, Codec::xz,
                                         Codec::bzip2));

struct Gone {};

TEST(Ends, WhatTheSourceThrowsComesOutAndNoEnd) {
  struct Broken final : Source {
    std::string bytes = legacy();
    bool first = true;
    std::string_view read() override {
      if (!std::exchange(first, false))
        throw Error(Kind::unavailable, "the length is wrong").in_phase("download");
      return bytes;
    }
  } source;
  struct Collect final : Sink {
    std::string out;
    void write(std::string_view bytes) override { out += bytes; }
  } sink;
  Options options;
  options.id = kId;
  try {
    rewrite(source, sink, options);
    FAIL();
  } catch (const Error &error) {
    EXPECT_STREQ(error.what(), "the length is wrong");
    EXPECT_EQ(error.kind(), Kind::unavailable);
  }
  EXPECT_FALSE(has_end_marker(sink.out));
}

TEST(Ends, WhatTheSinkThrowsComesOutWhereverItIs) {
  const std::string in = legacy();
  const std::size_t all = run(in).out.size();
  for (std::size_t room = 0; room < all; room += 512) {
    struct Full final : Sink {
      std::size_t room = 0;
      bool thrown = false;
      void write(std::string_view bytes) override {
        EXPECT_FALSE(thrown) << "called after it threw";
        if (bytes.size() > room) {
          thrown = true;
          throw Gone();
        }
        room -= bytes.size();
      }
    } sink;
    struct Whole final : Source {
      std::string_view rest;
      std::string_view read() override { return std::exchange(rest, {}); }
    } source;
    sink.room = room;
    source.rest = in;
    Options options;
    options.id = kId;
    EXPECT_THROW(rewrite(source, sink, options), Gone) << room;
  }
}

TEST(Ends, TheEndMarkerIsTheLastCallOfTheSinkAndComesAfterTheSourcesEnd) {
  struct Whole final : Source {
    std::string bytes = legacy();
    unsigned calls = 0;
    bool ended = false;
    std::string_view read() override {
      ended = ++calls > 1;
      return ended ? std::string_view() : bytes;
    }
  } source;
  struct Watch final : Sink {
    explicit Watch(const Whole &from) : source(from) {}
    const Whole &source;
    std::string last;
    void write(std::string_view bytes) override {
      last = bytes;
      if (bytes == std::string(1'024, '\0')) {
        EXPECT_TRUE(source.ended);
      }
    }
  } sink(source);
  Options options;
  options.id = kId;
  rewrite(source, sink, options);
  EXPECT_EQ(sink.last, std::string(1'024, '\0'));
}

// Whether it passes with this limit and is refused with one less.
void expect_limit(const std::string &in, const std::function<void(Limits &, bool lower)> &set,
                  std::string_view words) {
  Options options;
  set(options.limits, false);
  const Outcome at_limit = run(in, 65'536, options);
  EXPECT_TRUE(at_limit.result) << at_limit.why();
  options.limits = {};
  set(options.limits, true);
  const Outcome beyond = run(in, 65'536, options);
  ASSERT_TRUE(beyond.error) << words;
  EXPECT_NE(beyond.why().find(words), std::string::npos) << beyond.why();
  EXPECT_FALSE(has_end_marker(beyond.out));
}

TEST(LimitOf, Entries) {
  expect_limit(
      legacy(), [](Limits &limits, bool lower) { limits.entries = lower ? 2 : 3; },
      "more than 2 entries");
}
TEST(LimitOf, OneName) {
  expect_limit(
      legacy(), [](Limits &limits, bool lower) { limits.name = 64 + 10 - (lower ? 1 : 0); },
      "above 73 bytes");
}
TEST(LimitOf, AllNames) {
  const std::size_t all = 64 + 5 + 12 + 64 + 10;
  expect_limit(
      legacy(), [=](Limits &limits, bool lower) { limits.names = all - (lower ? 1 : 0); },
      "names in the archive are longer");
}
TEST(LimitOf, OneFile) {
  expect_limit(
      legacy(), [](Limits &limits, bool lower) { limits.entry = lower ? 699 : 700; },
      "beyond 699 bytes");
}
TEST(LimitOf, AllFiles) {
  const std::size_t all = 2 + kNamed.size() + 700;
  expect_limit(
      legacy(), [=](Limits &limits, bool lower) { limits.unpacked = all - (lower ? 1 : 0); },
      "beyond");
}
TEST(LimitOf, ANamingFile) {
  expect_limit(
      legacy(),
      [](Limits &limits, bool lower) { limits.naming_file = kNamed.size() - (lower ? 1 : 0); },
      "repositories in the archive is larger than");
}
TEST(LimitOf, AManifest) {
  const OciImage image("1");
  const std::size_t largest = image.manifest.size();
  expect_limit(
      oci(), [=](Limits &limits, bool lower) { limits.json_blob = largest - (lower ? 1 : 0); },
      "lacks the manifest");
}
TEST(LimitOf, AllManifests) {
  expect_limit(
      oci(), [](Limits &limits, bool lower) { limits.manifests = lower ? 300 : 500; },
      "more manifests than can be kept");
}
TEST(LimitOf, Members) {
  Tar tar;
  tar.file(kHash + "/json", "{}").file(kHash + "/layer.tar", "x");
  tar.file("repositories",
           R"({"a":{"1":")" + kHash + R"(","2":")" + kHash + R"(","3":")" + kHash + "\"}}");
  expect_limit(
      tar.done(), [](Limits &limits, bool lower) { limits.members = lower ? 2 : 3; },
      "more than 2 members");
}
TEST(LimitOf, ZerosAfterTheEnd) {
  expect_limit(
      legacy() + std::string(10'240, '\0'),
      [](Limits &limits, bool lower) { limits.trailing_zeros = lower ? 10'239 : 10'240; },
      "too much follows");
}

TEST(LimitOf, AFileOf20MiBThatNamesAnImage) {
  const std::size_t most = Limits().naming_file;
  const auto padded = [](std::size_t size) {
    return kNamed + std::string(size - kNamed.size(), ' ');
  };
  Tar tar;
  tar.file(kHash + "/json", "{}").file(kHash + "/layer.tar", "x");
  Tar beyond = tar;
  EXPECT_TRUE(run(tar.file("repositories", padded(most)).done()).result);
  expect_refused(run(beyond.file("repositories", padded(most + 1)).done()), "rename",
                 "repositories in the archive is larger than 20971520 bytes");
}

TEST(LimitOf, TheHeadersOfOneEntry) {
  // Each pax header is below libarchive's own limit, and there are many.
  Tar tar;
  tar.file("repositories", kNamed);
  for (int i = 0; i < 16; ++i)
    tar.add({.name = "x", .type = 'x'}, "30008 comment=" + std::string(30'008 - 15, 'x') + "\n");
  const Outcome outcome = run(tar.file("x", "").done());
  ASSERT_TRUE(outcome.error);
  EXPECT_NE(outcome.why().find("header of an entry of the archive is too large"), std::string::npos)
      << outcome.why();
}

} // namespace
} // namespace mdocker::image::test
