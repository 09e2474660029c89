// SPDX-License-Identifier: Apache-2.0
//
// SaveContainer, seen at the engine.
#include "fixture.hpp"

namespace wire {
namespace {

constexpr const char *kSaved = "mdocker-test/saved";

class Save : public OnEngine {
protected:
  void SetUp() override {
    OnEngine::SetUp();
    remove_saved();
    create_and_start("mw-save");
  }
  void TearDown() override {
    OnEngine::TearDown();
    remove_saved();
  }

  static RpcAnswer save(std::string_view opts) {
    return host().call("MDocker.SaveContainer",
                       R"({"id":"mw-save","opts":)" + std::string(opts) + "}");
  }
  static std::string inspect_image(const std::string &name) {
    return engine().get("/images/" + name + "/json");
  }
  /// The images that nothing names, as the engine lists them.
  static std::string untagged() {
    return engine().get("/images/json?filters=%7B%22dangling%22%3A%5B%22true%22%5D%7D");
  }

private:
  static void remove_saved() {
    for (const char *tag : {":v1", ":latest"})
      (void)engine().request("DELETE", "/images/" + std::string(kSaved) + tag + "?force=1");
  }
};

TEST_F(Save, AnswersWithTheImagesIdAndItsSizeInMebibytes) {
  const RpcAnswer answer = save(R"({"Repository":"mdocker-test/saved","Tag":"v1"})");

  ASSERT_EQ(answer.error, "");
  const std::string image = inspect_image(std::string(kSaved) + ":v1");
  const unsigned long long size = std::stoull(at(image, {"Size"}));
  EXPECT_EQ(text_at(answer.result, {"images", "0", "id"}), text_at(image, {"Id"}));
  EXPECT_EQ(text_at(answer.result, {"images", "0", "type"}), "container");
  EXPECT_EQ(at(answer.result, {"images", "0", "size"}), std::to_string(size >> 20U));
  EXPECT_GE(size >> 20U, 1U);
}

TEST_F(Save, CarriesMessageAuthorAndConfiguration) {
  const RpcAnswer answer = save(
      R"({"repository":"mdocker-test/saved","tag":"v1","message":"why & what","author":"me <a@b>","run":{"Cmd":["/bin/true"]}})");

  ASSERT_EQ(answer.error, "");
  const std::string image = inspect_image(std::string(kSaved) + ":v1");
  EXPECT_EQ(text_at(image, {"Comment"}), "why & what");
  EXPECT_EQ(text_at(image, {"Author"}), "me <a@b>");
  EXPECT_EQ(compact(at(image, {"Config", "Cmd"})), R"(["/bin/true"])");
}

TEST_F(Save, TheIdGoesBeforeTheOptsContainer) {
  const RpcAnswer answer =
      save(R"({"Container":"mw-nosuch","Repository":"mdocker-test/saved","Tag":"v1"})");

  EXPECT_EQ(answer.error, "");
}

TEST_F(Save, ABadRepositoryOrTagIsRefusedAndLeavesNoImageBehind) {
  const std::string before = untagged();

  for (const char *opts :
       {R"({"Repository":"Bad Repo"})", R"({"Repository":"UPPER"})", R"({"Repository":"a//b"})",
        R"({"Repository":"mdocker-test/saved","Tag":"bad tag"})",
        R"({"Repository":"mdocker-test/saved&tag=x"})", R"({"Repository":"../x"})"}) {
    const RpcAnswer answer = save(opts);
    EXPECT_EQ(answer.status, 200);
    EXPECT_TRUE(answer.error.find("epository") != std::string::npos ||
                answer.error.find("ag") != std::string::npos)
        << opts << ": " << answer.error;
  }

  EXPECT_EQ(untagged(), before);
}

TEST_F(Save, TheGuestRunsAfterwards) {
  ASSERT_EQ(save(R"({"Repository":"mdocker-test/saved","Tag":"v1"})").error, "");

  EXPECT_EQ(state("mw-save"), "running");
}

} // namespace
} // namespace wire
