// SPDX-License-Identifier: Apache-2.0
#include <host_name.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace mdocker {
namespace {

class GoodHost : public testing::TestWithParam<std::string> {};
TEST_P(GoodHost, IsOne) {
  EXPECT_TRUE(is_host(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(Forms, GoodHost,
                         testing::Values("a", "images", "images.service.lochness.local", "a.b.",
                                         "_http._tcp.example", "10.0.0.1", "A-1.b", "4ever",
                                         std::string(63, 'x') + ".y"));

class BadHost : public testing::TestWithParam<std::string> {};
TEST_P(BadHost, IsNone) {
  EXPECT_FALSE(is_host(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(Forms, BadHost,
                         testing::Values("", ".", "a..b", ".a", "a b", "-a", "a-", "a/b", "a:1",
                                         "[::1]", "10.0.0.256", "127.1", "1", "10.0.0.1.",
                                         "\xC3\xA4", std::string("a\0b", 3), std::string(64, 'x'),
                                         std::string(300, 'x')));

TEST(HostName, HasAtMost253Bytes) {
  const std::string label(49, 'x');
  const std::string longest =
      label + "." + label + "." + label + "." + label + "." + label + ".xyz";
  EXPECT_EQ(longest.size(), 253U);
  EXPECT_TRUE(is_host(longest));
  EXPECT_FALSE(is_host(longest + "y"));
}

TEST(Ipv6, HasAZoneAtMostAndNothingElse) {
  for (const char *good : {"::1", "fe80::1%eth0", "fe80::1%2", "::ffff:10.0.0.1"})
    EXPECT_TRUE(is_ipv6(good)) << good;
  for (const std::string &bad :
       {std::string("::1\0x", 5), std::string("::1%/x"), std::string("::1%\n"), std::string("1")})
    EXPECT_FALSE(is_ipv6(bad)) << bad;
}

TEST(PortNumber, IsFrom1To65535) {
  EXPECT_EQ(port_number("1"), 1);
  EXPECT_EQ(port_number("65535"), 65'535);
  for (const char *bad : {"", "0", "65536", "-1", "+1", " 1", "1 ", "0x1", "80a", "99999999999999"})
    EXPECT_FALSE(port_number(bad)) << bad;
}

TEST(Authority, BracketsIpv6) {
  EXPECT_EQ(authority("a.b", 80), "a.b:80");
  EXPECT_EQ(authority("::1", 8080), "[::1]:8080");
}

TEST(ResolveEntry, IsWhatLibcurlTakes) {
  const std::vector<std::string> addresses{"10.0.0.1", "fe80::2"};
  EXPECT_EQ(resolve_entry("a.b", 80, addresses), "+a.b:80:10.0.0.1,[fe80::2]");
}

} // namespace
} // namespace mdocker
