// SPDX-License-Identifier: Apache-2.0
#include "vswitch.hpp"

#include "json_at.hpp"

#include <charconv>
#include <csignal>
#include <fstream>
#include <iostream>
#include <map>
#include <unistd.h>

namespace wire {
namespace {

constexpr const char *kScript = NETWORK_SWITCH_SCRIPT;

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  return text;
}

} // namespace

PrivateSwitch::PrivateSwitch() : lifeline_(watchdog(kScript, dir_.path())) {
  run({{kScript, "start", dir_.path().string()}});
}

PrivateSwitch::~PrivateSwitch() {
  try {
    run({{kScript, "stop", dir_.path().string()}});
  } catch (const std::exception &error) {
    std::cerr << error.what() << '\n';
  }
}

void PrivateSwitch::start(const std::string &part) const {
  run({{kScript, "start", dir_.path().string(), part}});
}

void PrivateSwitch::stop(const std::string &part) const {
  run({{kScript, "stop", dir_.path().string(), part}});
}

void PrivateSwitch::signal(const std::string &part, int number) const {
  std::ifstream file(dir_.path() / (part == "db" ? "ovsdb-server.pid" : "ovs-vswitchd.pid"));
  pid_t pid = 0;
  file >> pid;
  if (pid <= 0 || ::kill(pid, number) != 0)
    throw std::runtime_error("no " + part + " to send a signal to");
}

std::string PrivateSwitch::vsctl(const std::vector<std::string> &arguments) const {
  Command command{{"ovs-vsctl", "--db=unix:" + socket(), "--timeout=20", "--no-wait"}};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  return trimmed(run(command));
}

std::vector<std::string> PrivateSwitch::interfaces(const std::string &guest,
                                                   const std::string &nic) const {
  std::vector<std::string> arguments{"--data=bare",    "--no-heading",
                                     "--columns=name", "find",
                                     "interface",      "external_ids:container_id=" + guest};
  if (!nic.empty())
    arguments.push_back("external_ids:container_iface=" + nic);
  return lines(vsctl(arguments));
}

std::vector<GuestInterface> PrivateSwitch::guest_interfaces() const {
  std::vector<GuestInterface> all;
  const std::string rows =
      vsctl({"--format=json", "--columns=name,external_ids,ofport", "list", "interface"});
  for (const std::string &row : elements(at(rows, {"data"}))) {
    std::map<std::string, std::string> ids;
    for (const std::string &pair : elements(at(row, {"1", "1"})))
      ids[text_at(pair, {"0"})] = text_at(pair, {"1"});
    if (!ids.contains("container_id"))
      continue; // a bridge's own
    GuestInterface &one = all.emplace_back();
    one.guest = ids["container_id"];
    one.nic = ids["container_iface"];
    one.link = text_at(row, {"0"});
    const std::string ofport = at(row, {"2"}); // an empty set, where there is none
    std::from_chars(ofport.data(), ofport.data() + ofport.size(), one.ofport);
  }
  return all;
}

std::vector<std::string> PrivateSwitch::ports(const std::string &bridge) const {
  return lines(vsctl({"list-ports", bridge}));
}

bool PrivateSwitch::has_bridge(const std::string &bridge) const {
  for (const std::string &line : lines(vsctl({"list-br"})))
    if (line == bridge)
      return true;
  return false;
}

std::string PrivateSwitch::get(const std::string &table, const std::string &record,
                               const std::string &column) const {
  return vsctl({"get", table, record, column});
}

std::vector<std::string> our_links() {
  constexpr std::size_t kSize = 15;
  std::vector<std::string> names;
  for (const auto &entry : std::filesystem::directory_iterator("/sys/class/net")) {
    const std::string name = entry.path().filename();
    if (name.size() == kSize && name.substr(0, 2) == "md")
      names.push_back(name);
  }
  return names;
}

} // namespace wire
