// SPDX-License-Identifier: Apache-2.0
#include "follow/event_stream.hpp"

#include "error.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace mdocker::follow {
namespace {

using testing::ElementsAre;

std::string event(const std::string &guest) {
  return R"({"Type":"container","Action":"die","Actor":{"ID":"aa","Attributes":{"exitCode":"0",)"
         R"("io.mistify.mdocker.guest":")" +
         guest + R"(","name":"x"}},"time":1})";
}

class Events : public testing::Test {
protected:
  /// What is told of events that come in pieces of that size.
  std::vector<std::string> told_of(std::string_view bytes, std::size_t piece) {
    told_.clear();
    EventStream stream([this](const std::string &guest) { told_.push_back(guest); },
                       [this] { ++opened_; });
    for (const char *line : {"HTTP/1.1 200 OK\r\n", "Content-Type: text/x-whatever\r\n", "\r\n"})
      stream.head_line(line);
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
      stream.take(bytes.substr(0, piece));
    return told_;
  }

  std::vector<std::string> told_;
  int opened_ = 0;
};

TEST_F(Events, NameTheirGuestsHoweverTheyAreCut) {
  const std::string bytes = event("g1") + "\n" + event("g2") + event("g1") + " \r\n";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, bytes.size()})
    EXPECT_THAT(told_of(bytes, piece), ElementsAre("g1", "g2", "g1")) << piece;
  EXPECT_EQ(opened_, 3);
}

TEST_F(Events, OfNoGuestAreNone) {
  for (const char *bytes : {"{}", R"({"Actor":1})", R"({"Actor":{"Attributes":[]}})",
                            R"({"Actor":{"Attributes":{"io.mistify.mdocker.guest":7}}})",
                            R"({"Actor":{"Attributes":{"io.mistify.mdocker.guest":""}}})",
                            R"({"Actor":{"Attributes":{"io.mistify.mdocker.guest":"../images"}}})",
                            R"({"status":"die","id":"aa","Type":"container","Action":"die"})"})
    EXPECT_TRUE(told_of(bytes, 3).empty()) << bytes;
}

TEST_F(Events, ThatCannotBeReadEndTheStream) {
  for (const char *bytes : {"<html>", "[]", "null", "}", R"({"a":})", R"({"a":1,})"})
    EXPECT_THROW(told_of(bytes, 2), Error) << bytes;
}

TEST_F(Events, MayHaveManyLabelsButNotAnyNumber) {
  const std::string many = R"({"x":")" + std::string(500'000, 'x') + R"("})";
  EXPECT_THAT(told_of(many + event("g1"), 10'000), ElementsAre("g1"));

  EXPECT_THROW(told_of(R"({"x":")" + std::string(2'000'000, 'x'), 10'000), Error);
}

TEST_F(Events, AreNotReadWhereTheEngineRefuses) {
  EventStream stream([this](const std::string &guest) { told_.push_back(guest); },
                     [this] { ++opened_; });
  for (const char *line : {"HTTP/1.1 400 Bad Request\r\n", "\r\n"})
    stream.head_line(line);
  stream.take(event("g1"));
  stream.take("no JSON");

  EXPECT_TRUE(told_.empty());
  EXPECT_EQ(opened_, 0);
}

TEST(EventsPath, AsksForTheGuestsOnly) {
  EXPECT_EQ(events_path(),
            "/events?filters=%7B%22type%22%3A%5B%22container%22%5D%2C%22event%22%3A%5B%22start%22"
            "%2C%22die%22%2C%22destroy%22%5D%2C%22label%22%3A%5B%22io.mistify.mdocker.guest%22%5D"
            "%7D");
}

} // namespace
} // namespace mdocker::follow
