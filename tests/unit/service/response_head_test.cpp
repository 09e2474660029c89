// SPDX-License-Identifier: Apache-2.0
//
// What is read of the head of the image service's answer, whoever wrote it.
#include <error.hpp>
#include <image/response_head.hpp>

#include <gmock/gmock.h>

#include <initializer_list>

namespace mdocker::image {
namespace {

using testing::HasSubstr;

constexpr const char *kOk = "HTTP/1.1 200 OK\r\n";
constexpr const char *kEnd = "\r\n";

/// Reads these lines; the number of the one at which the head that counts was complete, 0 for none.
std::size_t read(ResponseHead &head, std::initializer_list<std::string_view> lines) {
  std::size_t number = 0;
  for (const std::string_view line : lines) {
    ++number;
    if (head.line(line))
      return number;
  }
  return 0;
}

ResponseHead head_of(std::initializer_list<std::string_view> lines) {
  ResponseHead head;
  EXPECT_EQ(read(head, lines), lines.size());
  return head;
}

TEST(ResponseHead, SaysStatusAndLength) {
  const ResponseHead head = head_of({kOk, "Content-Length: 42\r\n", kEnd});

  EXPECT_EQ(head.status(), 200U);
  EXPECT_EQ(head.length(), 42U);
  EXPECT_FALSE(head.redirects());
  EXPECT_FALSE(head.checksum().any());
}

TEST(ResponseHead, IsReadHoweverItsLinesAreWritten) {
  const ResponseHead head =
      head_of({"HTTP/1.0 200\n", "cOnTeNt-lEnGtH:\t 42 \t\n", "X:\r\n", "\n"});

  EXPECT_EQ(head.status(), 200U);
  EXPECT_EQ(head.length(), 42U);
}

TEST(ResponseHead, HasNoLengthWhereNoneIsSaid) {
  EXPECT_EQ(head_of({kOk, kEnd}).length(), std::nullopt);
}

TEST(ResponseHead, HasNoLengthWhereItsBodyIsChunked) {
  EXPECT_EQ(
      head_of({kOk, "Content-Length: 42\r\n", "Transfer-Encoding: chunked\r\n", kEnd}).length(),
      std::nullopt);
}

// As before RFC 7230, where it meant no coding at all: some services still say it.
TEST(ResponseHead, KeepsItsLengthWhereTheTransferEncodingIsIdentity) {
  for (const char *field : {"Transfer-Encoding: identity\r\n", "transfer-encoding: Identity\r\n",
                            "Transfer-Encoding: identity , identity\r\n", "Transfer-Encoding:\r\n"})
    EXPECT_EQ(head_of({kOk, "Content-Length: 42\r\n", field, kEnd}).length(), 42U) << field;
}

// Of what comes out of another coding the length says nothing.
TEST(ResponseHead, HasNoLengthWhereItsBodyIsCodedInAnyOtherWay) {
  for (const char *field :
       {"Transfer-Encoding: Chunked\r\n", "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: identity, chunked\r\n",
        "Transfer-Encoding: chunked,identity\r\n", "Transfer-Encoding: identity;q=1\r\n",
        "Transfer-Encoding: identityx\r\n", "Transfer-Encoding: \"identity\"\r\n"})
    EXPECT_EQ(head_of({kOk, "Content-Length: 42\r\n", field, kEnd}).length(), std::nullopt)
        << field;
  EXPECT_EQ(head_of({kOk, "Content-Length: 42\r\n", "Transfer-Encoding: identity\r\n",
                     "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: identity\r\n", kEnd})
                .length(),
            std::nullopt);
}

TEST(ResponseHead, IsNotCompleteBeforeItsEmptyLine) {
  ResponseHead head;
  EXPECT_EQ(read(head, {kOk, "Content-Length: 42\r\n", "X-Checksum-Sha256: 12"}), 0U);
}

TEST(ResponseHead, OfAnInterimAnswerCountsForNothing) {
  ResponseHead head;

  EXPECT_EQ(read(head, {"HTTP/1.1 100 Continue\r\n", "Content-Length: 1\r\n",
                        "Location: http://other.example/\r\n", "X-Checksum-Sha256: 12\r\n", kEnd,
                        "HTTP/1.1 103 Early Hints\r\n", kEnd, kOk, kEnd}),
            9U);

  EXPECT_EQ(head.status(), 200U);
  EXPECT_EQ(head.length(), std::nullopt);
  EXPECT_EQ(head.location(), "");
  EXPECT_FALSE(head.checksum().any());
}

TEST(ResponseHead, OfNoStatusIsNeverComplete) {
  for (const std::string_view line : {"HTTP/1.1\r\n", "HTTP/1.1 OK\r\n", "HTTP/\r\n"}) {
    ResponseHead head;
    EXPECT_EQ(read(head, {line, kEnd}), 0U) << line;
    EXPECT_EQ(head.status(), 0U) << line;
  }
}

TEST(ResponseHead, LeavesAloneWhatIsNoField) {
  const ResponseHead head = head_of({kOk, "Content-Length\r\n", ": 5\r\n", "Content-Length : 6\r\n",
                                     " Content-Length: 7\r\n", "X-Content-Length: 8\r\n",
                                     "Content-Lengths: 9\r\n", kEnd});

  EXPECT_EQ(head.length(), std::nullopt);
}

TEST(ResponseHead, TakesOneLengthSaidTwice) {
  EXPECT_EQ(head_of({kOk, "Content-Length: 42\r\n", "content-length: 42\r\n", kEnd}).length(), 42U);
}

TEST(ResponseHead, TakesTheLargestLength) {
  EXPECT_EQ(head_of({kOk, "Content-Length: 18446744073709551615\r\n", kEnd}).length(), UINT64_MAX);
}

class BadLength : public testing::TestWithParam<const char *> {};

TEST_P(BadLength, IsRefused) {
  ResponseHead head;
  read(head, {kOk, "Content-Length: 7\r\n"});
  try {
    head.line("Content-Length: " + std::string(GetParam()) + "\r\n");
    FAIL() << "taken for " << *head.length();
  } catch (const Error &error) {
    EXPECT_EQ(error.kind(), Kind::unavailable);
    EXPECT_EQ(error.phase(), "download");
    EXPECT_THAT(error.what(), HasSubstr("says a Content-Length that is no number of bytes: \""));
    EXPECT_LT(std::string_view(error.what()).size(), 400U);
  }
}

const std::string kMany(10'000, '9');

INSTANTIATE_TEST_SUITE_P(Values, BadLength,
                         testing::Values("", "-1", "+7", "7.0", "7 7", "7,7", "0x7", "7\xff", "1e3",
                                         "18446744073709551616", kMany.c_str(),
                                         "8", // another than the one before
                                         "07 bytes", "\"7\""));

TEST(ResponseHead, RedirectsWhereItSaysWhereTo) {
  for (const char *status : {"301", "302", "303", "307", "308"}) {
    const std::string line = "HTTP/1.1 " + std::string(status) + " Moved\r\n";
    const ResponseHead head = head_of({line, "location:  /a b \r\n", kEnd});
    EXPECT_TRUE(head.redirects()) << status;
    EXPECT_EQ(head.location(), "/a b") << status;

    EXPECT_FALSE(head_of({line, "Location: \t\r\n", kEnd}).redirects()) << status;
    EXPECT_FALSE(head_of({line, kEnd}).redirects()) << status;
  }
}

TEST(ResponseHead, OfNoRedirectHasALocationThatNobodyFollows) {
  for (const char *status : {"200", "201", "300", "304", "305", "404", "3020"}) {
    const std::string line = "HTTP/1.1 " + std::string(status) + " X\r\n";
    EXPECT_FALSE(head_of({line, "Location: /a\r\n", kEnd}).redirects()) << status;
  }
}

TEST(ResponseHead, HasTheChecksumOfEachOfItsFields) {
  constexpr const char *kHex =
      "X-Checksum-Sha256: "
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\r\n";
  constexpr const char *kDigest =
      "digest: sha-256=ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=\r\n";
  constexpr const char *kContentDigest =
      "CONTENT-DIGEST: sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:\r\n";
  for (const char *field : {kHex, kDigest, kContentDigest}) {
    Checksum good = head_of({kOk, field, kEnd}).checksum();
    good.update("abc");
    EXPECT_NO_THROW(good.check()) << field;

    Checksum bad = head_of({kOk, field, kEnd}).checksum();
    bad.update("abd");
    EXPECT_THROW(bad.check(), Error) << field;
  }
}

TEST(ResponseHead, JoinsFieldsOfOneNameAsHttpDoes) {
  Checksum checksum =
      head_of({kOk, "Digest: md5=AAAA\r\n",
               "Digest: sha-256=ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=\r\n", kEnd})
          .checksum();
  checksum.update("abd");
  EXPECT_THROW(checksum.check(), Error) << "only the first of them counts";
}

TEST(ResponseHead, WithChecksumsThatContradictEachOtherIsRefused) {
  const ResponseHead twice =
      head_of({kOk,
               "X-Checksum-Sha256: " // two of them are no checksum
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\r\n",
               "X-Checksum-Sha256: "
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\r\n",
               kEnd});
  EXPECT_THROW(static_cast<void>(twice.checksum()), Error);

  const ResponseHead contradicting =
      head_of({kOk,
               "X-Checksum-Sha256: "
               "ca7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\r\n",
               "Digest: sha-256=ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=\r\n", kEnd});
  EXPECT_THROW(static_cast<void>(contradicting.checksum()), Error);
}

TEST(ResponseHead, OfAChecksumThatIsCutIsRefused) {
  for (const char *field : {"Content-Digest: sha-256=:ungWv48B", "Digest: sha-256=ungWv48B",
                            "X-Checksum-Sha256: ba7816bf", "Digest: sha-256"}) {
    const ResponseHead head = head_of({kOk, field, kEnd});
    EXPECT_THROW(static_cast<void>(head.checksum()), Error) << field;
  }
}

} // namespace
} // namespace mdocker::image
