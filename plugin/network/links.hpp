// SPDX-License-Identifier: Apache-2.0
//
// The kernel's links: pairs of virtual Ethernet interfaces, one end here, the other in a guest's
// network namespace. Everything here blocks.
#pragma once

#include "checks.hpp"

#include <memory>

namespace mdocker::network {

/// A descriptor that is closed at the end.
class Descriptor {
public:
  explicit Descriptor(int fd = -1) noexcept : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor &operator=(Descriptor &&other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool open() const noexcept { return fd_ >= 0; }

private:
  int fd_;
};

/// The network namespace of a container. As long as this lives the namespace does, whatever becomes
/// of the process.
class GuestNamespace {
public:
  /// Opens that of a process of this machine. Throws Error where the process is none of that
  /// container, or has no network of its own. Afterwards the engine must still say that the
  /// container has that pid.
  GuestNamespace(std::int64_t pid, std::string_view container);

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

  /// Runs work inside, on a thread that ends with it.
  void inside(const std::function<void()> &work) const;

private:
  Descriptor fd_;
};

/// A pair as it is wanted.
struct WantedLink {
  std::size_t nic = 0;    ///< Its index, for messages.
  std::string bridge;     ///< For messages.
  std::string name;       ///< Of the guest's end.
  std::string host;       ///< Of the host's end, if it has to be made.
  std::optional<Mac> mac; ///< That it must have; where there is none,
  Mac usual_mac{};        ///< it is made with this one.
  unsigned mtu = 0;       ///< 0: the kernel's default.
  /// Whether checksums must be computed before a frame leaves the guest: the data path in user
  /// space passes frames on as they come.
  bool whole_checksums = false;
  std::optional<Address> address, gateway;
  /// The host's end of the pair that may stand for it already; empty where there is none.
  std::string current;
  /// Host's ends of earlier pairs, to be removed where current does not stand.
  std::vector<std::string> stale;
};

/// What was done for each.
struct Linked {
  std::vector<bool> kept;        ///< Whether the current pair stands as it is wanted.
  std::vector<std::string> made; ///< The host's ends that were made, also where it failed later.
};

/// Sees to it that each is there and up. Throws Error that names NIC, bridge and step; linked then
/// says what was made.
void link(const GuestNamespace &guest, const std::vector<WantedLink> &wanted, Linked &linked);

/// Whether each is there as it is wanted, by its current pair. Touches nothing. Throws Error.
bool stand(const GuestNamespace &guest, const std::vector<WantedLink> &wanted);

/// Removes the pairs with these host's ends; those that are gone are no error. Where one cannot be
/// removed, throws Error after the others.
void unlink(const std::vector<std::string> &hosts);

/// A name for a host's end: ours, and no other's.
std::string new_link_name();
/// Whether a host's end was named by us.
bool is_our_link(std::string_view name) noexcept;

} // namespace mdocker::network
