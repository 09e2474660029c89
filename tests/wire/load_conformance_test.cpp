// SPDX-License-Identifier: Apache-2.0
//
// Every case of LoadImage that was measured on the original, with what is right where it was wrong.
#include "image_fixture.hpp"
#include "pattern.hpp"

namespace wire {
namespace {

using mdocker::image::test::Codec;
using mdocker::image::test::compressed;

constexpr const char *kManifestId = "6d6f636b-1111-4111-8111-111111111111";
constexpr const char *kLegacyId = "6d6f636b-2222-4222-8222-222222222222";
constexpr const char *kGzipId = "6d6f636b-3333-4333-8333-333333333333";
constexpr const char *kTwoTagsId = "6d6f636b-4444-4444-8444-444444444444";
constexpr const char *kNoNamesId = "6d6f636b-5555-4555-8555-555555555555";
constexpr const char *kShortId = "6d6f636b-6666-4666-8666-666666666666";
constexpr const char *kTextId = "6d6f636b-7777-4777-8777-777777777777";
constexpr const char *kBadGzipId = "6d6f636b-8888-4888-8888-888888888888";
constexpr const char *kEmptyId = "6d6f636b-9999-4999-8999-999999999999";
constexpr const char *kXzId = "6d6f636b-aaaa-4aaa-8aaa-aaaaaaaaaaaa";
constexpr const char *kCutId = "6d6f636b-bbbb-4bbb-8bbb-bbbbbbbbbbbb";
constexpr const char *kCutGzipId = "6d6f636b-cccc-4ccc-8ccc-cccccccccccc";
constexpr const char *kBrokenId = "6d6f636b-dddd-4ddd-8ddd-dddddddddddd";

struct Row {
  const char *name;
  std::string params;
  const char *error; ///< A pattern; empty where it succeeds, with the id as it was given.
};

class LoadConformance : public Images {
protected:
  void serve_all() {
    const ImageParts legacy("legacy");
    const std::string plain = legacy_archive(legacy);
    const std::string hash = legacy.layer_digest.substr(7);
    service_.serve(kManifestId, docker_archive(ImageParts("manifest")));
    service_.serve(kLegacyId, plain);
    service_.serve(kGzipId, compressed(Codec::gzip, plain));
    service_.serve(kTwoTagsId, legacy_archive(legacy, R"({"a":{"x":")" + hash + R"("},"b":{"y":")" +
                                                          std::string(64, '1') + "\"}}"));
    service_.serve(kNoNamesId, Tar().file("layer.tar", legacy.layer).done());
    service_.serve(kShortId, std::string(100, 'x'));
    service_.serve(kTextId, std::string(4'096, 't'));
    service_.serve(kBadGzipId, "\x1f\x8b" + std::string(2'000, 'x'));
    service_.serve(kEmptyId, "");
    service_.serve(kXzId, compressed(Codec::xz, plain));
    service_.serve(kCutId, plain.substr(0, plain.size() / 2));
    const std::string zipped = compressed(Codec::gzip, plain);
    service_.serve(kCutGzipId, zipped.substr(0, zipped.size() / 2));
    service_.answer(kBrokenId, Reply().send("HTTP/1.1 500 Broken\r\n\r\n").close());
  }
};

TEST_F(LoadConformance, CallsAreAnsweredAsTheOriginalDid) {
  serve_all();
  const std::string loop = kLoopImage;
  const Row rows[] = {
      {"load: {}", "{}", "^missing id$"},
      {"load: id empty", by_id(""), "^missing id$"},
      {"load: unknown (404)", by_id(kUuid),
       "^unexpected http response code: expected 200, received 404, url: http://.*/download$"},
      {"load: unknown, no UUID", by_id("asdf"), "^invalid id"},
      {"load: image service 500", by_id(kBrokenId),
       "^unexpected http response code: expected 200, received 500, url: http://.*/download$"},
      {"load: existing non-uuid image (no download)", by_id(loop), ""},
      {"load: archive with manifest.json", by_id(kManifestId), ""},
      {"load: legacy archive", by_id(kLegacyId), ""},
      {"load: legacy archive, already there", by_id(kLegacyId), ""},
      {"load: gzip, upper-case id (invalid docker repo)", by_id("gzipID"), "^invalid id"},
      {"load: gzip, legacy", by_id(kGzipId), ""},
      {"load: legacy archive, two tags", by_id(kTwoTagsId), "more than one"},
      {"load: legacy archive, no repositories file", by_id(kNoNamesId), "."},
      {"load: 100 bytes (peek 512 fails)", by_id(kShortId), "no archive"},
      {"load: 4 KiB of text", by_id(kTextId), "no archive"},
      {"load: legacy, truncated body", by_id(kCutId), "cut short"},
      {"load: bad gzip header", by_id(kBadGzipId), "gzip"},
      {"load: empty body", by_id(kEmptyId), "empty"},
      {"load: xz", by_id(kXzId), ""},
      {"load: gzip truncated", by_id(kCutGzipId), "cut short"},
      {"load: id with path", by_id("../images/x"), "^invalid id"},
  };
  for (const Row &row : rows) {
    SCOPED_TRACE(row.name);
    const RpcAnswer answer = host().call("MDocker.LoadImage", row.params);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.content_type, "application/json; charset=utf-8");
    if (*row.error != '\0') {
      EXPECT_EQ(answer.result, "null");
      EXPECT_TRUE(contains(answer.error, row.error)) << answer.error;
      continue;
    }
    EXPECT_EQ(answer.error, "");
    EXPECT_TRUE(matches(answer.result, R"(\{"images":\[\{"id":)" + at(row.params, {"id"}) +
                                           R"(,"type":"container","size":[0-9]+\}\]\})"))
        << answer.result;
  }
}

TEST_F(LoadConformance, AFieldOfTheWrongTypeIsRefused) {
  for (const char *params : {R"({"id":7})", R"({"id":["x"]})", R"({"id":"x","type":1})"}) {
    const RpcAnswer answer = host().call("MDocker.LoadImage", params);
    EXPECT_EQ(answer.status, 400) << params;
    EXPECT_EQ(answer.content_type, "text/plain; charset=utf-8");
  }
}

} // namespace
} // namespace wire
