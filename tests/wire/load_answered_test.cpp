// SPDX-License-Identifier: Apache-2.0
//
// What an engine may answer to an archive that it was given whole, and what becomes of the name
// then.
#include "doubled_engine.hpp"

namespace wire {
namespace {

using mdocker::test::Request;

TEST_F(DoubledEngine, TellsOfAFailureInsideOfItsAnswer) {
  start([](const Request &) {
    return mdocker::test::error_in_stream({R"({"status":"Loading layer"})"
                                           "\r\n"},
                                          "no space left on device");
  });
  service_.serve(kUuid, docker_archive(ImageParts("x")));

  const RpcAnswer answer = load();

  EXPECT_NE(answer.error.find("no space left on device"), std::string::npos) << answer.error;
}

TEST_F(DoubledEngine, CannotUnpackWhatItHasNamed) {
  start([](const Request &) {
    return mdocker::test::chunked(200, {R"({"stream":"Error unpacking image x: failed"})"
                                        "\r\n"});
  });
  service_.serve(kUuid, docker_archive(ImageParts("x")));

  const RpcAnswer answer = load();

  EXPECT_NE(answer.error.find("Error unpacking image"), std::string::npos) << answer.error;
}

TEST_F(DoubledEngine, FailsAfterItHasNamedTheImageAndTheNameIsTakenBack) {
  const ImageParts image("x");
  for (const Reply &reply :
       {mdocker::test::error_in_stream({}, "no space left on device"),
        mdocker::test::chunked(200,
                               {R"({"stream":"Error unpacking image x: no space left on device"})",
                                R"({"stream":"Loaded image: x"})"}),
        mdocker::test::refusal(500, "no space left on device")}) {
    loaded_ = false;
    start_naming(image, reply);

    const RpcAnswer answer = load();

    EXPECT_EQ(answer.error.find("no sign of life"), std::string::npos);
    EXPECT_NE(answer.error.find("named it " + kName + " by then, which is undone"),
              std::string::npos)
        << answer.error;
    EXPECT_EQ(count("DELETE /images/" + kName), 1U);
  }
}

TEST_F(DoubledEngine, MakesAnotherImageOfTheArchiveAndTheNameIsTakenBack) {
  start(
      [this](const Request &) {
        loaded_ = true;
        return mdocker::test::chunked(200, {R"({"stream":"Loaded image: x"})"});
      },
      R"({"Id":"sha256:)" + std::string(64, 'e') + R"(","Size":1})");
  const ImageParts image("x");
  service_.serve(kUuid, docker_archive(image));

  const RpcAnswer answer = load();

  for (const std::string &words :
       {"the engine made sha256:" + std::string(64, 'e') + " of the archive that names " + image.id,
        "named it " + kName + " by then, which is undone"})
    EXPECT_NE(answer.error.find(words), std::string::npos) << answer.error;
  EXPECT_EQ(count("DELETE /images/" + kName), 1U);
}

TEST_F(DoubledEngine, FailsAndAnImageOfSomebodyElseHasTheName) {
  start(
      [this](const Request &) {
        loaded_ = true;
        return mdocker::test::error_in_stream({}, "no space left on device");
      },
      R"({"Id":"sha256:)" + std::string(64, 'e') + R"(","Size":1})");
  service_.serve(kUuid, docker_archive(ImageParts("x")));

  const RpcAnswer answer = load();

  EXPECT_NE(answer.error.find("no space left on device"), std::string::npos) << answer.error;
  EXPECT_NE(answer.error.find("has another image named " + kName), std::string::npos);
  EXPECT_EQ(count("DELETE"), 0U);
}

TEST_F(DoubledEngine, FailsAfterItHasNamedTheImageAndKeepsTheName) {
  removal_ = mdocker::test::refusal(409, "it is in use");
  start_naming(ImageParts("x"), mdocker::test::error_in_stream({}, "no space left on device"));

  const RpcAnswer answer = load();

  for (const std::string &words :
       {std::string("no space left on device"), "named it " + kName, std::string("it is in use")})
    EXPECT_NE(answer.error.find(words), std::string::npos) << answer.error;
}

TEST_F(DoubledEngine, TakesTheNameBackAndItsAnswerToThatIsLost) {
  removal_ = Reply().then([this] {
    loaded_ = false;
    return Reply().close();
  });
  start_naming(ImageParts("x"), mdocker::test::error_in_stream({}, "no space left on device"));

  const RpcAnswer answer = load();

  EXPECT_NE(answer.error.find("named it " + kName + " by then, which is undone"), std::string::npos)
      << answer.error;
}

TEST_F(DoubledEngine, DoesNotTakeTheNameBackAndItsAnswerToThatIsLost) {
  removal_ = Reply().close();
  start_naming(ImageParts("x"), mdocker::test::error_in_stream({}, "no space left on device"));

  const RpcAnswer answer = load();

  EXPECT_NE(answer.error.find("and does not undo it: delete of " + kName + " was not done"),
            std::string::npos)
      << answer.error;
}

TEST_F(DoubledEngine, SaysNothingMoreOnceItIsToTakeTheNameBack) {
  removal_ = Reply().then([this] {
    engine_->set_mood(mdocker::test::EngineDouble::Mood::closes);
    return Reply().close();
  });
  start_naming(ImageParts("x"), mdocker::test::error_in_stream({}, "no space left on device"));

  const RpcAnswer answer = load();

  EXPECT_NE(answer.error.find("whether delete of " + kName + " was done is unknown"),
            std::string::npos)
      << answer.error;
  EXPECT_EQ(answer.error.find("does not undo it"), std::string::npos) << answer.error;
}

/// Answers of which nobody can say what they mean.
const std::vector<Reply> &unreadable() {
  static const std::vector<Reply> replies = {
      mdocker::test::chunked(200, {"<html>"}), mdocker::test::chunked(200, {"{\"stream\":}"}),
      mdocker::test::chunked(200, {R"({"stream":"Loaded image: x)"}),
      mdocker::test::chunked(200, {R"({"stream":")" + std::string(300'000, 'x') + R"("})"})};
  return replies;
}

TEST_F(DoubledEngine, WhoseAnswerCannotBeReadIsAskedForTheImage) {
  for (const Reply &reply : unreadable()) {
    loaded_ = false;
    start_naming(ImageParts("x"), reply);

    EXPECT_EQ(load().error, "");

    EXPECT_EQ(count("DELETE"), 0U) << "a good image is taken back";
  }
}

TEST_F(DoubledEngine, WhoseAnswerCannotBeReadHasNoImage) {
  for (const Reply &reply : unreadable()) {
    start([reply](const Request &) { return reply; });
    service_.serve(kUuid, docker_archive(ImageParts("x")));

    const RpcAnswer answer = load();

    EXPECT_NE(answer.error.find("was not done: the engine's answer to the image: "),
              std::string::npos)
        << answer.error;
  }
}

TEST_F(DoubledEngine, FailsAndHasNamedNothing) {
  start([](const Request &) {
    return mdocker::test::error_in_stream({}, "no space left on device");
  });
  service_.serve(kUuid, docker_archive(ImageParts("x")));

  const RpcAnswer answer = load();

  EXPECT_EQ(answer.error.find("named it"), std::string::npos) << answer.error;
  EXPECT_EQ(count("DELETE"), 0U);
}

TEST_F(DoubledEngine, RefusesBeforeItHasTakenAll) {
  start([](const Request &) { return mdocker::test::refusal(500, "the disk is broken"); });
  service_.serve(kUuid, docker_archive(ImageParts("x")));

  EXPECT_NE(load().error.find("the disk is broken"), std::string::npos);
}

TEST_F(DoubledEngine, RefusesWhileTheServiceIsSilent) {
  start([](const Request &) { return Reply().hang(); });
  engine_->set_early_script([](const Request &head) -> std::optional<Reply> {
    if (head.method != "POST")
      return std::nullopt;
    return mdocker::test::refusal(500, "the disk is broken");
  });
  service_.answer(kUuid, first_half(docker_archive(ImageParts("x", 1))).hang());

  EXPECT_NE(load().error.find("the disk is broken"), std::string::npos);
}

TEST_F(DoubledEngine, HasAnotherImageUnderTheNameThanTheArchives) {
  const std::string other = "sha256:" + std::string(64, 'e');
  start(
      [this](const Request &) {
        loaded_ = true;
        return mdocker::test::chunked(200, {R"({"stream":"Loaded image: x"})"});
      },
      R"({"Id":")" + other + R"(","Size":1})");
  service_.serve(kUuid, docker_archive(ImageParts("x")));

  const RpcAnswer answer = load();

  EXPECT_NE(answer.error.find(other), std::string::npos) << answer.error;
  EXPECT_EQ(count("DELETE /images/" + kName), 1U) << "the name is left";
}

TEST_F(DoubledEngine, KnowsAnArchiveWithoutManifestByAManifestOfItsOwn) {
  const std::string own = "sha256:" + std::string(64, 'e');
  start(
      [this](const Request &) {
        loaded_ = true;
        return mdocker::test::chunked(200, {R"({"stream":"Loaded image: x"})"});
      },
      R"({"Id":")" + own + R"(","Size":1,"RepoDigests":[")" + kUuid + "@" + own + R"("]})");
  service_.serve(kUuid, docker_archive(ImageParts("x")));

  EXPECT_EQ(load().error, "");

  EXPECT_EQ(count("DELETE"), 0U);
}

TEST_F(DoubledEngine, IsSentTheArchiveOnceAndWithTheOnlyName) {
  const ImageParts image("x");
  start(
      [this](const Request &) {
        loaded_ = true;
        return mdocker::test::chunked(200, {R"({"stream":"Loaded image: x"})"});
      },
      R"({"Id":")" + image.id + R"(","Size":5242880})");
  service_.serve(kUuid, docker_archive(image));

  EXPECT_EQ(at(load().result, {"images", "0", "size"}), "5");

  EXPECT_EQ(count("POST"), 1U);
  EXPECT_EQ(count("DELETE"), 0U);
  for (const Request &request : engine_->requests())
    if (request.method == "POST") {
      EXPECT_EQ(request.path(), "/images/load");
      EXPECT_EQ(request.header("content-type"), "application/x-tar");
    }
  EXPECT_EQ(manifest_sent().find("mdocker-test"), std::string::npos) << manifest_sent();
}

TEST_F(DoubledEngine, OfAnotherArchitectureIsGivenThatImageOfSeveral) {
  const ImageParts own("s390x");
  pings_ = [](const Request &request) -> std::optional<Reply> {
    if (request.path() != "/version")
      return std::nullopt;
    return mdocker::test::answer(
        200, R"({"Version":"x","MinAPIVersion":"1.12","Os":"linux","Arch":"s390x"})");
  };
  start_naming(own, mdocker::test::chunked(200, {R"({"stream":"Loaded image: x"})"}));
  service_.serve(kUuid, oci_archive({{"amd64", ImageParts("amd64")}, {"s390x", own}}));

  EXPECT_EQ(load().error, "");

  EXPECT_NE(manifest_sent().find(mdocker::image::test::blob(own.id)), std::string::npos)
      << manifest_sent();
}

} // namespace
} // namespace wire
