// SPDX-License-Identifier: Apache-2.0
#include "network/links.hpp"

#include "error.hpp"

#include <gtest/gtest.h>
#include <set>
#include <unistd.h>

namespace mdocker::network {
namespace {

TEST(LinkNames, FitTheKernelAndNeverCollide) {
  std::set<std::string> names;
  for (int i = 0; i < 10'000; ++i) {
    const std::string name = new_link_name();
    EXPECT_EQ(name.size(), 15U);
    EXPECT_TRUE(is_our_link(name));
    names.insert(name);
  }
  EXPECT_EQ(names.size(), 10'000U);
}

TEST(LinkNames, OfOthersAreNotOurs) {
  for (const char *name : {"", "md", "eth0", "md0123456789abc", "xxabcdefghijklm",
                           "mdABCDEFGHIJKLM", "mdabcdefghijklmn"})
    EXPECT_FALSE(is_our_link(name)) << name;
}

std::string refusal(std::int64_t pid, std::string_view container) {
  try {
    const GuestNamespace opened(pid, container);
  } catch (const Error &error) {
    return error.what();
  }
  return "opened";
}

TEST(GuestNamespace, OfAProcessThatIsNotThereIsRefused) {
  EXPECT_NE(refusal(0x7FFFFFFF, "aa").find("is not there"), std::string::npos);
  EXPECT_NE(refusal(0, "aa").find("is not there"), std::string::npos);
  EXPECT_NE(refusal(-1, "aa").find("is not there"), std::string::npos);
}

TEST(GuestNamespace, OfAProcessThatIsAnotherIsRefused) {
  const std::string container(64, 'a');
  EXPECT_NE(refusal(::getpid(), container).find("its cgroups do not name the container"),
            std::string::npos);
  EXPECT_NE(refusal(::getpid(), "").find("is not the guest's"), std::string::npos);
}

} // namespace
} // namespace mdocker::network
