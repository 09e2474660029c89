// SPDX-License-Identifier: Apache-2.0
//
// A guest, as callers write and read it.
#pragma once

#include "decode.hpp"

#include "../network/driver.hpp"

namespace mdocker::methods {

/// An interface of a guest, as the caller wrote it.
struct Nic {
  std::string name, network, model, mac, address, netmask, gateway, device;
  std::optional<std::vector<std::int64_t>> vlans; ///< Absent is answered as null, empty as [].
  std::vector<Extra> others;
};

struct Disk {
  std::string bus, device;
  std::uint64_t size = 0;
  std::string volume, image, source;
  std::vector<Extra> others;
};

struct Guest {
  std::string id, type, image;
  std::vector<Nic> nics;
  std::vector<Disk> disks;
  std::string state;
  std::uint64_t memory = 0; ///< MiB; 0: no limit.
  std::uint64_t cpu = 0;    ///< CPUs; 0: no limit.
  std::int64_t vnc = 0;
  Strings metadata;
  std::vector<Extra> others; ///< Fields that are not known here: echoed after the known ones.
};

/// Throw InvalidParams, with the path of the field.
Guest decode_guest(const json::Value &value, const Path &path);
Nic decode_nic(const json::Value &value, const Path &path);

/// The guest as JSON: keys in the order of the struct; what is empty or zero is left out where the
/// wire says so.
std::string encode(const Guest &guest);
void append(std::string &out, const Nic &nic);

/// What a network driver needs to know of the interface, in the one form in which two that mean the
/// same are equal: the MAC in lower case, the VLANs in order and each once.
network::Nic normalised(const Nic &nic);
std::vector<network::Nic> normalised(const std::vector<Nic> &nics);

} // namespace mdocker::methods
