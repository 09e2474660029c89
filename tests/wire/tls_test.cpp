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

class Tls : public testing::Test {
protected:
  Tls() : ours_(dir_.path() / "ours"), other_(dir_.path() / "other"), port_(free_port()) {
    ours_.issue("server-", "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n");
    ours_.issue("", "extendedKeyUsage=clientAuth\n");
    other_.issue("", "extendedKeyUsage=clientAuth\n");
    engine_.emplace(std::vector<std::string>{"--tlsverify", "--tlscacert", ours_.at("ca.pem"),
                                             "--tlscert", ours_.at("server-cert.pem"), "--tlskey",
                                             ours_.at("server-key.pem"), "--host", endpoint()});
  }

  [[nodiscard]] std::string endpoint() const { return "tcp://127.0.0.1:" + std::to_string(port_); }

  void expect_refused(const std::string &certificates, const std::string &named,
                      ExitStatus status = 1) {
    Process process(serve_command(endpoint(), {"--docker-cert-path", certificates}));
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

TEST_F(Tls, IsSpokenWithTheCertificatesAndRefusedWithoutTheRightOnes) {
  HostProcess host(endpoint(), {"--docker-cert-path", ours_.dir()});
  const RpcAnswer answer = host.call("MDocker.GetInfo");
  EXPECT_EQ(answer.error, "");
  EXPECT_EQ(text_at(answer.result, {"ID"}), text_at(engine_->api().get("/info"), {"ID"}));
  EXPECT_EQ(host.end(), 0) << host.process().output();

  // The engine's certificate is by another authority than the one that is trusted.
  expect_refused(other_.dir(), endpoint());

  // The right authority, but the client's own certificate is by another one.
  const fs::path mixed = dir_.path() / "mixed";
  fs::create_directories(mixed);
  fs::copy_file(ours_.at("ca.pem"), mixed / "ca.pem");
  fs::copy_file(other_.at("cert.pem"), mixed / "cert.pem");
  fs::copy_file(other_.at("key.pem"), mixed / "key.pem");
  expect_refused(mixed.string(), (mixed / "cert.pem").string());

  // A file that is no certificate.
  std::ofstream(mixed / "ca.pem", std::ios::trunc) << "no PEM\n";
  expect_refused(mixed.string(), (mixed / "ca.pem").string(), 2);
}

} // namespace
} // namespace wire
