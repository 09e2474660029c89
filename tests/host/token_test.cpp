// SPDX-License-Identifier: Apache-2.0
//
// The token that clients must show.
#include "fixture.hpp"

#include "settings.hpp"
#include "token.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace host_test {
namespace {

namespace fs = std::filesystem;
using mistify::mock_host::Token;
using mistify::mock_host::UsageError;

const std::string kToken = "s3cret-0123456789/abc+DEF~._=";
const std::string kOther = "another-0123456789";

class TokenFile : public testing::Test {
protected:
  void write(const std::string &text, mode_t mode = 0600) const {
    fs::remove(file());
    std::ofstream(file()) << text;
    ASSERT_EQ(::chmod(file().c_str(), mode), 0);
  }
  [[nodiscard]] std::string file() const { return (folder_.path() / "token").string(); }
  /// Without the file's name in front of it.
  [[nodiscard]] std::string refusal() const {
    try {
      const Token token(file());
      return "accepted";
    } catch (const UsageError &error) {
      const std::string what = error.what();
      const std::string prefix = "token_file " + file() + ": ";
      return what.starts_with(prefix) ? what.substr(prefix.size()) : what;
    }
  }

  const TempDir folder_;
};

TEST_F(TokenFile, HoldsOneLine) {
  for (const char *end : {"", "\n", "\r\n"}) {
    write(kToken + end);
    const Token token(file());
    EXPECT_TRUE(token.is(kToken));
    for (const std::string &other :
         {std::string(), kToken.substr(1), kToken.substr(0, kToken.size() - 1), kToken + "x",
          kToken + kToken, kToken + "\n", "S" + kToken.substr(1), kOther})
      EXPECT_FALSE(token.is(other)) << other;
  }
}

TEST_F(TokenFile, HasALengthWithinLimits) {
  for (const std::size_t size : {std::size_t{16}, std::size_t{512}}) {
    write(std::string(size, 'x') + "\n");
    EXPECT_EQ(refusal(), "accepted") << size;
  }
  const std::string expected =
      "holds no token, expected one line of 16 to 512 letters, digits and -._~+/=";
  const std::string two_lines = kToken + "\n" + kToken;
  for (const std::string &text :
       {std::string(), std::string(15, 'x'), std::string(513, 'x'), std::string(100'000, 'x'),
        two_lines, kToken + "\n\n", kToken + " ", "\xEF\xBB\xBF" + kToken}) {
    write(text);
    EXPECT_EQ(refusal(), expected) << text.size();
  }
}

TEST_F(TokenFile, IsNoOneElsesToRead) {
  const std::string expected =
      "others may read or write it, expected mode 0600 or less, or 0640 as root owns it";
  for (const mode_t mode : {0644U, 0604U, 0660U, 0602U}) {
    write(kToken, mode);
    EXPECT_EQ(refusal(), expected) << mode;
  }
  for (const mode_t mode : {0600U, 0400U, 0640U, 0440U}) {
    write(kToken, mode);
    EXPECT_EQ(refusal(), "accepted") << mode;
  }
  constexpr uid_t kSomeone = 12345;
  ASSERT_EQ(::chown(file().c_str(), kSomeone, kSomeone), 0);
  EXPECT_EQ(refusal(), "belongs to user 12345, expected this process's user or root");
}

TEST_F(TokenFile, IsARegularFile) {
  EXPECT_EQ(refusal(), "cannot be opened: No such file or directory");
  ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
  EXPECT_EQ(refusal(), "is no regular file");
  fs::remove(file());
  fs::create_directory(file());
  EXPECT_EQ(refusal(), "is no regular file");
}

TEST_F(TokenFile, ThatIsWrongIsWrongUse) {
  write(kToken, 0644);
  const Outcome outcome = run_host({"--plugin", PROBE_PLUGIN, "--token-file", file()});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(wire::lines(outcome.output).size(), 1U) << outcome.output;
  EXPECT_NE(outcome.output.find("token_file " + file()), std::string::npos) << outcome.output;
}

class WithToken : public TokenFile {
protected:
  WithToken() {
    write(kToken + "\n");
    put_image();
    server_.emplace(std::vector<std::string>{"-l", "debug", "--token-file", file(), "--images",
                                             folder_.path().string()});
  }
  void put_image() const { std::ofstream(folder_.path() / "image.tar") << "an archive"; }

  HttpResponse call(const std::vector<std::string> &headers) const {
    return server_->exchange(call_request("Probe.Echo", "{}", headers));
  }
  static std::string shows(const std::string &token) { return "Authorization: Bearer " + token; }
  HttpResponse get(const std::string &path, const std::vector<std::string> &headers = {}) const {
    return server_->exchange(wire::request_text("GET", path, "", headers));
  }
  bool comes_to_be_logged(const std::string &text) {
    return comes_true([&] { return server_->process().output().find(text) != std::string::npos; });
  }

  std::optional<Server> server_;
};

TEST_F(WithToken, CallsAreForThoseWhoShowIt) {
  EXPECT_EQ(call({shows(kToken)}).status, 200);
  EXPECT_EQ(call({"authorization:  bearer   " + kToken}).status, 200);
  EXPECT_EQ(server_->end(), 0);
}

TEST_F(WithToken, CallsAreForNobodyElse) {
  const HttpResponse none = call({});
  EXPECT_EQ(none.status, 401);
  EXPECT_EQ(none.header("www-authenticate"), R"(Bearer realm="mistify")");
  EXPECT_EQ(none.body, "expected Authorization: Bearer TOKEN\n");

  for (const std::string &wrong :
       {kOther, kToken.substr(1), kToken + "x", kToken + " x", std::string()}) {
    const HttpResponse other = call({shows(wrong)});
    EXPECT_EQ(other.status, 401) << wrong;
    EXPECT_EQ(other.header("www-authenticate").find(R"(Bearer realm="mistify")"), 0U) << wrong;
  }
  EXPECT_EQ(call({shows(kOther)}).header("www-authenticate"),
            R"(Bearer realm="mistify", error="invalid_token")");
  EXPECT_EQ(call({"Authorization: Basic " + kToken}).status, 401);
  EXPECT_EQ(call({"Authorization: " + kToken}).status, 401);
  EXPECT_EQ(call({"X-Authorization: Bearer " + kToken}).status, 401);
  EXPECT_EQ(call({shows(kToken), shows(kToken)}).status, 401);
  EXPECT_EQ(get("/nope").status, 401);
  EXPECT_EQ(get("/nope", {shows(kToken)}).status, 404);
}

TEST_F(WithToken, ItIsAskedForBeforeTheBodyIsRead) {
  const RawSocket socket(server_->port());
  socket.send(wire::request_text("POST", kPath, "", {kJsonHeader, "Content-Length: 1000000"}));
  socket.end_sending();
  EXPECT_EQ(socket.read_all().substr(0, 12), "HTTP/1.1 401");
}

TEST_F(WithToken, HealthIsTheStatusAloneForThoseWithoutIt) {
  const HttpResponse brief = get("/healthz");
  EXPECT_EQ(brief.status, 200);
  EXPECT_EQ(brief.body, "{\"status\":\"ok\"}\n");
  EXPECT_EQ(get("/healthz", {shows(kOther)}).body, brief.body);
  EXPECT_NE(get("/healthz", {shows(kToken)}).body.find(R"("version":"1.2.3")"), std::string::npos);
}

TEST_F(WithToken, ImagesAreForAll) {
  EXPECT_EQ(get("/images/image/download").body, "an archive");
  EXPECT_EQ(get("/images").status, 200);
}

TEST_F(WithToken, ANewOneIsTakenAtSighup) {
  write(kOther + "\n");
  server_->process().signal(SIGHUP);
  ASSERT_TRUE(comes_to_be_logged("the token has been read again"));
  EXPECT_EQ(call({shows(kToken)}).status, 401);
  EXPECT_EQ(call({shows(kOther)}).status, 200);
}

TEST_F(WithToken, AWrongFileAtSighupLeavesItAsItWas) {
  write(kOther + "\n", 0644);
  server_->process().signal(SIGHUP);
  ASSERT_TRUE(comes_to_be_logged("; the token stays as it was"));
  EXPECT_EQ(call({shows(kToken)}).status, 200);
  EXPECT_EQ(call({shows(kOther)}).status, 401);
  EXPECT_EQ(server_->process().output().find(kOther), std::string::npos);
}

TEST_F(WithToken, NoneIsEverLogged) {
  EXPECT_EQ(call({shows(kToken)}).status, 200);
  EXPECT_EQ(call({shows(kOther)}).status, 401);
  EXPECT_EQ(call({"Authorization: Basic " + kToken}).status, 401);
  EXPECT_EQ(get("/healthz", {shows(kToken)}).status, 200);
  EXPECT_EQ(get("/nope", {shows(kToken)}).status, 404);
  EXPECT_EQ(call({"Host: x", shows(kToken)}).status, 400);
  EXPECT_EQ(call({"Origin: http://x", shows(kToken)}).status, 403);
  EXPECT_EQ(server_->exchange(wire::request_text("PUT", kPath, "{}", {shows(kToken)})).status, 405);
  EXPECT_EQ(server_->exchange(wire::request_text("POST", kPath, "{", {kJsonHeader, shows(kToken)}))
                .status,
            400);
  const RawSocket cut(server_->port());
  cut.send("POST /_mistify_RPC_ HTTP/1.1\r\n" + shows(kToken) + "\r\nbad header\r\n\r\n");
  EXPECT_EQ(cut.read_all().substr(0, 12), "HTTP/1.1 400");
  EXPECT_EQ(server_->end(), 0);

  const std::string log = server_->process().output();

  EXPECT_NE(log.find(" 401 "), std::string::npos) << log;
  EXPECT_EQ(log.find(kToken), std::string::npos) << log;
  EXPECT_EQ(log.find(kOther), std::string::npos) << log;
}

TEST(Listening, WarnsOfATokenThatGoesWithoutEncryption) {
  const TempDir folder;
  const std::string file = (folder.path() / "token").string();
  std::ofstream(file) << kToken;
  ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  Server server({"--listen", "0.0.0.0:0", "--token-file", file});
  EXPECT_EQ(server.end(), 0);
  const std::string log = server.process().output();
  EXPECT_NE(log.find("the token too, goes there without encryption"), std::string::npos) << log;
}

} // namespace
} // namespace host_test
