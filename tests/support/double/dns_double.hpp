// SPDX-License-Identifier: Apache-2.0
//
// A name server on 127.0.0.1, by UDP and TCP at the same port, that answers as a test's script
// says.
#pragma once

#include "dns_message.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mdocker::test {

class DnsDouble {
public:
  /// The messages to answer with, none for silence. Called on the double's own thread.
  using Script = std::function<std::vector<std::string>(const DnsQuestion &)>;

  explicit DnsDouble(Script script);
  ~DnsDouble();
  DnsDouble(const DnsDouble &) = delete;
  DnsDouble &operator=(const DnsDouble &) = delete;

  /// "127.0.0.1:PORT"
  [[nodiscard]] std::string address() const;
  /// What it was asked, in order. [any thread]
  [[nodiscard]] std::vector<DnsQuestion> questions() const;

private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace mdocker::test
