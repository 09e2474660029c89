// SPDX-License-Identifier: Apache-2.0
//
// What LoadImage refuses: each with a message of its own, and the engine has what it had.
#include "image_fixture.hpp"

#include <image/digest.hpp>

#include <functional>

namespace wire {
namespace {

namespace image = mdocker::image;
using image::test::Codec;
using image::test::compressed;

const ImageParts &good() {
  static const ImageParts parts("refused");
  return parts;
}
const ImageParts &another() {
  static const ImageParts parts("another");
  return parts;
}

// A root file system, as `docker export` writes it.
std::string root_file_system() {
  Tar tar;
  tar.folder("bin/").folder("etc/").folder("dev/").folder("proc/").folder("sys/");
  tar.file("etc/hostname", "x").file("bin/sh", "#!").file(".dockerenv", "");
  return tar.done();
}

std::string two_images() {
  Tar tar;
  for (const ImageParts *parts : {&good(), &another()}) {
    tar.file(parts->config_file(), parts->config);
    tar.file(parts->layer_file(), parts->layer);
  }
  tar.file("manifest.json", "[" + good().manifest_entry(R"(["a:1"])") + "," +
                                another().manifest_entry(R"(["b:1"])") + "]");
  return tar.done();
}

std::string with_manifest(const std::string &text) {
  Tar tar;
  tar.file(good().config_file(), good().config);
  tar.file(good().layer_file(), good().layer);
  tar.file("manifest.json", text);
  return tar.done();
}

std::string contradicting() {
  Tar tar;
  for (const ImageParts *parts : {&good(), &another()})
    parts->add_blobs(tar);
  for (const ImageParts *parts : {&good(), &another()}) {
    tar.file(parts->config_file(), parts->config);
    tar.file(parts->layer_file(), parts->layer);
  }
  tar.file("oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  tar.file("index.json", image::test::index_json(
                             image::test::descriptor(image::test::kManifestType, good().manifest)));
  tar.file("manifest.json", "[" + another().manifest_entry(R"(["a:1"])") + "]");
  return tar.done();
}

std::string with_wrong_checksum(std::string gzip) {
  gzip[gzip.size() - 8] = static_cast<char>(gzip[gzip.size() - 8] ^ 1);
  return gzip;
}

struct BadArchive {
  const char *name;
  std::function<std::string()> write;
  const char *words;
};
void PrintTo(const BadArchive &archive, std::ostream *out) {
  *out << archive.name;
}

std::string gzipped() {
  return compressed(Codec::gzip, docker_archive(good()));
}

const BadArchive kBadArchives[] = {
    {"Empty", [] { return std::string(); }, "empty"},
    {"Text", [] { return std::string(4'096, 't'); }, "no archive"},
    {"HundredBytes", [] { return std::string(100, 'x'); }, ""},
    {"CutInsideAFile", [] { return docker_archive(good()).substr(0, 1'700); }, "cut short"},
    {"CutBeforeItsEnd",
     [] {
       const std::string whole = docker_archive(good());
       return whole.substr(0, whole.size() - 1'024);
     },
     "cut short"},
    {"CutInsideGzip",
     [] {
       const std::string whole = gzipped();
       return whole.substr(0, whole.size() / 2);
     },
     "cut short"},
    {"CutInsideGzipsTrailer",
     [] {
       const std::string whole = gzipped();
       return whole.substr(0, whole.size() - 3);
     },
     "cut short"},
    {"WrongChecksumOfGzip", [] { return with_wrong_checksum(gzipped()); }, "gzip"},
    {"MoreThanOneImage", two_images, "more than one"},
    {"ManyTagsOfLegacy",
     [] {
       const std::string hash = good().layer_digest.substr(7);
       return legacy_archive(good(), R"({"a":{"x":")" + hash + R"(","y":")" + hash +
                                         R"("},"b":{"x":")" + std::string(64, '0') + "\"}}");
     },
     ""},
    {"ManifestIsNoJson", [] { return with_manifest("[{nonsense"); }, "manifest.json"},
    {"ManifestIsEmpty", [] { return with_manifest("[]"); }, "manifest.json"},
    {"ManifestIsTooLarge",
     [] {
       return with_manifest("[" + good().manifest_entry(R"(["a:1"])") +
                            std::string((std::size_t{20} << 20U) + 1, ' ') + "]");
     },
     "larger than"},
    {"NamesContradict", contradicting, ""},
    {"RootFileSystem", root_file_system, "exported"},
};

class Refused : public Images, public testing::WithParamInterface<BadArchive> {};
INSTANTIATE_TEST_SUITE_P(Archives, Refused, testing::ValuesIn(kBadArchives),
                         [](const auto &row) { return std::string(row.param.name); });

TEST_P(Refused, WithNothingLoaded) {
  start_host();
  service_.serve(kUuid, GetParam().write());

  expect_refused(GetParam().words);
  expect_next_load_works();
}

// Without a length, so that only the archive itself says that something is missing.
TEST_P(Refused, AlsoWhereTheServiceSaysNoLength) {
  start_host();
  service_.answer(kUuid, Reply().send("HTTP/1.1 200 OK\r\n\r\n").send(GetParam().write()).close());

  expect_refused(GetParam().words);
}

struct BadService {
  const char *name;
  std::function<Reply(const std::string &archive)> reply;
  const char *words;
};
void PrintTo(const BadService &service, std::ostream *out) {
  *out << service.name;
}

Reply with_fields(const std::string &archive, const std::string &fields) {
  return Reply().send(archive_head(archive.size(), fields)).send(archive).close();
}

Reply status(const char *line, const std::string &fields = {}) {
  return Reply()
      .send("HTTP/1.1 " + std::string(line) + "\r\nContent-Length: 0\r\n" + fields + "\r\n")
      .close();
}

const BadService kBadServices[] = {
    {"NotFound", [](const auto &) { return status("404 Not Found"); },
     "unexpected http response code: expected 200, received 404, url: http://"},
    {"ServerError", [](const auto &) { return status("500 Internal Server Error"); },
     "unexpected http response code: expected 200, received 500, url: http://"},
    {"NoContent", [](const auto &) { return status("204 No Content"); },
     "unexpected http response code: expected 200, received 204, url: http://"},
    {"PartialContent",
     [](const auto &archive) {
       return Reply()
           .send("HTTP/1.1 206 Partial Content\r\nContent-Length: " +
                 std::to_string(archive.size()) + "\r\n\r\n")
           .send(archive)
           .close();
     },
     "unexpected http response code: expected 200, received 206, url: http://"},
    {"Shorter",
     [](const auto &archive) {
       return Reply().send(archive_head(archive.size() + 512)).send(archive).close();
     },
     ""},
    {"Longer",
     [](const auto &archive) {
       return Reply().send(archive_head(archive.size() - 1'024)).send(archive).close();
     },
     ""},
    {"LongerByZerosOnly",
     [](const auto &archive) {
       return Reply()
           .send(archive_head(archive.size()))
           .send(archive + std::string(512, '\0'))
           .close();
     },
     "Content-Length"},
    {"LongerLater",
     [](const auto &archive) {
       return Reply()
           .send(archive_head(archive.size()))
           .send(archive)
           .wait(std::chrono::milliseconds(100))
           .send(std::string(512, '\0'))
           .close();
     },
     "Content-Length"},
    {"ConnectionReset",
     [](const auto &archive) {
       return Reply().send(archive_head(archive.size())).send(archive.substr(0, 1'000)).reset();
     },
     ""},
    {"CutChunk",
     [](const auto &archive) { return mdocker::test::cut_chunk(200, archive, 1'000).close(); }, ""},
    {"NoHttp", [](const auto &) { return mdocker::test::garbage().close(); }, ""},
    {"RedirectToAnotherHost",
     [](const auto &) { return status("302 Found", "Location: http://127.0.0.2:1/x\r\n"); },
     "redirect"},
    {"RedirectWithoutEnd",
     [](const auto &) { return status("302 Found", "Location: " + download_path(kUuid) + "\r\n"); },
     "redirect"},
    {"WrongSha256",
     [](const auto &archive) {
       return with_fields(archive, "X-Checksum-Sha256: " + std::string(64, '0') + "\r\n");
     },
     "X-Checksum-Sha256"},
    {"MalformedSha256",
     [](const auto &archive) { return with_fields(archive, "X-Checksum-Sha256: 12\r\n"); },
     "X-Checksum-Sha256"},
    {"WrongContentDigest",
     [](const auto &archive) {
       return with_fields(archive, "Content-Digest: sha-256=:" + std::string(43, 'A') + "=:\r\n");
     },
     "Content-Digest"},
    {"WrongDigest",
     [](const auto &archive) {
       return with_fields(archive, "Digest: sha-256=" + std::string(43, 'A') + "=\r\n");
     },
     "Digest"},
    {"Silent",
     [](const auto &archive) {
       return Reply().send(archive_head(archive.size())).send(archive.substr(0, 1'000)).hang();
     },
     "500"},
    {"SilentFromTheStart", [](const auto &) { return Reply().hang(); }, "500"},
};

class BadAnswer : public Images, public testing::WithParamInterface<BadService> {};
INSTANTIATE_TEST_SUITE_P(Services, BadAnswer, testing::ValuesIn(kBadServices),
                         [](const auto &row) { return std::string(row.param.name); });

TEST_P(BadAnswer, LoadsNothing) {
  start_host(R"("timeouts":{"image_idle_ms":500})");
  service_.answer(kUuid, GetParam().reply(docker_archive(good())));

  expect_refused(GetParam().words);
  expect_next_load_works();
}

class Service : public Images {};

TEST_F(Service, SlowButNeverSilentForLongIsWaitedFor) {
  start_host(R"("timeouts":{"image_idle_ms":500})");
  const std::string archive = docker_archive(good());
  service_.answer(kUuid, Reply()
                             .send(archive_head(archive.size()))
                             .drip(archive, archive.size() / 8, std::chrono::milliseconds(100))
                             .close());

  EXPECT_EQ(load().error, "");
}

TEST_F(Service, ThatIsNotThereIsNamed) {
  service_.serve(kUuid, docker_archive(good()));
  HostProcess host(engine().endpoint(), {"-i", "127.0.0.1:1"});

  const RpcAnswer answer = host.call("MDocker.LoadImage", by_id(kUuid));

  EXPECT_NE(answer.error.find("127.0.0.1:1"), std::string::npos) << answer.error;
  EXPECT_EQ(holdings(engine()), before_);
  EXPECT_EQ(host.end(), 0);
}

struct BadId {
  const char *id;
  const char *words;
};
const BadId kBadIds[] = {{"", "missing id"},
                         {"asdf", "invalid id"},
                         {"../images/x", "invalid id"},
                         {"6d6f636b-0000-4000-8000-00000000a001/../x", "invalid id"},
                         {"6d6f636b-0000-4000-8000-00000000a00", "invalid id"},
                         {"{6d6f636b-0000-4000-8000-00000000a001}", "invalid id"},
                         {"6d6f636b-0000-4000-8000-00000000a001?x=1", "invalid id"}};

TEST_F(Service, IsNeverAskedForWhatIsNoUuid) {
  for (const BadId &bad : kBadIds) {
    const RpcAnswer answer = load(bad.id);
    EXPECT_EQ(answer.status, 200);
    EXPECT_NE(answer.error.find(bad.words), std::string::npos) << bad.id << ": " << answer.error;
  }

  EXPECT_TRUE(service_.requests().empty());
}

} // namespace
} // namespace wire
