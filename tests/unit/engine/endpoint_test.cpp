// SPDX-License-Identifier: Apache-2.0
#include <engine/endpoint.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace mdocker::engine {
namespace {

namespace fs = std::filesystem;

std::string refusal_of(const std::string &text, const std::string &cert_path = "",
                       bool insecure = false) {
  try {
    Endpoint::parse(text, cert_path, insecure);
  } catch (const std::invalid_argument &error) {
    return error.what();
  }
  return "accepted";
}

TEST(Endpoint, ReadsAUnixSocket) {
  const Endpoint endpoint = Endpoint::parse("unix:///run/docker.sock", "", false);

  EXPECT_EQ(endpoint.transport, Endpoint::Transport::unix_socket);
  EXPECT_EQ(endpoint.path, "/run/docker.sock");
  EXPECT_EQ(endpoint.base_url(), "http://docker");
  EXPECT_EQ(endpoint.name, "unix:///run/docker.sock");
}

TEST(Endpoint, TakesASocketPathOf107BytesAndRefuses108) {
  const std::string longest = "/" + std::string(106, 'x');

  EXPECT_EQ(Endpoint::parse("unix://" + longest, "", false).path, longest);
  EXPECT_NE(refusal_of("unix://" + longest + "x").find("at most 107"), std::string::npos);
}

TEST(Endpoint, TcpWithoutTlsNeedsToBeAskedFor) {
  EXPECT_NE(refusal_of("tcp://127.0.0.1:2375").find("\"insecure\": true"), std::string::npos);
  const Endpoint endpoint = Endpoint::parse("tcp://127.0.0.1:2375", "", true);
  EXPECT_EQ(endpoint.transport, Endpoint::Transport::tcp);
  EXPECT_EQ(endpoint.base_url(), "http://127.0.0.1:2375");
}

TEST(Endpoint, BracketsIpv6InTheUrl) {
  const Endpoint endpoint = Endpoint::parse("tcp://[::1]:2375", "", true);
  EXPECT_EQ(endpoint.host, "::1");
  EXPECT_EQ(endpoint.base_url(), "http://[::1]:2375");
}

class RefusedEndpoint : public testing::TestWithParam<const char *> {};

TEST_P(RefusedEndpoint, IsNamedInOneLine) {
  const std::string said = refusal_of(GetParam(), "", true);
  EXPECT_EQ(said.find("endpoint \"" + std::string(GetParam()) + "\": "), 0U) << said;
  EXPECT_EQ(said.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Forms, RefusedEndpoint,
                         testing::Values("", "docker.sock", "/run/docker.sock", "unix://run/x",
                                         "ftp://h:1", "tcp://h", "tcp://h:0", "tcp://h:65536",
                                         "tcp://h:x", "tcp://:1", "tcp://a/b:1", "tcp://u@h:1",
                                         "tcp://[::g]:1", "https://h:1"));

class Certificates : public testing::Test {
protected:
  Certificates() {
    std::string name = (fs::temp_directory_path() / "mdocker-certs-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~Certificates() override { fs::remove_all(folder_); }
  void put(const char *name, const char *kind) const {
    std::ofstream(folder_ / name) << "-----BEGIN " << kind << "-----\nAA==\n-----END " << kind
                                  << "-----\n";
  }
  fs::path folder_;
};

TEST_F(Certificates, MakeTcpSpeakTls) {
  put("ca.pem", "CERTIFICATE");
  put("cert.pem", "CERTIFICATE");
  put("key.pem", "RSA PRIVATE KEY");

  const Endpoint endpoint = Endpoint::parse("tcp://engine.example:2376", folder_.string(), false);

  EXPECT_EQ(endpoint.transport, Endpoint::Transport::tls);
  EXPECT_EQ(endpoint.base_url(), "https://engine.example:2376");
  EXPECT_EQ(endpoint.key, (folder_ / "key.pem").string());
}

TEST_F(Certificates, AMissingFileIsNamed) {
  put("ca.pem", "CERTIFICATE");
  put("cert.pem", "CERTIFICATE");

  const std::string said = refusal_of("tcp://h:1", folder_.string());

  EXPECT_NE(said.find((folder_ / "key.pem").string()), std::string::npos) << said;
}

TEST_F(Certificates, AFileOfAnotherKindIsNamed) {
  put("ca.pem", "CERTIFICATE");
  put("cert.pem", "CERTIFICATE");
  put("key.pem", "CERTIFICATE");

  const std::string said = refusal_of("tcp://h:1", folder_.string());

  EXPECT_NE(said.find("holds no PEM PRIVATE KEY"), std::string::npos) << said;
}

} // namespace
} // namespace mdocker::engine
