// SPDX-License-Identifier: Apache-2.0
//
// The mock host as an image service: --images DIR.
#include "fixture.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>

namespace host_test {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLarge = 64U << 20U; // more than sockets hold

std::string path_of(const std::string &id) {
  return "/images/" + id + "/download";
}

std::string get(const std::string &target) {
  return wire::request_text("GET", target);
}

class Images : public testing::Test {
protected:
  Images() { fs::create_directory(folder()); }

  [[nodiscard]] fs::path folder() const { return dir_.path() / "images"; }
  void put(const std::string &name, const std::string &text) const {
    std::ofstream(folder() / name) << text;
  }
  /// Zeros that take no place on the disk.
  void put_large(const std::string &name) const {
    put(name, "");
    fs::resize_file(folder() / name, kLarge);
  }
  /// The server, started when it is first asked for.
  Server &server() {
    if (!server_)
      server_.emplace(std::vector<std::string>{"--images", folder().string()});
    return *server_;
  }
  HttpResponse download(const std::string &id) { return server().exchange(get(path_of(id))); }

private:
  TempDir dir_;
  std::optional<Server> server_;
};

TEST_F(Images, AreServedByTheirIdWithAnyUsualSuffix) {
  for (const std::string suffix : {"", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.zst",
                                   ".tzst", ".tar.bz2", ".tbz2", ".tbz"}) {
    const std::string id = "id" + std::to_string(suffix.size()) + suffix.substr(suffix.size() / 2);
    put(id + suffix, "content of " + id);

    const HttpResponse response = download(id);

    EXPECT_EQ(response.status, 200) << id << suffix << ": " << response.body;
    EXPECT_EQ(response.body, "content of " + id);
    EXPECT_EQ(response.header("content-length"), std::to_string(response.body.size()));
    EXPECT_EQ(response.header("content-type"), "application/octet-stream");
  }
}

TEST_F(Images, ThatAreEmptyAreServedEmpty) {
  put("empty.tar", "");
  const HttpResponse response = download("empty");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("content-length"), "0");
}

TEST_F(Images, AreThereAtOnceWhenTheirFileIs) {
  EXPECT_EQ(download("a").status, 404);
  put("a.tar", "1");
  EXPECT_EQ(download("a").body, "1");
}

TEST_F(Images, ThatAreNotThereAre404WithWhatWasLookedFor) {
  const HttpResponse response = download("nobody");
  EXPECT_EQ(response.status, 404);
  EXPECT_NE(response.body.find("no file nobody, alone or with .tar"), std::string::npos)
      << response.body;
}

TEST_F(Images, WithTwoArchivesAreAConflictThatNamesBoth) {
  put("a.tar", "1");
  put("a.tar.gz", "2");
  const HttpResponse response = download("a");
  EXPECT_EQ(response.status, 409);
  EXPECT_NE(response.body.find("a.tar.gz and a.tar"), std::string::npos) << response.body;
}

TEST_F(Images, AreNeverOutsideOfTheFolder) {
  std::ofstream(folder().parent_path() / "secret.tar") << "secret";
  put(".hidden.tar", "secret");
  fs::create_directory(folder() / "sub");
  put("sub/a.tar", "secret");
  for (const std::string id :
       {"..", "../secret", "%2e%2e%2fsecret", "..%2fsecret", "/secret", ".hidden", "sub/a",
        "sub%2fa", "./sub/a", "", ".", "a%00", "a b", "~"})
    EXPECT_NE(download(id).status, 200) << id;
  EXPECT_EQ(download(std::string(300, 'a')).status, 404);
  EXPECT_EQ(server().exchange(get("/images/../secret")).status, 404);
  EXPECT_EQ(download("../secret").status, 404);
}

TEST_F(Images, FollowLinksAsLongAsTheyStayInTheFolder) {
  put("real.tar", "content");
  fs::create_symlink("real.tar", folder() / "alias.tar");
  std::ofstream(folder().parent_path() / "secret.tar") << "secret";
  fs::create_symlink("../secret.tar", folder() / "relative.tar");
  fs::create_symlink(folder().parent_path() / "secret.tar", folder() / "absolute.tar");
  fs::create_symlink("loop.tar", folder() / "loop.tar");
  fs::create_symlink("/proc/self/fd/0", folder() / "magic.tar");

  EXPECT_EQ(download("alias").body, "content");
  for (const char *id : {"relative", "absolute", "loop", "magic"}) {
    const HttpResponse response = download(id);
    EXPECT_EQ(response.status, 403) << id << ": " << response.body;
    EXPECT_NE(response.body.find("leads out of the folder"), std::string::npos) << response.body;
  }
}

TEST_F(Images, AreFilesAndNothingElse) {
  fs::create_directory(folder() / "folder.tar");
  ASSERT_EQ(::mkfifo((folder() / "pipe.tar").c_str(), 0600), 0);
  EXPECT_EQ(download("folder").status, 404);
  EXPECT_EQ(download("pipe").status, 404);
  fs::create_directory(folder() / "unpacked");
  put("unpacked.tar", "content");
  EXPECT_EQ(download("unpacked").body, "content");
}

