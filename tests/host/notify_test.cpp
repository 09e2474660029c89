// SPDX-License-Identifier: Apache-2.0
//
// What the host tells the service manager that started it.
#include "fixture.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace host_test {
namespace {

/// A service manager's socket. An address that begins with '@' is of the abstract namespace.
class Manager {
public:
  explicit Manager(const std::string &path) : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    if (path.front() == '@')
      address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    timeval patience{};
    patience.tv_sec = wire::kPatience.count();
    if (bind(fd_.get(), reinterpret_cast<const sockaddr *>(&address), size) != 0 ||
        setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0)
      throw std::system_error(errno, std::generic_category(), path);
  }
  /// The next datagram; empty where none comes.
  [[nodiscard]] std::string next() const {
    std::array<char, 128> text{};
    const ssize_t size = recv(fd_.get(), text.data(), text.size(), 0);
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }

private:
  wire::Fd fd_;
};

void is_told(const std::string &path) {
  const Manager manager(path);
  Server server({}, {"NOTIFY_SOCKET=" + path});
  EXPECT_EQ(manager.next(), "READY=1");
  EXPECT_EQ(server.call("Probe.Echo").status, 200);
  EXPECT_EQ(server.end(), 0);
  EXPECT_EQ(manager.next(), "STOPPING=1");
}

TEST(ServiceManager, IsToldOfBeginAndEnd) {
  const TempDir folder;
  is_told((folder.path() / "notify").string());
}

TEST(ServiceManager, IsToldThroughAnAbstractSocket) {
  is_told("@mistify-notify-test-" + std::to_string(getpid()));
}

TEST(ServiceManager, IsNotMissed) {
  Server server({}, {"NOTIFY_SOCKET=/nowhere/notify"});
  EXPECT_EQ(server.call("Probe.Echo").status, 200);
  EXPECT_EQ(server.end(), 0);
  EXPECT_NE(server.process().output().find("cannot tell the service manager at "
                                           "NOTIFY_SOCKET=/nowhere/notify READY=1"),
            std::string::npos)
      << server.process().output();
}

TEST(ServiceManager, IsRefusedWithAnAddressThatIsTooLong) {
  Server server({}, {"NOTIFY_SOCKET=/" + std::string(200, 'x')});
  EXPECT_EQ(server.end(), 0);
  EXPECT_NE(server.process().output().find("File name too long"), std::string::npos)
      << server.process().output();
}

} // namespace
} // namespace host_test
