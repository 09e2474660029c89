// SPDX-License-Identifier: Apache-2.0
//
// LoadImage: from an image service that does what a test wants into a real engine.
#include "fixture.hpp"
#include "pattern.hpp"

#include <double/engine_double.hpp>

#include <atomic>
#include <fstream>
#include <future>

namespace wire {
namespace {

using mdocker::test::EngineDouble;
using mdocker::test::Gate;
using mdocker::test::Reply;
using mdocker::test::Request;

constexpr const char *kId = "b0000001-0000-4000-8000-00000000000a";
constexpr const char *kOther = "b0000002-0000-4000-8000-00000000000b";

std::string id_param(std::string_view id) {
  return R"({"id":)" + json_string(id) + "}";
}

/// An answer of the service, with more fields in its head.
Reply download(const std::string &body, const std::string &fields = {},
               std::optional<std::size_t> length = {}) {
  return Reply().send(
      "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(length.value_or(body.size())) +
      "\r\n" + fields + "\r\n" + body);
}

class LoadImage : public testing::Test {
protected:
  static void SetUpTestSuite() {
    archive_ = test_engine().get("/images/" + std::string(kLoopImage) + "/get");
  }
  void SetUp() override {
    const std::string endpoint = service_.tcp_endpoint();
    const std::filesystem::path config = dir_.path() / "config.json";
    std::ofstream(config) << R"({"plugins":{"mdocker":{"timeouts":{"image_idle_ms":1000}}}})";
    host_.emplace(engine().endpoint(),
                  std::vector<std::string>{"--config", config.string(), "-i",
                                           endpoint.substr(endpoint.rfind('/') + 1)});
    remove_images();
  }
  void TearDown() override {
    EXPECT_EQ(host_->end(), 0);
    remove_images();
    if (HasFailure())
      std::cerr << "the host's log:\n" << host_->process().output();
  }

  static const EngineApi &engine() { return test_engine(); }
  static std::string id_of(const std::string &name) {
    return text_at(engine().get("/images/" + name + "/json"), {"Id"});
  }
  static bool is_there(const std::string &name) {
    return engine().request("GET", "/images/" + name + "/json").status == 200;
  }
  RpcAnswer load(std::string_view id = kId) const {
    return host_->call("MDocker.LoadImage", id_param(id));
  }
  void serve(std::function<Reply()> reply) { reply_ = std::move(reply); }

  static std::string archive_;
  TempDir dir_;
  std::function<Reply()> reply_ = [] { return download(archive_); };
  EngineDouble service_{[this](const Request &) { return reply_(); }, {.tcp = true}};
  std::optional<HostProcess> host_;

private:
  static void remove_images() {
    for (const char *id : {kId, kOther})
      (void)engine().request("DELETE", "/images/" + std::string(id) + ":latest?force=1");
  }
};
std::string LoadImage::archive_;

TEST_F(LoadImage, BringsAnArchiveOfTheEnginesOwnUnderTheIdAndLeavesItsOwnNameAlone) {
  const std::string before = id_of(kLoopImage);

  const RpcAnswer answer = load();

  EXPECT_EQ(answer.error, "");
  EXPECT_TRUE(matches(answer.result, R"(\{"images":\[\{"id":")" + std::string(kId) +
                                         R"(","type":"container","size":[0-9]+\}\]\})"))
      << answer.result;
  EXPECT_EQ(id_of(std::string(kId) + ":latest"), before);
  EXPECT_EQ(id_of(kLoopImage), before);
  EXPECT_EQ(service_.lines(),
            std::vector<std::string>{"GET /images/" + std::string(kId) + "/download"});
}

TEST_F(LoadImage, DownloadsNothingThatTheEngineHas) {
  ASSERT_EQ(load().error, "");

  EXPECT_EQ(load().error, "");
  EXPECT_EQ(host_->call("MDocker.LoadImage", id_param(kLoopImage)).error, "");

  EXPECT_EQ(service_.lines().size(), 1U);
}

TEST_F(LoadImage, RefusesWhatIsNoUuidAndNotThere) {
  EXPECT_EQ(load("").error, "missing id");
  EXPECT_TRUE(contains(load("mdocker-test/nosuch").error, "^invalid id"));
  EXPECT_TRUE(contains(load("../images/x").error, "^invalid id"));
  EXPECT_TRUE(service_.lines().empty());
}

