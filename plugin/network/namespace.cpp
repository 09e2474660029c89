// SPDX-License-Identifier: Apache-2.0
#include "links.hpp"

#include "../error.hpp"

#include <array>
#include <cerrno>
#include <exception>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace mdocker::network {
namespace {

Error failed(const std::string &what, int error) {
  return Error(Kind::network, what + ": " + std::generic_category().message(error))
      .in_phase("network");
}

Error not_the_guest(const std::string &what) {
  return Error(Kind::conflict, what).in_phase("network");
}

// The whole of a small file.
std::string read_all(int fd) {
  constexpr std::size_t kMost = std::size_t{64} << 10U;
  std::string text;
  std::array<char, 4096> bytes;
  while (text.size() < kMost) {
    const ssize_t count = ::read(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      break;
    text.append(bytes.data(), static_cast<std::size_t>(count));
  }
  return text;
}

bool is_same_namespace(int fd, int other) {
  struct stat a {};
  struct stat b {};
  return ::fstat(fd, &a) == 0 && ::fstat(other, &b) == 0 && a.st_ino == b.st_ino &&
         a.st_dev == b.st_dev;
}

} // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0)
    ::close(fd_);
}

GuestNamespace::GuestNamespace(std::int64_t pid, std::string_view container) {
  const std::string process = "/proc/" + std::to_string(pid);
  // What is opened through it is that process's, and fails when it has ended.
  const Descriptor folder(::open(process.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder.open())
    throw not_the_guest("the guest's process " + std::to_string(pid) +
                        " is not there: it has ended, or is another machine's");
  const Descriptor cgroup(::openat(folder.get(), "cgroup", O_RDONLY | O_CLOEXEC));
  fd_ = Descriptor(::openat(folder.get(), "ns/net", O_RDONLY | O_CLOEXEC));
  if (!fd_.open())
    throw failed("cannot open the network namespace of process " + std::to_string(pid), errno);
  if (container.empty() || !cgroup.open() ||
      read_all(cgroup.get()).find(container) == std::string::npos)
    throw not_the_guest("process " + std::to_string(pid) +
                        " is not the guest's: its cgroups do not name the container");
  const Descriptor own(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!own.open())
    throw failed("cannot open this process's network namespace", errno);
  if (is_same_namespace(fd_.get(), own.get()))
    throw not_the_guest("the guest has no network of its own: it shares this machine's");
}

void GuestNamespace::inside(const std::function<void()> &work) const {
  std::exception_ptr thrown;
  std::thread visitor([&] {
    try {
      if (::setns(fd_.get(), CLONE_NEWNET) != 0)
        throw failed("cannot enter the guest's network namespace", errno);
      work();
    } catch (...) {
      thrown = std::current_exception();
    }
  });
  visitor.join();
  if (thrown)
    std::rethrow_exception(thrown);
}

} // namespace mdocker::network
