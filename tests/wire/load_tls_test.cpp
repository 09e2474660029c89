// SPDX-License-Identifier: Apache-2.0
//
// LoadImage from an image service behind TLS, whose authority is the one that is named, or not.
#include "authority.hpp"
#include "image_fixture.hpp"

#include <charconv>
#include <fstream>

namespace wire {
namespace {

namespace fs = std::filesystem;

constexpr const char *kServe = R"(cd "$1" &&
exec openssl s_server -accept 127.0.0.1:0 -HTTP -cert "$2" -key "$3" >&"$4")";

/// A server that answers with the files of a folder, each of them an answer from its first byte on.
class TlsServer {
public:
  TlsServer(const fs::path &folder, const Authority &authority, const std::string &prefix)
      : process_({{"bash", "-c", kServe, "server", folder.string(),
                   authority.at(prefix + "cert.pem"), authority.at(prefix + "key.pem"), "{fd}"}}) {
    constexpr std::string_view kReady = "ACCEPT 127.0.0.1:";
    while (const auto line = process_.ready_line())
      if (line->starts_with(kReady)) {
        std::from_chars(line->data() + kReady.size(), line->data() + line->size(), port_);
        return;
      }
    throw std::runtime_error("the TLS server does not listen:\n" + process_.output());
  }

  [[nodiscard]] std::string url() const { return "https://127.0.0.1:" + std::to_string(port_); }

private:
  Process process_;
  std::uint16_t port_ = 0;
};

class LoadByTls : public Images {
protected:
  LoadByTls() : authority_(dir_.path() / "authority") { fs::create_directories(answers()); }

  [[nodiscard]] std::string image_service() const override { return url_; }
  [[nodiscard]] fs::path answers() const { return dir_.path() / "answers"; }

  /// A server whose certificate is for that name ("IP:127.0.0.1"), and is the one that is asked.
  void begin_server(const std::string &name) {
    authority_.issue("", "subjectAltName=" + name + "\nextendedKeyUsage=serverAuth\n");
    server_.emplace(answers(), authority_, "");
    url_ = server_->url();
  }
  void serve_by_tls(std::string_view archive) const {
    const fs::path file = answers().string() + download_path(kUuid);
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << archive_head(archive.size()) << archive;
  }
  /// A host that trusts this file's authorities.
  void start_trusting(const std::string &ca) { start_host(R"("image_ca":)" + json_string(ca)); }

  TempDir dir_;
  Authority authority_;
  std::optional<TlsServer> server_;
  std::string url_;
};

TEST_F(LoadByTls, WorksWithTheAuthorityThatIsNamed) {
  begin_server("IP:127.0.0.1");
  start_trusting(authority_.at("ca.pem"));
  const ImageParts image("behind TLS");
  serve_by_tls(docker_archive(image));

  const RpcAnswer answer = load();

  EXPECT_EQ(answer.error, "");
  EXPECT_TRUE(is_image(engine(), std::string(kUuid) + ":latest", image));
}

TEST_F(LoadByTls, IsWhereARedirectMayLead) {
  begin_server("IP:127.0.0.1");
  const std::string location = url_ + download_path(kUuid);
  url_ = service_.address();
  start_trusting(authority_.at("ca.pem"));
  const ImageParts image("redirected to TLS");
  serve_by_tls(docker_archive(image));
  service_.answer(kUuid, Reply()
                             .send("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " +
                                   location + "\r\n\r\n")
                             .close());

  EXPECT_EQ(load().error, "");

  EXPECT_TRUE(is_image(engine(), std::string(kUuid) + ":latest", image));
}

TEST_F(LoadByTls, RefusesAnotherAuthorityAndNamesTheOneThatIsTrusted) {
  const Authority other(dir_.path() / "other");
  begin_server("IP:127.0.0.1");
  start_trusting(other.at("ca.pem"));
  serve_by_tls(docker_archive(ImageParts("not trusted")));

  const RpcAnswer answer = load();

  EXPECT_NE(answer.error.find(url_), std::string::npos) << answer.error;
  EXPECT_NE(answer.error.find("certificate"), std::string::npos) << answer.error;
  EXPECT_NE(answer.error.find(other.at("ca.pem")), std::string::npos) << answer.error;
  expect_nothing_left();
}

TEST_F(LoadByTls, RefusesAnAuthorityThatTheMachineDoesNotKnow) {
  begin_server("IP:127.0.0.1");
  start_host();
  serve_by_tls(docker_archive(ImageParts("not trusted")));

  expect_refused("certificate");
}

TEST_F(LoadByTls, RefusesACertificateForAnotherName) {
  begin_server("IP:127.0.0.2,DNS:images.example");
  start_trusting(authority_.at("ca.pem"));
  serve_by_tls(docker_archive(ImageParts("another's")));

  const RpcAnswer answer = load();

  EXPECT_NE(answer.error.find("name matches target host name '127.0.0.1'"), std::string::npos)
      << answer.error;
  EXPECT_NE(answer.error.find(url_), std::string::npos) << answer.error;
  EXPECT_EQ(answer.error.find(authority_.at("ca.pem")), std::string::npos)
      << "it is not to blame: " << answer.error;
  expect_nothing_left();
}

TEST_F(LoadByTls, IsNotSpokenToAServerWithoutTls) {
  url_ = "https://" + service_.address();
  start_trusting(authority_.at("ca.pem"));
  service_.serve(kUuid, docker_archive(ImageParts("plain")));

  expect_refused(url_);
}

TEST_F(LoadByTls, NeedsAFileOfCertificates) {
  std::ofstream(dir_.path() / "no.pem") << "no PEM\n";
  for (const char *name : {"no.pem", "nowhere.pem", "."}) {
    const std::string ca = (dir_.path() / name).string();
    const PluginConfig config(R"("image_ca":)" + json_string(ca));
    Process host(serve_command(engine().endpoint(), config.arguments()));

    EXPECT_EQ(host.wait(), 2) << ca;
    EXPECT_EQ(lines(host.output()).size(), 1U) << host.output();
    EXPECT_NE(host.output().find("config key \"image_ca\": "), std::string::npos) << host.output();
    EXPECT_NE(host.output().find(ca), std::string::npos) << host.output();
  }
}

} // namespace
} // namespace wire
