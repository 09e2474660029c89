// SPDX-License-Identifier: Apache-2.0
#include "guest_sockets.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace wire {
namespace {

constexpr std::chrono::seconds kOnTheWire{5};

[[noreturn]] void fail(const std::string &what) {
  throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in address_of(const std::string &text, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (::inet_pton(AF_INET, text.c_str(), &address.sin_addr) != 1)
    throw std::runtime_error("no address: " + text);
  return address;
}

bool poll_for(const Fd &socket, short events, std::chrono::milliseconds within) {
  pollfd waited{socket.get(), events, 0};
  return ::poll(&waited, 1, static_cast<int>(within.count())) == 1;
}

void bind_to(const Fd &socket, const std::string &text, std::uint16_t port) {
  const sockaddr_in address = address_of(text, port);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
    fail("bind to " + text);
}

} // namespace

Fd GuestNet::socket(int domain, int type, int protocol) const {
  const Fd space(
      ::open(("/proc/" + std::to_string(pid_) + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC));
  int made = -1;
  std::thread visitor([&] {
    if (::setns(space.get(), CLONE_NEWNET) == 0)
      made = ::socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  });
  visitor.join();
  if (made < 0)
    throw std::runtime_error("no socket in the guest");
  return Fd(made);
}

std::string GuestNet::run(std::vector<std::string> argv) const {
  argv.insert(argv.begin(), {"nsenter", "-t", std::to_string(pid_), "-n"});
  return wire::run({std::move(argv)}, std::chrono::seconds(20));
}

bool GuestNet::succeeds(std::vector<std::string> argv) const {
  argv.insert(argv.begin(), {"nsenter", "-t", std::to_string(pid_), "-n"});
  Process process({std::move(argv)});
  return process.wait(std::chrono::seconds(20)) == 0;
}

void GuestNet::add_address(const std::string &nic, const std::string &address) const {
  static_cast<void>(run({"ip", "address", "add", address, "dev", nic}));
}

bool GuestNet::has_nic(const std::string &nic) const {
  return succeeds({"ip", "link", "show", "dev", nic});
}

std::string GuestNet::mac(const std::string &nic) const {
  constexpr std::string_view kBefore = "link/ether ";
  const std::string text = run({"ip", "-o", "link", "show", "dev", nic});
  const std::size_t at = text.find(kBefore);
  return at == std::string::npos ? "" : text.substr(at + kBefore.size(), 17);
}

bool GuestNet::is_up(const std::string &nic) const {
  return run({"ip", "-o", "link", "show", "dev", nic}).find(",UP,LOWER_UP>") != std::string::npos;
}

bool GuestNet::pings(const std::string &address) const {
  return succeeds({"busybox", "ping", "-c", "1", "-W", "5", address});
}

Fd GuestNet::udp(const std::string &address, std::uint16_t port) const {
  Fd made = socket(AF_INET, SOCK_DGRAM, 0);
  bind_to(made, address, port);
  return made;
}

Fd GuestNet::listen(const std::string &address, std::uint16_t port) const {
  Fd made = socket(AF_INET, SOCK_STREAM, 0);
  bind_to(made, address, port);
  if (::listen(made.get(), 1) != 0)
    fail("listen");
  return made;
}

Fd GuestNet::connect(const std::string &text, std::uint16_t port) const {
  Fd made = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = address_of(text, port);
  if (::connect(made.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS)
    fail("connect to " + text);
  int error = ETIMEDOUT;
  socklen_t size = sizeof error;
  if (poll_for(made, POLLOUT, kOnTheWire))
    ::getsockopt(made.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  errno = error;
  if (error != 0)
    fail("connect to " + text);
  return made;
}

Fd GuestNet::frames(const std::string &nic) const {
  Fd made = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
  ifreq request{};
  nic.copy(request.ifr_name, sizeof request.ifr_name - 1);
  if (::ioctl(made.get(), SIOCGIFINDEX, &request) != 0)
    fail("no NIC " + nic);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = request.ifr_ifindex;
  if (::bind(made.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
    fail("bind to " + nic);
  return made;
}

Fd accept(const Fd &listening) {
  if (!poll_for(listening, POLLIN, kOnTheWire))
    throw std::runtime_error("nobody connects");
  return Fd(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

std::string receive(const Fd &socket, std::size_t most) {
  if (!poll_for(socket, POLLIN, kOnTheWire))
    throw std::runtime_error("nothing arrives");
  std::string bytes(most, '\0');
  const ssize_t count = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
  if (count < 0)
    fail("receive");
  bytes.resize(static_cast<std::size_t>(count));
  return bytes;
}

void send_all(const Fd &socket, std::string_view bytes) {
  while (!bytes.empty()) {
    if (!poll_for(socket, POLLOUT, kOnTheWire))
      throw std::runtime_error("nothing is taken");
    const ssize_t count = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0)
      fail("send");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void send_to(const Fd &socket, const std::string &text, std::uint16_t port,
             std::string_view bytes) {
  const sockaddr_in address = address_of(text, port);
  if (::sendto(socket.get(), bytes.data(), bytes.size(), 0,
               reinterpret_cast<const sockaddr *>(&address), sizeof address) < 0)
    fail("send to " + text);
}

bool readable(const Fd &socket, std::chrono::milliseconds within) {
  return poll_for(socket, POLLIN, within);
}

std::string tagged_frame(unsigned vlan, std::string_view text) {
  constexpr std::size_t kShortest = 60;
  std::string frame(6, '\xff');
  frame.append("\x52\x54\x00\x00\x00\x01", 6);
  frame.append("\x81\x00", 2);
  frame.push_back(static_cast<char>(vlan >> 8U));
  frame.push_back(static_cast<char>(vlan & 0xFFU));
  frame.append("\x88\xb5", 2); // for local experiments
  frame.append(text);
  if (frame.size() < kShortest)
    frame.resize(kShortest, '\0');
  return frame;
}

} // namespace wire
