// SPDX-License-Identifier: Apache-2.0
//
// The image methods, seen at the engine.
#include "fixture.hpp"

#include <array>
#include <future>

namespace wire {
namespace {

constexpr const char *kFirst = "a0000001-0000-4000-8000-00000000000a";
constexpr const char *kSecond = "a0000002-0000-4000-8000-00000000000b";
constexpr const char *kForeign = "mdocker-test/foreign";
constexpr const char *kSortedFirst = "0000-before-any-uuid";

std::string id_param(std::string_view id) {
  return R"({"id":)" + json_string(id) + "}";
}

class Images : public OnEngine {
protected:
  void SetUp() override {
    OnEngine::SetUp();
    remove_images();
  }
  void TearDown() override {
    OnEngine::TearDown();
    remove_images();
  }

  static std::string image_id(const std::string &name) {
    return text_at(engine().get("/images/" + name + "/json"), {"Id"});
  }
  static bool is_there(const std::string &name) {
    return engine().request("GET", "/images/" + name + "/json").status == 200;
  }
  static RpcAnswer remove(std::string_view id) {
    return host().call("MDocker.DeleteImage", id_param(id));
  }
  /// Those of these tests in the answer of ListImages, in its order.
  static std::vector<std::string> listed() {
    std::vector<std::string> ids;
    for (const std::string &image : elements(at(must("MDocker.ListImages", "{}"), {"images"})))
      if (const std::string id = text_at(image, {"id"}); id.starts_with("a000000"))
        ids.push_back(id);
    return ids;
  }

