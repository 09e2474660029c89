// SPDX-License-Identifier: Apache-2.0
//
// What a guest sees and sends: sockets and commands in its network namespace.
#pragma once

#include "process.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wire {

/// A guest's network, as long as its process lives.
class GuestNet {
public:
  explicit GuestNet(pid_t pid) : pid_(pid) {}

  /// The output of a command there; throws where it fails.
  [[nodiscard]] std::string run(std::vector<std::string> argv) const;
  [[nodiscard]] bool succeeds(std::vector<std::string> argv) const;
  /// "10.1.0.1/24"
  void add_address(const std::string &nic, const std::string &address) const;
  [[nodiscard]] bool has_nic(const std::string &nic) const;
  [[nodiscard]] std::string mac(const std::string &nic) const;
  [[nodiscard]] bool is_up(const std::string &nic) const;
  /// Whether one ping is answered.
  [[nodiscard]] bool pings(const std::string &address) const;

  [[nodiscard]] Fd udp(const std::string &address, std::uint16_t port) const;
  [[nodiscard]] Fd listen(const std::string &address, std::uint16_t port) const;
  /// Throws where it takes longer than a few seconds.
  [[nodiscard]] Fd connect(const std::string &address, std::uint16_t port) const;
  /// For whole frames on a NIC.
  [[nodiscard]] Fd frames(const std::string &nic) const;

private:
  [[nodiscard]] Fd socket(int domain, int type, int protocol) const;
  pid_t pid_;
};

/// Accepts, receives or sends with a time limit; throw where it passes.
Fd accept(const Fd &listening);
std::string receive(const Fd &socket, std::size_t most = 65'536);
void send_all(const Fd &socket, std::string_view bytes);
void send_to(const Fd &socket, const std::string &address, std::uint16_t port,
             std::string_view bytes);
bool readable(const Fd &socket, std::chrono::milliseconds within);

/// A broadcast frame with a VLAN's tag and a text in it.
std::string tagged_frame(unsigned vlan, std::string_view text);

} // namespace wire
