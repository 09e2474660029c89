// SPDX-License-Identifier: Apache-2.0
//
// An engine at TCP that takes no connection: what is left of the attempt is nothing.
#include "client_fixture.hpp"

#include <double/dead_port.hpp>

#include <gmock/gmock.h>

#include <array>
#include <fcntl.h>
#include <unistd.h>

namespace mdocker::test {
namespace {

using testing::HasSubstr;

class Connecting : public ClientTest {
protected:
  void use_port(const DeadPort &port) {
    settings_ = Settings::parse(R"({"endpoint":"tcp://)" + port.address() +
                                R"(","insecure":true,"timeouts":{"connect_ms":200}})");
    client_.emplace(io_.get_executor(), settings_, log_);
  }
  /// Ends the client, and whatever is on the loop then.
  void expect_nothing_on_the_loop() {
    client_.reset();
    io_.restart();
    io_.run_for(5s);
    EXPECT_TRUE(io_.stopped()) << "something is waited for still";
  }
};

/// Keeps the warnings that it is told.
class Warnings final : public Log {
public:
  [[nodiscard]] bool enabled(Level) const noexcept override { return true; }
  void write(Level level, std::string_view message, const Location &) const noexcept override {
    if (level == Level::warning)
      said += message;
  }
  mutable std::string said;
};

TEST_F(Connecting, WithoutTlsIsWarnedOf) {
  const DeadPort port(DeadPort::Way::refuses);
  const Warnings warnings;
  settings_ = Settings::parse(R"({"endpoint":"tcp://)" + port.address() + R"(","insecure":true})");

  client_.emplace(io_.get_executor(), settings_, warnings);

  EXPECT_THAT(warnings.said,
              HasSubstr("the engine at tcp://" + port.address() + " is spoken to without TLS"));
}

TEST_F(Connecting, ToASocketIsNotWarnedOf) {
  const Warnings warnings;
  settings_ = Settings::parse(R"({"endpoint":"unix:///nowhere","insecure":true})");

  client_.emplace(io_.get_executor(), settings_, warnings);

  EXPECT_EQ(warnings.said, "");
}

TEST_F(Connecting, IsGivenUpInTime) {
  const DeadPort port(DeadPort::Way::silent);
  use_port(port);

  const Came came = run(client_->get("/info", in(5s)));

  ASSERT_TRUE(came.error);
  EXPECT_EQ(came.error->kind(), Kind::unavailable);
  EXPECT_THAT(came.error->what(), HasSubstr(port.address()));
  expect_nothing_on_the_loop();
}

TEST_F(Connecting, IsOverAtOnceWhereItIsRefused) {
  const DeadPort port(DeadPort::Way::refuses);
  use_port(port);

  const Came came = run(client_->get("/info", in(5s)));

  ASSERT_TRUE(came.error);
  EXPECT_EQ(came.error->kind(), Kind::unavailable);
  EXPECT_THAT(came.error->what(), HasSubstr("Connection refused"));
  expect_nothing_on_the_loop();
}

// The number of a descriptor that is closed goes to the next one that is opened.
TEST_F(Connecting, LeavesTheNextDescriptorAlone) {
  const DeadPort port(DeadPort::Way::silent);
  {
    use_port(port);
    const Came came = run(client_->get("/info", in(5s)));
    ASSERT_TRUE(came.error);
  }
  std::array<int, 8> opened{};
  for (int &fd : opened)
    fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);

  expect_nothing_on_the_loop();

  for (const int fd : opened) {
    EXPECT_NE(::fcntl(fd, F_GETFD), -1) << "somebody else has closed it";
    ::close(fd);
  }
}

} // namespace
} // namespace mdocker::test
