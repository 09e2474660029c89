// SPDX-License-Identifier: Apache-2.0
#include "image/checksum.hpp"

#include "archives.hpp"
#include "image/structured_field.hpp"
#include "image/uuid.hpp"

namespace mdocker::image::test {
namespace {

// Of "abc".
constexpr std::string_view kSha256 = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
constexpr std::string_view kSha256Hex =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view kSha512 =
    "3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==";

// The error's text, "" where the bytes are good.
std::string checked(const ChecksumFields &fields, std::string_view bytes = "abc") {
  try {
    Checksum checksum(fields);
    for (const char c : bytes)
      checksum.update({&c, 1});
    checksum.check();
    return {};
  } catch (const Error &error) {
    EXPECT_EQ(error.phase(), "check");
    return error.what();
  }
}
std::string content_digest(const std::string &text, std::string_view bytes = "abc") {
  return checked({.content_digest = text, .digest = {}, .x_checksum_sha256 = {}}, bytes);
}
std::string digest(const std::string &text, std::string_view bytes = "abc") {
  return checked({.content_digest = {}, .digest = text, .x_checksum_sha256 = {}}, bytes);
}
std::string hexadecimal(const std::string &text, std::string_view bytes = "abc") {
  return checked({.content_digest = {}, .digest = {}, .x_checksum_sha256 = text}, bytes);
}
const std::string k256 = "sha-256=:" + std::string(kSha256) + ":";
const std::string k512 = "sha-512=:" + std::string(kSha512) + ":";

TEST(Checksum, OfNoFieldChecksNothing) {
  EXPECT_FALSE(Checksum({}).any());
  EXPECT_EQ(checked({}), "");
}
const std::string kBoth = k256 + ", " + k512;

TEST(Checksum, OfContentDigestIsChecked) {
  for (const std::string &text : {k256, k512, kBoth, "  " + k256 + "  ", "md5=:AAAA:, " + k256,
                                  "a;x=1;y, b=?1, c=\"q\\\"\", d=1.5, e=tok, " + k256 + ";p=:AAAA:",
                                  "sha-256=:AAAA:, " + k256}) { // the last of one key counts
    EXPECT_EQ(content_digest(text), "") << text;
    EXPECT_NE(content_digest(text, "abd").find("are not those that Content-Digest says"),
              std::string::npos)
        << text;
  }
}
TEST(Checksum, OfAnUnknownAlgorithmCountsForNothing) {
  EXPECT_EQ(content_digest("md5=:AAAA:"), "");
  EXPECT_EQ(digest("md5=AAAA, crc32c=xx"), "");
}
TEST(Checksum, MalformedContentDigestIsRefused) {
  for (const std::string &text :
       {"sha-256=:" + std::string(kSha256), std::string("sha-256=:AAAA:"), k256 + ",", k256 + " x",
        std::string("Sha-256=:AAAA:"), std::string("sha-256=:A*==:"), std::string("=:AAAA:"),
        std::string("a=\"x"), std::string("a=?2"), std::string("a;"), std::string("a=")})
    EXPECT_NE(content_digest(text).find("malformed Content-Digest"), std::string::npos) << text;
}
TEST(Checksum, OfDigestIsChecked) {
  for (const std::string &text :
       {"sha-256=" + std::string(kSha256), "SHA-256=" + std::string(kSha256),
        "md5=x, ,sha-256=" + std::string(kSha256), "sha-512=" + std::string(kSha512)}) {
    EXPECT_EQ(digest(text), "") << text;
    EXPECT_NE(digest(text, "abd").find("are not those that Digest says"), std::string::npos)
        << text;
  }
  for (const std::string text : {"sha-256", "sha-256=x", "sha-256=AAAA"})
    EXPECT_NE(digest(text).find("malformed Digest"), std::string::npos) << text;
}
TEST(Checksum, OfXChecksumIsChecked) {
  const std::string text(kSha256Hex);
  EXPECT_EQ(hexadecimal(text), "");
  EXPECT_EQ(hexadecimal(" BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD "), "");
  EXPECT_NE(hexadecimal(text, "").find("are not those that X-Checksum-Sha256 says"),
            std::string::npos);
  for (const std::string &bad : {text.substr(1), text + "00", "x" + text.substr(1), text + "0"})
    EXPECT_NE(hexadecimal(bad).find("malformed X-Checksum-Sha256"), std::string::npos) << bad;
}
TEST(Checksum, FieldsThatContradictEachOtherAreRefused) {
  EXPECT_EQ(checked({k256, "sha-256=" + std::string(kSha256), kSha256Hex}), "");
  const std::string other = "00" + std::string(kSha256Hex.substr(2));
  EXPECT_NE(checked({k256, {}, other}).find("contradict"), std::string::npos);
}

TEST(Base64, IsReadAsTheStandardHasIt) {
  EXPECT_EQ(from_base64(""), "");
  EXPECT_EQ(from_base64("YQ=="), "a");
  EXPECT_EQ(from_base64("YWI="), "ab");
  EXPECT_EQ(from_base64("YWJj"), "abc");
  for (const std::string_view bad :
       {"Y", "YQ", "YQ=", "YR==", "YWJ=", "====", "Y===", "YQ==YQ==", "Y Q="})
    EXPECT_EQ(from_base64(bad), std::nullopt) << bad;
}

TEST(Uuid, IsReadInAnyCaseAndLowered) {
  EXPECT_EQ(parse_uuid("0123ABCD-4567-489a-8BCD-EF0123456789"), kId);
  for (const std::string text :
       {"", "0123abcd-4567-489a-8bcd-ef012345678", "0123abcd-4567-489a-8bcd-ef01234567890",
        "0123abcd4567489a8bcdef0123456789", "g123abcd-4567-489a-8bcd-ef0123456789",
        "0123abcd_4567-489a-8bcd-ef0123456789", "0123abcd-4567-489a-8bcd-ef012345678/",
        "{123abcd-4567-489a-8bcd-ef012345678}"})
    EXPECT_EQ(parse_uuid(text), std::nullopt) << text;
}

} // namespace
} // namespace mdocker::image::test
