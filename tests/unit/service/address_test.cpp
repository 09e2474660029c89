// SPDX-License-Identifier: Apache-2.0
#include <image/service_address.hpp>
#include <settings.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace mdocker::image {
namespace {

struct Read {
  const char *text;
  const char *scheme;
  const char *host;
  unsigned port;
  const char *path;
};

class GoodAddress : public testing::TestWithParam<Read> {};

TEST_P(GoodAddress, IsRead) {
  const ServiceAddress read = ServiceAddress::parse(GetParam().text);

  EXPECT_EQ(read.name, GetParam().text);
  EXPECT_EQ(read.scheme, GetParam().scheme);
  EXPECT_EQ(read.host, GetParam().host);
  EXPECT_EQ(read.port, GetParam().port);
  EXPECT_EQ(read.path, GetParam().path);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, GoodAddress,
    testing::Values(Read{"images", "http", "images", 0, ""},
                    Read{"images.service.lochness.local", "http", "images.service.lochness.local",
                         0, ""},
                    Read{"images.local.", "http", "images.local.", 0, ""},
                    Read{"images:8080", "http", "images", 8080, ""},
                    Read{"10.0.0.1", "http", "10.0.0.1", 0, ""},
                    Read{"10.0.0.1:81", "http", "10.0.0.1", 81, ""},
                    Read{"[::1]", "http", "::1", 0, ""},
                    Read{"[fe80::2]:81", "http", "fe80::2", 81, ""},
                    Read{"http://images", "http", "images", 80, ""},
                    Read{"https://images", "https", "images", 443, ""},
                    Read{"HTTPS://images/", "https", "images", 443, ""},
                    Read{"http://images:8080/", "http", "images", 8080, ""},
                    Read{"https://[::1]:8443/a/b/", "https", "::1", 8443, "/a/b"},
                    Read{"http://images/a%20b/~c;d=e", "http", "images", 80, "/a%20b/~c;d=e"}));

std::string refusal_of(const std::string &text) {
  try {
    ServiceAddress::parse(text);
  } catch (const std::invalid_argument &error) {
    return error.what();
  }
  return "accepted";
}

struct RefusedAddress {
  const char *text;
  const char *why;
};

class BadAddress : public testing::TestWithParam<RefusedAddress> {};

TEST_P(BadAddress, IsRefusedWithWhatIsWrongAndWhatWasExpected) {
  std::string on_one_line = GetParam().text;
  std::replace(on_one_line.begin(), on_one_line.end(), '\n', ' ');

  EXPECT_EQ(refusal_of(GetParam().text),
            "image_service \"" + on_one_line + "\": " + GetParam().why +
                "; expected HOST, HOST:PORT, http://HOST or https://HOST");
}

INSTANTIATE_TEST_SUITE_P(
    Forms, BadAddress,
    testing::Values(
        RefusedAddress{"", "names no host"}, RefusedAddress{":80", "names no host"},
        RefusedAddress{"http://", "names no host"}, RefusedAddress{"http:///x", "names no host"},
        RefusedAddress{"ftp://images", "the scheme is neither http nor https"},
        RefusedAddress{"images/x", "a path needs \"http://\" or \"https://\" before the host"},
        RefusedAddress{"images?x", "a path needs \"http://\" or \"https://\" before the host"},
        RefusedAddress{"//images", "a path needs \"http://\" or \"https://\" before the host"},
        RefusedAddress{"a b", "the host is no name or address"},
        RefusedAddress{"10.0.0.256", "the host is no name or address"},
        RefusedAddress{"images\nx", "the host is no name or address"},
        RefusedAddress{"images:", "the port is no number from 1 to 65535"},
        RefusedAddress{"images:0", "the port is no number from 1 to 65535"},
        RefusedAddress{"images:65536", "the port is no number from 1 to 65535"},
        RefusedAddress{"images:http", "the port is no number from 1 to 65535"},
        RefusedAddress{"http://images:1:2", "the port is no number from 1 to 65535"},
        RefusedAddress{"::1", "an IPv6 address stands in brackets"},
        RefusedAddress{"[::g]", "what stands in brackets is no IPv6 address"},
        RefusedAddress{"[::1", "what stands in brackets is no IPv6 address"},
        RefusedAddress{"[::1]80", "something other than a port follows the brackets"},
        RefusedAddress{"http://user:word@images", "a user has no place in it"},
        RefusedAddress{"user@images", "a user has no place in it"},
        RefusedAddress{"http://images?x=1", "a query or fragment has no place in it"},
        RefusedAddress{"http://images/x#y", "a query or fragment has no place in it"},
        RefusedAddress{"http://images/a/../b", "the path holds \".\" or \"..\""},
        RefusedAddress{"http://images/..", "the path holds \".\" or \"..\""},
        RefusedAddress{"http://images/a b",
                       "the path holds what a URL cannot, or a '%' without two hexadecimal digits"},
        RefusedAddress{
            "http://images/%2",
            "the path holds what a URL cannot, or a '%' without two hexadecimal digits"}));

TEST(ServiceAddress, ThatIsLongIsShortenedInTheMessage) {
  EXPECT_LT(refusal_of(std::string(100'000, '!')).size(), 500U);
}

TEST(Resolver, IsAnAddressWithOrWithoutAPort) {
  EXPECT_EQ(parse_resolver("10.0.0.53"), "10.0.0.53:53");
  EXPECT_EQ(parse_resolver("127.0.0.1:5353"), "127.0.0.1:5353");
  EXPECT_EQ(parse_resolver("[::1]"), "[::1]:53");
  for (const char *bad : {"dns.example", "10.0.0.1:0", "::1", "1.1.1.1,2.2.2.2", ":53"})
    EXPECT_THROW(parse_resolver(bad), std::invalid_argument) << bad;
}

TEST(ServiceSettings, AreCheckedWithTheConfiguration) {
  const Settings settings = Settings::parse(
      R"({"image_service": "https://images/v1", "image_resolver": "127.0.0.1:5353"})");
  EXPECT_EQ(settings.image_service.port, 443);
  EXPECT_EQ(settings.image_resolver, "127.0.0.1:5353");
  EXPECT_EQ(Settings::parse(R"({"image_resolver": ""})").image_resolver, "");
  EXPECT_THROW(Settings::parse(R"({"image_service": ""})"), std::invalid_argument);
  EXPECT_THROW(Settings::parse(R"({"image_service": 80})"), std::invalid_argument);
  EXPECT_THROW(Settings::parse(R"({"image_resolver": "dns"})"), std::invalid_argument);
}

} // namespace
} // namespace mdocker::image
