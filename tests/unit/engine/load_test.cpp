// SPDX-License-Identifier: Apache-2.0
//
// What an engine does while an archive that it is being sent waits for its next bytes.
#include "client_fixture.hpp"

#include <boost/asio/post.hpp>

namespace mdocker::test {
namespace {

/// An archive whose second half comes when the test wants it.
class Archive final : public engine::BodyStream {
public:
  static constexpr std::string_view kHalf = "half of it";

  std::size_t fill(std::span<char> room) override {
    if (halves_ == 2)
      return 0;
    if (halves_ == 1 && !complete) {
      waits.open();
      return kWait;
    }
    ++halves_;
    return kHalf.copy(room.data(), room.size());
  }
  bool take(std::string_view bytes) override {
    heard += bytes;
    on_heard();
    return true;
  }

  std::string heard;
  std::function<void()> on_heard = [] {};
  bool complete = false; ///< The second half may be sent.
  const Gate waits;      ///< Opened when there is nothing to send.

private:
  int halves_ = 0;
};

class WaitingLoad : public ClientTest {
protected:
  WaitingLoad() { use(engine_); }

  /// What the engine does as soon as the archive waits.
  void then(Reply reply) {
    engine_.set_early_script([this, reply = std::move(reply)](const Request &) {
      return Reply().wait(archive_.waits).then([reply] { return reply; });
    });
  }
  Came load() { return run(client_->load(archive_)); }

  Archive archive_;
  /// To the whole archive it says what is left to say.
  EngineDouble engine_{[](const Request &) { return Reply().send(kLastChunk); }};
};

struct End {
  const char *name;
  Reply reply;
};
void PrintTo(const End &end, std::ostream *out) {
  *out << end.name;
}
class EndedLoad : public WaitingLoad, public testing::WithParamInterface<End> {};
TEST_P(EndedLoad, IsBrokenOffAtOnce) {
  then(GetParam().reply);

  const Came came = load();

  ASSERT_TRUE(came.error);
  EXPECT_EQ(came.error->kind(), Kind::unknown_outcome);
  EXPECT_EQ(came.error->phase(), engine::kBrokenOff);
  EXPECT_TRUE(std::string(came.error->what()).starts_with("the engine at " + engine_.endpoint()))
      << came.error->what();
}
INSTANTIATE_TEST_SUITE_P(
    Table, EndedLoad,
    testing::Values(End{"with all read", Reply().half_close()}, End{"at once", Reply().close()},
                    End{"by a reset", Reply().reset()},
                    End{"in a head", Reply().send("HTTP/1.1 200 OK\r\n").half_close()}));

TEST_F(WaitingLoad, EndsWithARefusalThatComesEarly) {
  then(refusal(500, "the disk is broken"));

  const Came came = load();

  ASSERT_TRUE(came.answer) << came.error->what();
  EXPECT_EQ(came.answer->status, 500U);
  EXPECT_EQ(archive_.heard, message_body("the disk is broken"));
}

TEST_F(WaitingLoad, EndsWithAnAnswerThatComesEarly) {
  then(chunked(200, {R"({"stream":"that will do"})"}));

  const Came came = load();

  ASSERT_TRUE(came.answer) << came.error->what();
  EXPECT_EQ(came.answer->status, 200U);
  EXPECT_EQ(archive_.heard, R"({"stream":"that will do"})");
}

TEST_F(WaitingLoad, GoesOnWhereTheEngineHasOnlyBegunToAnswer) {
  then(Reply().send(chunked_head(200)).send(chunk("{}")));
  archive_.on_heard = [this] {
    archive_.complete = true;
    asio::post(io_, [this] { client_->resume(archive_); });
  };

  const Came came = load();

  ASSERT_TRUE(came.answer) << came.error->what();
  EXPECT_EQ(archive_.heard, "{}");
  EXPECT_EQ(engine_.requests().back().body, std::string(Archive::kHalf) + Archive::kHalf.data());
}

} // namespace
} // namespace mdocker::test
