// SPDX-License-Identifier: Apache-2.0
#include "instance.hpp"

#include "image/digest.hpp"

#include <algorithm>
#include <array>
#include <fstream>

#include <unistd.h>

namespace mdocker {
namespace {

// A machine's id, or what comes nearest to one.
std::string machine() {
  std::string id;
  std::ifstream("/etc/machine-id") >> id;
  if (!id.empty())
    return id;
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

} // namespace

bool is_instance(std::string_view text) noexcept {
  constexpr std::size_t kLongest = 64;
  return !text.empty() && text.size() <= kLongest &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '.' || c == '-';
         });
}

std::string default_instance() {
  constexpr std::size_t kDigits = 16;
  image::Digest digest(image::Digest::Algorithm::sha256);
  digest.update("io.mistify.mdocker.instance:" + machine());
  return image::hex(digest.finish()).substr(0, kDigits);
}

} // namespace mdocker
