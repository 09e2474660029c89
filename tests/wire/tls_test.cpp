// SPDX-License-Identifier: Apache-2.0
//
// An engine behind TLS, where both sides show a certificate.
#include "authority.hpp"
#include "fixture.hpp"

#include <arpa/inet.h>
#include <fstream>
#include <netinet/in.h>
#include <sys/socket.h>

namespace wire {
namespace {

namespace fs = std::filesystem;

std::uint16_t free_port() {
  const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr *>(&address), size) != 0 ||
      ::getsockname(fd.get(), reinterpret_cast<sockaddr *>(&address), &size) != 0)
    throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

/// The lines of a PEM file but its frame.
std::vector<std::string> key_material(const std::string &file) {
  std::ifstream in(file);
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);)
    if (!line.starts_with("-----"))
      out.push_back(line);
  return out;
}

constexpr const char *kServer = "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n";
constexpr const char *kClient = "extendedKeyUsage=clientAuth\n";
constexpr int kExpired = -1; // days

class Tls : public testing::Test {
protected:
  Tls() : ours_(dir_.path() / "ours"), other_(dir_.path() / "other"), port_(free_port()) {
    ours_.issue("server-", kServer);
    ours_.issue("", kClient);
    other_.issue("", kClient);
  }

  /// An engine with the certificate SERVERcert.pem of our authority.
  void start_engine(const std::string &server = "server-") {
    engine_.emplace(std::vector<std::string>{"--tlsverify", "--tlscacert", ours_.at("ca.pem"),
                                             "--tlscert", ours_.at(server + "cert.pem"), "--tlskey",
                                             ours_.at(server + "key.pem"), "--host", endpoint()});
  }
  [[nodiscard]] std::string endpoint(const std::string &host = "127.0.0.1") const {
    return "tcp://" + host + ":" + std::to_string(port_);
  }
  /// A folder with our ca.pem and this certificate and key.
  [[nodiscard]] fs::path certificates(const std::string &name, const std::string &cert,
                                      const std::string &key) const {
    fs::path folder = dir_.path() / name;
    fs::create_directories(folder);
    fs::copy_file(ours_.at("ca.pem"), folder / "ca.pem");
    fs::copy_file(cert, folder / "cert.pem");
    if (!key.empty())
      fs::copy_file(key, folder / "key.pem");
    return folder;
  }

  static void expect_refused(const std::string &at, const fs::path &certificates,
                             const std::string &named, ExitStatus status = 1) {
    Process process(serve_command(at, {"--docker-cert-path", certificates.string()}));
    EXPECT_EQ(process.wait(), status) << process.output();
    EXPECT_EQ(lines(process.output()).size(), 1U) << process.output();
    EXPECT_NE(process.output().find(named), std::string::npos) << process.output();
  }

  TempDir dir_;
  Authority ours_;
  Authority other_;
  std::uint16_t port_;
  std::optional<PrivateEngine> engine_;
};

TEST_F(Tls, IsSpokenWithTheCertificatesAndLogsNothingOfTheKey) {
  start_engine();
  HostProcess host(endpoint(), {"-l", "debug", "--docker-cert-path", ours_.dir()});

  const RpcAnswer answer = host.call("MDocker.GetInfo");

  EXPECT_EQ(answer.error, "");
  EXPECT_EQ(text_at(answer.result, {"ID"}), text_at(engine_->api().get("/info"), {"ID"}));
  EXPECT_EQ(host.end(), 0) << host.process().output();
  const std::vector<std::string> secrets = key_material(ours_.at("key.pem"));
  ASSERT_FALSE(secrets.empty());
  for (const std::string &secret : secrets)
    EXPECT_EQ(host.process().output().find(secret), std::string::npos) << host.process().output();
}

TEST_F(Tls, IsRefusedToAndByWhoeverHasNotTheRightCertificate) {
  start_engine();
  // The engine's certificate is by another authority than the one that is trusted.
  expect_refused(endpoint(), other_.dir(), endpoint());

  // It is for another name than the engine is called by.
  expect_refused(endpoint("localhost"), ours_.dir(), "target host name 'localhost'");

  // The right authority, but the client's own certificate is by another one, or has expired.
  const fs::path mixed = certificates("mixed", other_.at("cert.pem"), other_.at("key.pem"));
  expect_refused(endpoint(), mixed, (mixed / "cert.pem").string());
  ours_.issue("old-", kClient, kExpired);
  const fs::path old = certificates("old", ours_.at("old-cert.pem"), ours_.at("old-key.pem"));
  expect_refused(endpoint(), old, (old / "cert.pem").string());
}

TEST_F(Tls, IsNotSpokenToAnEngineWhoseCertificateHasExpired) {
  ours_.issue("old-", kServer, kExpired);
  start_engine("old-");
  expect_refused(endpoint(), ours_.dir(), "certificate has expired");
}

TEST_F(Tls, NeedsAllItsFiles) {
  const fs::path without = certificates("without", ours_.at("cert.pem"), "");
  expect_refused(endpoint(), without, (without / "key.pem").string(), 2);

  const fs::path text = certificates("text", ours_.at("cert.pem"), ours_.at("key.pem"));
  std::ofstream(text / "ca.pem", std::ios::trunc) << "no PEM\n";
  expect_refused(endpoint(), text, (text / "ca.pem").string(), 2);
}

TEST_F(Tls, IsNotDoneWithoutUnlessThatIsSaid) {
  Process process(serve_command(endpoint()));
  EXPECT_EQ(process.wait(), 2) << process.output();
  EXPECT_NE(process.output().find("\"insecure\": true"), std::string::npos) << process.output();
}

} // namespace
} // namespace wire
