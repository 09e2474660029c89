// SPDX-License-Identifier: Apache-2.0
//
// Every case that was measured on the original about containers, images and info, but those where
// the network matters at start, and loads.
#include "conformance_cases.hpp"
#include "fixture.hpp"
#include "pattern.hpp"

namespace wire {
namespace {

void replace_all(std::string &text, std::string_view token, std::string_view value) {
  for (auto at = text.find(token); at != std::string::npos;
       at = text.find(token, at + value.size()))
    text.replace(at, token.size(), value);
}

/// Fills a case's tokens in. $G1STATE(x) is $G1 with "state":"x" where the struct has it.
std::string expanded(std::string_view text) {
  std::string out(text);
  for (const char *state : {"stopped", "running", "paused", "deleted"})
    replace_all(out, "$G1STATE(" + std::string(state) + ")",
                R"("id":"mw-g1","type":"container","image":"$LOOP","nics":[$NIC],"state":")" +
                    std::string(state) + R"(","memory":10,"metadata":{"k":"v"})");
  replace_all(out, "$G1",
              R"("id":"mw-g1","type":"container","image":"$LOOP","nics":[$NIC],"memory":10,)"
              R"("metadata":{"k":"v"})");
  replace_all(out, "$NIC", kNic);
  replace_all(out, "$LOOP", kLoopImage);
  replace_all(out, "$NOCMD", kNoCommandImage);
  return out;
}

/// The names of our guests in an answer's list, with a space between.
std::string guests_in(std::string_view result) {
  std::string names;
  for (const std::string &container : elements(at(result, {"containers"}))) {
    const std::string name = text_at(container, {"Name"}).substr(1); // "/name"
    if (name.compare(0, kPrefix.size(), kPrefix) == 0)
      names += (names.empty() ? "" : " ") + name;
  }
  return names;
}

void expect_error(const RpcAnswer &answer) {
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "application/json; charset=utf-8");
  EXPECT_EQ(answer.result, "null");
  EXPECT_EQ(answer.error.find('\n'), std::string::npos) << "more than one line";
}

void expect_result(const RpcAnswer &answer) {
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "application/json; charset=utf-8");
  EXPECT_EQ(answer.error, "");
}

void check(const Case &row, const RpcAnswer &answer, const std::string &value) {
  switch (row.expect) {
  case Expect::result:
    expect_result(answer);
    EXPECT_EQ(answer.result, compact(value));
    break;
  case Expect::result_like:
    expect_result(answer);
    EXPECT_TRUE(matches(answer.result, value)) << answer.result;
    break;
  case Expect::containers:
    expect_result(answer);
    EXPECT_EQ(guests_in(answer.result), value);
    break;
  case Expect::error:
    expect_error(answer);
    EXPECT_EQ(answer.error, value);
    break;
  case Expect::error_like:
    expect_error(answer);
    EXPECT_TRUE(contains(answer.error, value)) << answer.error;
    break;
  case Expect::refused:
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.content_type, "text/plain; charset=utf-8");
    EXPECT_TRUE(contains(answer.body, value)) << answer.body;
    break;
  }
}

/// Saved images would fill the engine.
void remove_images(const EngineApi &engine, std::string_view result) {
  for (const std::string &image : elements(at(result, {"images"})))
    EXPECT_EQ(engine.request("DELETE", "/images/" + text_at(image, {"id"}) + "?force=1").status,
              200);
}

class Conformance : public OnEngine {
protected:
  static RpcAnswer ask(const Case &row, const std::string &params) {
    RpcAnswer answer = read_answer(host().post(R"({"method":"MDocker.)" + std::string(row.method) +
                                               R"(","params":)" + params + R"(,"id":7})"));
    if (answer.status == 200) {
      EXPECT_EQ(at(answer.body, {"id"}), "7");
      EXPECT_EQ(answer.body.back(), '\n');
    }
    return answer;
  }
};

TEST_F(Conformance, CallsOfAGuestsLifeAreAnsweredAsTheOriginalDid) {
  for (const Case &row : life_cycle_cases()) {
    SCOPED_TRACE(row.name);
    const RpcAnswer answer = ask(row, expanded(row.params));
    check(row, answer, expanded(row.value));
    if (has(answer.result, {"images"}))
      remove_images(engine(), answer.result);
  }
}

TEST_F(Conformance, CallsOfAnImagesLifeAreAnsweredAsTheOriginalDid) {
  const std::string uuid = "a0000009-0000-4000-8000-00000000000d";
  engine().make_image(uuid);
  engine().tag_image(uuid, "mdocker-test/second", "latest");
  create("mw-user");
  const std::string image = engine().get("/images/" + uuid + "/json");
  const std::string id = text_at(image, {"Id"});
  const std::string mib = std::to_string(std::stoull(at(image, {"Size"})) >> 20U);
  const auto filled = [&](std::string_view text) {
    std::string out = expanded(text);
    replace_all(out, "$UUID", uuid);
    replace_all(out, "$ID", id);
    replace_all(out, "$SHORT", id.substr(7, 12));
    replace_all(out, "$MIB", mib);
    return out;
  };

  for (const Case &row : image_cases()) {
    SCOPED_TRACE(row.name);
    check(row, ask(row, filled(row.params)), filled(row.value));
  }
}

} // namespace
} // namespace wire
