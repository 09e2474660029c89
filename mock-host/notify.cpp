// SPDX-License-Identifier: Apache-2.0
#include "notify.hpp"

#include <glog/logging.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace mistify::mock_host {
namespace {

bool send(std::string_view path, std::string_view state) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return false;
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path.front() == '@') // of the abstract namespace
    address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return false;
  const ssize_t sent = sendto(fd, state.data(), state.size(), MSG_NOSIGNAL,
                              reinterpret_cast<const sockaddr *>(&address), size);
  const int failed = errno;
  close(fd);
  errno = failed;
  return sent == static_cast<ssize_t>(state.size());
}

} // namespace

void notify(std::string_view state) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here sets a variable
  const char *path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || *path == '\0')
    return;
  if (!send(path, state))
    PLOG(WARNING) << "cannot tell the service manager at NOTIFY_SOCKET=" << path << " " << state;
}

} // namespace mistify::mock_host