TEST_F(Images, AreListedWithIdFileAndSize) {
  put("b.tar.gz", "12345");
  put("a", "1");
  put(".hidden", "1");
  fs::create_directory(folder() / "sub");
  fs::create_symlink("/etc/hostname", folder() / "out.tar");

  const HttpResponse response = server().exchange(get("/images"));

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("content-type"), "application/json; charset=utf-8");
  EXPECT_EQ(response.body, R"({"images":[{"id":"a","file":"a","size":1},)"
                           R"({"id":"b","file":"b.tar.gz","size":5}]})"
                           "\n");
  EXPECT_EQ(server().exchange(get("/images")).body, response.body);
}

TEST_F(Images, AreAnEmptyListWhereThereAreNone) {
  EXPECT_EQ(server().exchange(get("/images")).body, "{\"images\":[]}\n");
}

TEST_F(Images, CanBeAskedForTheirHeadAlone) {
  put("a.tar", "12345");
  const RawSocket socket(server().port());
  socket.send(wire::request_text("HEAD", path_of("a"), "", {"Connection: close"}));

  const std::string head = socket.read_all();

  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n")) << head;
  EXPECT_NE(head.find("Content-Length: 5\r\n"), std::string::npos) << head;
  EXPECT_TRUE(head.ends_with("\r\n\r\n")) << "no body: " << head;
}

TEST_F(Images, CannotBeChanged) {
  put("a.tar", "1");
  for (const char *method : {"POST", "PUT", "DELETE"}) {
    const HttpResponse response = server().exchange(wire::request_text(method, path_of("a")));
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(response.header("allow"), "GET, HEAD");
  }
}

TEST_F(Images, AreOffUnlessAskedFor) {
  const Server plain;
  EXPECT_EQ(plain.exchange(get("/images")).status, 404);
  EXPECT_EQ(plain.exchange(get(path_of("a"))).status, 404);
}

TEST_F(Images, CanBeConfiguredByVariableAndFile) {
  put("a.tar", "1");
  const Server by_variable({}, {"MISTIFY_IMAGES=" + folder().string()});
  EXPECT_EQ(by_variable.exchange(get(path_of("a"))).status, 200);
  const TempDir dir;
  const Server by_file(
      {"--config", config_file(dir, R"({"images":")" + folder().string() + "\"}")});
  EXPECT_EQ(by_file.exchange(get(path_of("a"))).status, 200);
}

TEST_F(Images, NeedAFolder) {
  put("file", "");
  for (const std::string path : {folder() / "file", folder() / "nowhere"}) {
    const Outcome outcome = run_host({"serve", "--plugin", PROBE_PLUGIN, "--images", path});
    EXPECT_EQ(outcome.status, 2) << outcome.output;
    EXPECT_NE(outcome.output.find("images " + path + ": "), std::string::npos) << outcome.output;
    EXPECT_NE(outcome.output.find("expected a folder"), std::string::npos) << outcome.output;
  }
}

TEST_F(Images, ShareAConnectionWithOtherRequests) {
  put_large("a.tar");
  put("b.tar", "b");
  Connection connection = server().connect();
  connection.send(get(path_of("a")) + get(path_of("b")) + call_request("Probe.Echo"));

  EXPECT_EQ(connection.receive().body.size(), kLarge);
  EXPECT_EQ(connection.receive().body, "b");
  EXPECT_EQ(connection.receive().status, 200);
}

/// In KiB, the most memory that the process ever had for itself.
long peak_memory(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:"))
      return std::stol(line.substr(6));
  return -1;
}

TEST_F(Images, AreNotHeldInMemory) {
  put_large("a.tar");
  EXPECT_EQ(server().exchange(get("/images")).status, 200);
  const long before = peak_memory(server().process().pid());

  EXPECT_EQ(download("a").body.size(), kLarge);

  EXPECT_LT(peak_memory(server().process().pid()) - before, 4'096);
}

TEST_F(Images, KeepNobodyElseWaitingWhereTheirReaderIsSlow) {
  put_large("a.tar");
  const RawSocket slow(server().port());
  slow.send(get(path_of("a")));

  EXPECT_EQ(download("a").body.size(), kLarge);
  EXPECT_EQ(server().call("Probe.Echo").status, 200);
}

TEST_F(Images, AreGivenUpWithTheirReader) {
  put_large("a.tar");
  RawSocket leaves(server().port());
  leaves.send(get(path_of("a")));
  leaves.reset();

  EXPECT_EQ(download("a").body.size(), kLarge);
  EXPECT_EQ(server().end(), 0) << "no connection is left to wait for";
}

TEST_F(Images, ThatShrinkMeanwhileEndTheConnectionEarly) {
  put_large("a.tar");
  const RawSocket socket(server().port());
  socket.send(get(path_of("a")));
  EXPECT_EQ(server().call("Probe.Echo").status, 200); // by now the download has begun
  fs::resize_file(folder() / "a.tar", 0);

  const std::string all = socket.read_all();

  EXPECT_NE(all.find("Content-Length: " + std::to_string(kLarge)), std::string::npos);
  EXPECT_LT(all.size(), kLarge);
}

} // namespace
} // namespace host_test
