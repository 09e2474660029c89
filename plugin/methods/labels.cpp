// SPDX-License-Identifier: Apache-2.0
#include "labels.hpp"

#include "../instance.hpp"

#include "../error.hpp"

#include <random>

namespace mdocker::methods {
namespace {

constexpr std::string_view kOwnPrefix = "io.mistify.mdocker.";

bool begins_with(std::string_view text, std::string_view prefix) noexcept {
  return text.substr(0, prefix.size()) == prefix;
}

std::string encode(const std::vector<network::Nic> &nics) {
  std::string out = "[";
  for (const network::Nic &nic : nics) {
    if (out.size() > 1)
      out.push_back(',');
    Nic wire;
    wire.name = nic.name;
    wire.network = nic.network;
    wire.mac = nic.mac;
    wire.address = nic.address;
    wire.netmask = nic.netmask;
    wire.gateway = nic.gateway;
    wire.vlans = nic.vlans;
    append(out, wire);
  }
  out.push_back(']');
  return out;
}

} // namespace

Strings labels_of(const Guest &guest, std::string_view instance) {
  Strings labels;
  for (const auto &[key, value] : guest.metadata)
    labels.emplace(std::string(kMetadataPrefix).append(key), value);
  labels.emplace(kGuestLabel, guest.id);
  labels.emplace(kNicsLabel, encode(normalised(guest.nics)));
  if (!instance.empty())
    labels.emplace(kInstanceLabel, instance);
  return labels;
}

bool is_of_instance(const Strings &labels, std::string_view instance) {
  const auto label = labels.find(std::string(kInstanceLabel));
  if (label == labels.end() || label->second.empty())
    return instance == default_instance();
  return label->second == instance;
}

std::string new_token() {
  static constexpr char kHex[] = "0123456789abcdef";
  constexpr std::size_t kDigits = 32;
  std::random_device random;
  std::uniform_int_distribution<unsigned> digit(0, 15);
  std::string token(kDigits, '\0');
  for (char &c : token)
    c = kHex[digit(random)];
  return token;
}

std::vector<network::Nic> nics_of(const Strings &labels) {
  std::vector<network::Nic> nics;
  const auto label = labels.find(std::string(kNicsLabel));
  if (label == labels.end() || label->second.empty())
    return nics;
  try {
    const json::Value value = json::parse(label->second);
    const Path path(kNicsLabel);
    for (const json::Value &element : decode_array(value, path))
      nics.push_back(normalised(decode_nic(element, Path(path, nics.size()))));
  } catch (const std::exception &error) { // ParseError, InvalidParams
    throw Error(Kind::engine, "the container's label " + std::string(kNicsLabel) +
                                  " is not as it was made: " + error.what());
  }
  return nics;
}

Strings blanks_for(const Strings &labels) {
  Strings blanks;
  for (const auto &[key, value] : labels)
    if (begins_with(key, kOwnPrefix) || begins_with(key, kMetadataPrefix))
      blanks.emplace(key, "");
  return blanks;
}

} // namespace mdocker::methods
