// SPDX-License-Identifier: Apache-2.0
#include "driver.hpp"

namespace mdocker::network {
namespace {

class None final : public Driver {
public:
  explicit None(const Log &log) : log_(log) {}

  void check(const std::vector<Nic> &) const override {}
  asio::awaitable<void> plug(const Port &guest, const std::vector<Nic> &nics, Deadline) override {
    log_.info(guest.guest + ": " + std::to_string(nics.size()) +
              (nics.size() == 1 ? " NIC is" : " NICs are") +
              " recorded and not plugged: the network driver is \"none\"");
    co_return;
  }
  asio::awaitable<void> unplug(const Port &, Deadline) override { co_return; }

  [[nodiscard]] bool can_look() const noexcept override { return false; }
  [[nodiscard]] bool sees() const noexcept override { return false; }
  asio::awaitable<Seen> look(const Port &, const std::vector<Nic> &) override { co_return Seen(); }
  asio::awaitable<std::vector<Plugged>> plugged(Deadline) override {
    co_return std::vector<Plugged>();
  }
  void watch(Told) override {}

private:
  const Log &log_;
};

} // namespace

std::unique_ptr<Driver> make_none(const Log &log) {
  return std::make_unique<None>(log);
}

} // namespace mdocker::network