  // In which the image was made: "2026-01-02T03:04:05.
  static std::string second_of(std::string_view name) {
    const std::string image = engine().get("/images/" + std::string(name) + "/json");
    const std::string created = at(image, {"Created"});
    return created.substr(0, created.find('.'));
  }

private:
  static void remove_images() {
    for (const char *name : {kFirst, kSecond, kForeign, kSortedFirst})
      for (const char *tag : {":latest", ":v2"})
        (void)engine().request("DELETE", "/images/" + std::string(name) + tag + "?force=1");
  }
};

TEST_F(Images, AreListedInTheEnginesOrderOnceEachWhateverOtherNamesTheyHave) {
  engine().make_image(kFirst);
  do { // the engine sorts by the second; within one the order is chance, from call to call
    engine().make_image(kSecond);
  } while (second_of(kSecond) == second_of(kFirst));
  engine().tag_image(kSecond, kSortedFirst, "latest");
  engine().tag_image(kSecond, kSecond, "v2");
  engine().tag_image(kFirst, kForeign, "latest");
  std::vector<std::string> engines_order;
  for (const std::string &image : elements(engine().get("/images/json")))
    for (const std::string &tag : elements(at(image, {"RepoTags"})))
      for (const char *uuid : {kFirst, kSecond})
        if (tag == json_string(std::string(uuid) + ":latest"))
          engines_order.emplace_back(uuid);

  EXPECT_EQ(engines_order.size(), 2U);
  EXPECT_EQ(listed(), engines_order);
}

TEST_F(Images, WithoutANameOrWithAForeignOneAreNotListed) {
  engine().make_image(kFirst);
  engine().make_image(kForeign);
  const std::string untagged = image_id(kForeign);
  engine().make_image(kForeign); // takes the name from the one before
  engine().tag_image(kForeign, kSecond, "v2");
  ASSERT_TRUE(is_there(untagged));

  EXPECT_EQ(listed(), std::vector<std::string>{kFirst});
  (void)engine().request("DELETE", "/images/" + untagged + "?force=1");
}

TEST_F(Images, AreShownByNameAndIdUnderWhatWasAskedFor) {
  engine().make_image(kFirst);
  const std::string id = image_id(kFirst);
  const auto size = std::stoull(at(engine().get("/images/" + id + "/json"), {"Size"})) >> 20U;

  for (const std::string &asked :
       {std::string(kFirst), std::string("A0000001-0000-4000-8000-00000000000A"), id, id.substr(7),
        id.substr(7, 12), std::string(kFirst) + ":latest"})
    EXPECT_EQ(must("MDocker.GetImage", id_param(asked)),
              R"({"images":[{"id":)" + json_string(asked) + R"(,"type":"container","size":)" +
                  std::to_string(size) + "}]}");
}

TEST_F(Images, ThatAreDeletedLoseTheNameAskedForAndNoOther) {
  engine().make_image(kFirst);
  engine().tag_image(kFirst, kSecond, "latest");
  engine().tag_image(kFirst, kFirst, "v2");
  const std::string id = image_id(kFirst);

  EXPECT_EQ(remove("A0000001-0000-4000-8000-00000000000A").error, "");

  EXPECT_FALSE(is_there(std::string(kFirst) + ":latest"));
  EXPECT_EQ(image_id(std::string(kFirst) + ":v2"), id);
  EXPECT_EQ(image_id(kSecond), id);
  EXPECT_EQ(listed(), std::vector<std::string>{kSecond});
}

TEST_F(Images, WithSeveralNamesAreNotDeletedByTheirId) {
  engine().make_image(kFirst);
  engine().tag_image(kFirst, kFirst, "v2");
  const std::string id = image_id(kFirst);

  for (const std::string &asked : {id, id.substr(7), id.substr(7, 12)}) {
    const std::string error = remove(asked).error;
    EXPECT_NE(error.find("API error (409): conflict"), std::string::npos) << error;
    EXPECT_NE(error.find(std::string(kFirst) + ":v2"), std::string::npos) << error;
  }

  EXPECT_EQ(image_id(std::string(kFirst) + ":latest"), id);
  EXPECT_EQ(image_id(std::string(kFirst) + ":v2"), id);
}

TEST_F(Images, WithOneNameAreDeletedByTheirId) {
  engine().make_image(kFirst);
  const std::string id = image_id(kFirst);

  EXPECT_EQ(text_at(remove(id.substr(7, 12)).result, {"images", "0", "id"}), id.substr(7, 12));

  EXPECT_FALSE(is_there(id));
}

TEST_F(Images, ThatAContainerUsesAreNotDeletedAndTheErrorNamesTheContainer) {
  engine().make_image(kFirst);
  create("mw-user", kFirst);
  const std::string id = image_id(kFirst);

  for (const std::string &asked : {std::string(kFirst), id}) {
    const std::string stopped = remove(asked).error;
    EXPECT_EQ(stopped.find("API error (409): conflict"), 0U) << stopped;
    EXPECT_NE(stopped.find("mw-user"), std::string::npos) << stopped;
  }
  must("MDocker.StartContainer", guest("mw-user"));
  EXPECT_NE(remove(kFirst).error.find("mw-user"), std::string::npos);

  EXPECT_EQ(image_id(kFirst), id);
  EXPECT_EQ(state("mw-user"), "running");
}

TEST_F(Images, LoseANameThatAContainerWasMadeByWhereAnotherNameStays) {
  engine().make_image(kFirst);
  engine().tag_image(kFirst, kForeign, "latest");
  create("mw-user", kFirst);

  EXPECT_EQ(remove(kFirst).error, "");

  EXPECT_FALSE(is_there(kFirst));
  EXPECT_TRUE(is_there(kForeign));
}

TEST_F(Images, EightDeletesAtOnceAreOneDelete) {
  engine().make_image(kFirst);
  const std::array<std::string, 3> names{kFirst, std::string(kFirst) + ":latest",
                                         "A0000001-0000-4000-8000-00000000000A"};

  std::vector<std::future<RpcAnswer>> calls;
  for (std::size_t i = 0; i < 8; ++i)
    calls.push_back(
        std::async(std::launch::async, [name = names[i % names.size()]] { return remove(name); }));

  std::size_t done = 0;
  for (std::future<RpcAnswer> &call : calls) {
    const RpcAnswer answer = call.get();
    done += answer.error.empty() ? 1U : 0U;
    EXPECT_TRUE(answer.error.empty() || answer.error == "no such image") << answer.error;
  }
  EXPECT_EQ(done, 1U);
}

TEST_F(Images, WithHostileIdsNameWhatIsWrongAndNothingIsDone) {
  engine().make_image(kFirst);
  engine().tag_image(kFirst, kSecond, "latest");
  const std::string first = kFirst;

  for (const std::string &id :
       {first + "?force=1", first + "?force=1&x=", std::string("../containers"),
        first + "/../" + kSecond, first + "%3fforce=1", std::string("UPPER"), first + " ",
        first + "\n", std::string("*")})
    for (const char *method : {"MDocker.GetImage", "MDocker.GetImages", "MDocker.DeleteImage"}) {
      const std::string error = host().call(method, id_param(id)).error;
      EXPECT_EQ(error.find("invalid id " + json_string(id)), 0U) << error;
    }

  EXPECT_TRUE(is_there(kFirst));
  EXPECT_TRUE(is_there(kSecond));
}

TEST_F(Images, ErrorsSayOfWhichImageTheyAre) {
  const HttpResponse response = host().post(
      R"({"jsonrpc":"2.0","method":"MDocker.DeleteImage","params":[{"id":"nosuch"}],"id":1})");

  EXPECT_EQ(text_at(response.body, {"error", "message"}), "no such image");
  EXPECT_EQ(text_at(response.body, {"error", "data", "kind"}), "not_found");
  EXPECT_EQ(text_at(response.body, {"error", "data", "image"}), "nosuch");
  EXPECT_FALSE(has(response.body, {"error", "data", "guest"}));
}

} // namespace
} // namespace wire
