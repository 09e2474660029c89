// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace wire {

/// A certification authority, and certificates by it, in a folder.
class Authority {
public:
  /// Makes the folder, and ca.pem in it.
  explicit Authority(std::filesystem::path dir);

  /// PREFIXcert.pem and PREFIXkey.pem; extensions as openssl writes them. A certificate for less
  /// than no days is one that has expired.
  void issue(const std::string &prefix, const std::string &extensions, int days = 2) const;

  [[nodiscard]] std::string at(const std::string &name) const { return (dir_ / name).string(); }
  [[nodiscard]] std::string dir() const { return dir_.string(); }

private:
  std::filesystem::path dir_;
};

} // namespace wire
