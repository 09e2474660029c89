// SPDX-License-Identifier: Apache-2.0
//
// Where the image service sends us, and where we do not go.
#include <error.hpp>
#include <image/redirect.hpp>

#include <gmock/gmock.h>

namespace mdocker::image {
namespace {

using testing::HasSubstr;

const std::string kPath = "/v1/images/x/download";

Target target(const std::string &scheme, const std::string &host, std::uint16_t port) {
  return {.scheme = scheme, .host = host, .port = port, .path = "/v1"};
}

struct Followed {
  Target from;
  std::string location;
  std::string to; ///< The URL that is asked next; the path that the service has is in it already.
};
void PrintTo(const Followed &row, std::ostream *out) {
  *out << row.from.base_url() << " -> " << row.location;
}

class Redirect : public testing::TestWithParam<Followed> {};

TEST_P(Redirect, IsFollowed) {
  Target to = GetParam().from;

  const std::string path = follow_redirect(to, kPath, GetParam().location);

  to.path.clear();
  EXPECT_EQ(to.base_url() + path, GetParam().to);
}

const Target kHttp = target("http", "images.example", 80);
const Target kHttps = target("https", "images.example", 443);
const Target kPort = target("http", "images.example", 8080);
const Target kV4 = target("http", "192.0.2.1", 8080);
const Target kV6 = target("http", "::1", 8080);

INSTANTIATE_TEST_SUITE_P(
    ToThePath, Redirect,
    testing::Values(Followed{kHttp, "/a", "http://images.example/a"},
                    Followed{kPort, "/a", "http://images.example:8080/a"},
                    Followed{kHttp, "a", "http://images.example/v1/images/x/a"},
                    Followed{kHttp, "../a", "http://images.example/v1/images/a"},
                    Followed{kHttp, "../../../../../../a", "http://images.example/a"},
                    Followed{kHttp, "?q=1", "http://images.example/v1/images/x/download?q=1"},
                    Followed{kHttp, "/a?q=1&r=/../b", "http://images.example/a?q=1&r=/../b"},
                    Followed{kHttp, "/a#fragment", "http://images.example/a"},
                    Followed{kHttp, "/a b?c d", "http://images.example/a%20b?c+d"},
                    Followed{kHttp, "/%2e%2e/%00", "http://images.example/%2e%2e/%00"}));

INSTANTIATE_TEST_SUITE_P(
    ToTheSameHost, Redirect,
    testing::Values(
        Followed{kHttp, "http://images.example/a", "http://images.example/a"},
        Followed{kHttp, "http://IMAGES.example/a", "http://images.example/a"},
        Followed{kHttp, "//images.example/a", "http://images.example/a"},
        Followed{kHttp, "http://images.example", "http://images.example/"},
        Followed{kHttp, "http://images.example:8080/a", "http://images.example:8080/a"},
        Followed{kPort, "http://images.example/a", "http://images.example/a"},
        Followed{kHttp, "https://images.example/a", "https://images.example/a"},
        Followed{kHttp, "https://images.example:8443/a", "https://images.example:8443/a"},
        Followed{kHttps, "/a", "https://images.example/a"},
        Followed{kHttps, "//images.example:8443/a", "https://images.example:8443/a"},
        Followed{kHttp, "http://user:secret@images.example/a", "http://images.example/a"},
        Followed{kV4, "http://192.0.2.1/a", "http://192.0.2.1/a"},
        Followed{kV4, "/a", "http://192.0.2.1:8080/a"}, Followed{kV6, "/a", "http://[::1]:8080/a"},
        Followed{kV6, "http://[::1]:81/a", "http://[::1]:81/a"},
        // However an address is written, it is the same.
        Followed{target("http", "0:0:0:0:0:0:0:1", 80), "/a", "http://[0:0:0:0:0:0:0:1]/a"},
        Followed{target("http", "2001:DB8::1", 80), "/a", "http://[2001:DB8::1]/a"},
        Followed{target("http", "2001:DB8::1", 80), "http://[2001:db8:0::1]/a",
                 "http://[2001:DB8::1]/a"}));

struct RefusedRedirect {
  Target from;
  std::string location;
  std::string why;
};
void PrintTo(const RefusedRedirect &row, std::ostream *out) {
  *out << row.from.base_url() << " -> " << row.location;
}

class NoRedirect : public testing::TestWithParam<RefusedRedirect> {};

TEST_P(NoRedirect, IsFollowedAnywhereElse) {
  Target to = GetParam().from;
  try {
    const std::string path = follow_redirect(to, kPath, GetParam().location);
    FAIL() << "followed to " << to.base_url() << ", path " << path;
  } catch (const Error &error) {
    EXPECT_EQ(error.kind(), Kind::unavailable);
    EXPECT_EQ(error.phase(), "download");
    EXPECT_FALSE(error.retryable());
    EXPECT_THAT(error.what(),
                HasSubstr("cannot load the image: the image service redirects to \""));
    EXPECT_THAT(error.what(), HasSubstr(GetParam().why));
    EXPECT_EQ(std::string_view(error.what()).find_first_of("\r\n"), std::string_view::npos);
    EXPECT_LT(std::string_view(error.what()).size(), 400U);
  }
}

constexpr const char *kOtherHost = "that is another host than images.example";

INSTANTIATE_TEST_SUITE_P(
    Hosts, NoRedirect,
    testing::Values(RefusedRedirect{kHttp, "http://other.example/a", kOtherHost},
                    RefusedRedirect{kHttp, "//other.example/a", kOtherHost},
                    RefusedRedirect{kHttp, "http://images.example.other/a", kOtherHost},
                    RefusedRedirect{kHttp, "http://images.example@other.example/a", kOtherHost},
                    RefusedRedirect{kHttp, "http://192.0.2.1/a", kOtherHost},
                    RefusedRedirect{kV4, "http://192.0.2.2/a", "another host than 192.0.2.1"},
                    RefusedRedirect{kV4, "http://localhost/a", "another host than 192.0.2.1"},
                    RefusedRedirect{kV6, "http://[::2]/a", "another host than ::1"}));

INSTANTIATE_TEST_SUITE_P(
    Schemes, NoRedirect,
    testing::Values(RefusedRedirect{kHttp, "ftp://images.example/a", "expected http"},
                    RefusedRedirect{kHttp, "file:///etc/passwd", "expected http"},
                    RefusedRedirect{kHttp, "gopher://images.example/a", "expected"},
                    RefusedRedirect{kHttps, "http://images.example/a", "gives up TLS"},
                    RefusedRedirect{kHttps, "http://images.example:443/a", "gives up TLS"}));

INSTANTIATE_TEST_SUITE_P(
    NoUrls, NoRedirect,
    testing::Values(RefusedRedirect{kHttp, "http://", "that is no URL"},
                    RefusedRedirect{kHttp, "http://[::1", "that is no URL"},
                    RefusedRedirect{kHttp, "http://images.example:0/a", "the port is no number"},
                    RefusedRedirect{kHttp, "http://images.example:65536/a", "that is no URL"},
                    RefusedRedirect{kHttp, "http://images.example:port/a", "that is no URL"},
                    RefusedRedirect{kHttp, "http://images.example/\x01", "that is no URL"},
                    RefusedRedirect{kHttp, "/a\r\nX: y", "that is no URL"},
                    RefusedRedirect{kHttp, "http://images.example/a b", "that is no URL"},
                    RefusedRedirect{kHttp, "http://other.example/" + std::string(60'000, 'a'),
                                    "another host"}));

} // namespace
} // namespace mdocker::image
