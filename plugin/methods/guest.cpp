// SPDX-License-Identifier: Apache-2.0
#include "guest.hpp"

#include <algorithm>
#include <array>

namespace mdocker::methods {
namespace {

constexpr std::array<std::string_view, 10> kGuestKeys = {
    "id", "type", "image", "nics", "disks", "state", "memory", "cpu", "vnc", "metadata"};
constexpr std::array<std::string_view, 9> kNicKeys = {
    "name", "network", "model", "mac", "address", "netmask", "gateway", "device", "vlans"};
constexpr std::array<std::string_view, 6> kDiskKeys = {"bus",    "device", "size",
                                                       "volume", "image",  "source"};

Disk decode_disk(const json::Value &value, const Path &path) {
  const Object object(value, path);
  Disk disk;
  disk.bus = object.string("bus");
  disk.device = object.string("device");
  disk.size = object.unsigned_integer("size");
  disk.volume = object.string("volume");
  disk.image = object.string("image");
  disk.source = object.string("source");
  disk.others = object.others(kDiskKeys);
  return disk;
}

// Decodes an array of structs.
template <class Struct>
std::vector<Struct> decode_all(const Object &object, std::string_view key,
                               Struct (*decode)(const json::Value &, const Path &)) {
  std::vector<Struct> all;
  const Path path(object.path(), key);
  for (const json::Value &element : decode_array(object.value(key), path))
    all.push_back(decode(element, Path(path, all.size())));
  return all;
}

void append_text(std::string &out, std::string_view key, std::string_view text) {
  append_key(out, key);
  json::append_string(out, text);
}
void append_text_if_any(std::string &out, std::string_view key, std::string_view text) {
  if (!text.empty())
    append_text(out, key, text);
}
template <class Number>
void append_number_if_any(std::string &out, std::string_view key, Number number) {
  if (number == 0)
    return;
  append_key(out, key);
  out.append(std::to_string(number));
}

void append(std::string &out, const Disk &disk) {
  out.push_back('{');
  append_text(out, "bus", disk.bus);
  append_text(out, "device", disk.device);
  append_key(out, "size");
  out.append(std::to_string(disk.size));
  append_text(out, "volume", disk.volume);
  append_text(out, "image", disk.image);
  append_text(out, "source", disk.source);
  append_extras(out, disk.others);
  out.push_back('}');
}

template <class Struct>
void append_all_if_any(std::string &out, std::string_view key, const std::vector<Struct> &all) {
  if (all.empty())
    return;
  append_key(out, key);
  out.push_back('[');
  for (const Struct &one : all) {
    if (out.back() != '[')
      out.push_back(',');
    append(out, one);
  }
  out.push_back(']');
}

void append_vlans(std::string &out, const Nic &nic) {
  append_key(out, "vlans");
  if (!nic.vlans) {
    out.append("null");
    return;
  }
  out.push_back('[');
  for (const std::int64_t vlan : *nic.vlans) {
    if (out.back() != '[')
      out.push_back(',');
    out.append(std::to_string(vlan));
  }
  out.push_back(']');
}

} // namespace

Nic decode_nic(const json::Value &value, const Path &path) {
  const Object object(value, path);
  Nic nic;
  nic.name = object.string("name");
  nic.network = object.string("network");
  nic.model = object.string("model");
  nic.mac = object.string("mac");
  nic.address = object.string("address");
  nic.netmask = object.string("netmask");
  nic.gateway = object.string("gateway");
  nic.device = object.string("device");
  if (const auto vlans = object.array("vlans")) {
    const Path vlans_path(path, "vlans");
    nic.vlans.emplace();
    for (const json::Value &vlan : *vlans)
      nic.vlans->push_back(decode_integer(vlan, Path(vlans_path, nic.vlans->size())));
  }
  nic.others = object.others(kNicKeys);
  return nic;
}

Guest decode_guest(const json::Value &value, const Path &path) {
  const Object object(value, path);
  Guest guest;
  guest.id = object.string("id");
  guest.type = object.string("type");
  guest.image = object.string("image");
  guest.nics = decode_all(object, "nics", decode_nic);
  guest.disks = decode_all(object, "disks", decode_disk);
  guest.state = object.string("state");
  guest.memory = object.unsigned_integer("memory");
  guest.cpu = object.unsigned_integer("cpu");
  guest.vnc = object.integer("vnc");
  guest.metadata = object.strings("metadata");
  guest.others = object.others(kGuestKeys);
  return guest;
}

void append(std::string &out, const Nic &nic) {
  out.push_back('{');
  append_text_if_any(out, "name", nic.name);
  append_text(out, "network", nic.network);
  append_text(out, "model", nic.model);
  append_text_if_any(out, "mac", nic.mac);
  append_text(out, "address", nic.address);
  append_text(out, "netmask", nic.netmask);
  append_text(out, "gateway", nic.gateway);
  append_text_if_any(out, "device", nic.device);
  append_vlans(out, nic);
  append_extras(out, nic.others);
  out.push_back('}');
}

std::string encode(const Guest &guest) {
  std::string out = "{";
  append_text(out, "id", guest.id);
  append_text_if_any(out, "type", guest.type);
  append_text_if_any(out, "image", guest.image);
  append_all_if_any(out, "nics", guest.nics);
  append_all_if_any(out, "disks", guest.disks);
  append_text_if_any(out, "state", guest.state);
  append_number_if_any(out, "memory", guest.memory);
  append_number_if_any(out, "cpu", guest.cpu);
  append_number_if_any(out, "vnc", guest.vnc);
  if (!guest.metadata.empty()) {
    append_key(out, "metadata");
    append_strings(out, guest.metadata);
  }
  append_extras(out, guest.others);
  out.push_back('}');
  return out;
}

network::Nic normalised(const Nic &nic) {
  network::Nic out;
  out.name = nic.name;
  out.network = nic.network;
  out.mac = nic.mac;
  std::transform(out.mac.begin(), out.mac.end(), out.mac.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  out.address = nic.address;
  out.netmask = nic.netmask;
  out.gateway = nic.gateway;
  if (nic.vlans)
    out.vlans = *nic.vlans;
  std::sort(out.vlans.begin(), out.vlans.end());
  out.vlans.erase(std::unique(out.vlans.begin(), out.vlans.end()), out.vlans.end());
  return out;
}

std::vector<network::Nic> normalised(const std::vector<Nic> &nics) {
  std::vector<network::Nic> out;
  out.reserve(nics.size());
  for (const Nic &nic : nics)
    out.push_back(normalised(nic));
  return out;
}

} // namespace mdocker::methods