TEST_F(LoadImage, RefusesWhatTheServiceSendsWrongAndLoadsNothing) {
  struct Case {
    const char *what;
    Reply reply;
    const char *error;
  };
  const std::string &good = archive_;
  const std::string url = "http://127.0.0.1:[0-9]+/images/" + std::string(kId) + "/download";
  const std::string missing =
      "^unexpected http response code: expected 200, received 404, url: " + url + "$";
  const std::string broken =
      "^unexpected http response code: expected 200, received 500, url: " + url + "$";
  const Case cases[] = {
      {"404", mdocker::test::answer(404, "no"), missing.c_str()},
      {"500", mdocker::test::answer(500, "no"), broken.c_str()},
      {"empty", download(""), "empty"},
      {"text", download(std::string(4'096, 'x')), "no archive"},
      {"cut, as it says", download(good.substr(0, good.size() / 2)), "cut short"},
      {"shorter", download(good.substr(0, 9'000), {}, good.size()).close(), "after 9000 of"},
      {"longer", download(good, {}, good.size() - 1'024).close(), "longer than its Content-Length"},
      {"another length", download(good, "Content-Length: 7\r\n"), "Content-Length"},
      {"checksum", download(good, "X-Checksum-Sha256: " + std::string(64, 'a') + "\r\n"),
       "X-Checksum-Sha256"},
      {"malformed checksum", download(good, "Content-Digest: sha-256=:x\r\n"), "Content-Digest"},
      {"another host",
       Reply().send("HTTP/1.1 302 Found\r\nLocation: http://localhost:1/x\r\n"
                    "Content-Length: 0\r\n\r\n"),
       "another host"},
      {"silent", download(good.substr(0, 9'000), {}, good.size()).hang(),
       "no byte of .* in 1000 ms"},
      {"no HTTP", mdocker::test::garbage(), "cannot load the image"},
  };
  for (const Case &row : cases) {
    SCOPED_TRACE(row.what);
    serve([&row] { return row.reply; });
    const RpcAnswer answer = load();
    EXPECT_EQ(answer.result, "null");
    EXPECT_TRUE(contains(answer.error, row.error)) << answer.error;
    EXPECT_FALSE(is_there(kId));
    EXPECT_TRUE(service_.wait_open_at_most(0));
  }
  serve([] { return download(archive_); });
  EXPECT_EQ(load().error, "");
}

TEST_F(LoadImage, FollowsARedirectOnTheSameHost) {
  std::atomic<bool> first = true;
  serve([&] {
    return first.exchange(false) ? Reply().send("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n"
                                                "Content-Length: 0\r\n\r\n")
                                 : download(archive_);
  });
  EXPECT_EQ(load().error, "");
  EXPECT_EQ(service_.lines().back(), "GET /elsewhere");
}

TEST_F(LoadImage, SharesOneDownloadAmongAllWhoAsk) {
  Gate gate;
  serve([gate] { return Reply().wait(gate).then([] { return download(archive_); }); });
  std::vector<std::future<RpcAnswer>> calls;
  for (int i = 0; i < 4; ++i)
    calls.push_back(std::async(std::launch::async, [this] { return load(); }));
  ASSERT_TRUE(service_.wait_for_requests(1));
  gate.open();

  for (auto &call : calls)
    EXPECT_EQ(call.get().error, "");
  EXPECT_EQ(service_.lines().size(), 1U);
}

TEST_F(LoadImage, StopsWhenTheLastCallerLeavesAndLoadsWhenAskedAgain) {
  serve([] { return download(archive_.substr(0, 99'000), {}, archive_.size()).hang(); });
  {
    Connection caller = Connection::to_port(host_->port());
    caller.send(request_text("POST", kRpcPath, rpc_body("MDocker.LoadImage", id_param(kId)),
                             {kJsonHeader}));
    ASSERT_TRUE(service_.wait_for_requests(1));
  }
  EXPECT_TRUE(service_.wait_open_at_most(0));
  EXPECT_FALSE(is_there(kId));

  serve([] { return download(archive_); });
  EXPECT_EQ(load().error, "");
}

TEST_F(LoadImage, LeavesTheOthersTheirLoadWhenOneCallerLeaves) {
  Gate gate;
  serve([gate] { return Reply().wait(gate).then([] { return download(archive_); }); });
  auto staying = std::async(std::launch::async, [this] { return load(); });
  ASSERT_TRUE(service_.wait_for_requests(1));
  {
    Connection leaving = Connection::to_port(host_->port());
    leaving.send(request_text("POST", kRpcPath, rpc_body("MDocker.LoadImage", id_param(kId)),
                              {kJsonHeader}));
  }
  gate.open();

  EXPECT_EQ(staying.get().error, "");
  EXPECT_EQ(service_.lines().size(), 1U);
}

} // namespace
} // namespace wire
