// SPDX-License-Identifier: Apache-2.0
#include "site.hpp"

#include "../network/guest_sockets.hpp"
#include "../support/comes_true.hpp"
#include "../wire/holdings.hpp"
#include "../wire/image_archive.hpp"
#include "../wire/json_at.hpp"

#include <algorithm>

namespace crash {
namespace {

using wire::at;
using wire::text_at;

// A guest that has not been started yet is as one that has ended.
std::string state_of(const std::string &container) {
  const std::string state = text_at(container, {"State", "Status"});
  return state == "created" || state == "exited" ? "stopped" : state;
}

void add_guests(Picture &picture, const wire::EngineApi &engine) {
  for (const std::string &listed : wire::elements(engine.get("/containers/json?all=1"))) {
    const std::string container = engine.inspect(text_at(listed, {"Id"}));
    const std::string name = text_at(container, {"Name"}).substr(1);
    const std::string state = state_of(container);
    picture.insert(std::string("guest ").append(name).append(" ").append(state));
    if (state != "running")
      continue;
    const wire::GuestNet net(static_cast<pid_t>(std::stol(at(container, {"State", "Pid"}))));
    for (const char *nic : {"eth1", "eth2"})
      if (net.has_nic(nic))
        picture.insert("NIC " + name + " " + nic + " " + net.mac(nic) +
                       (net.is_up(nic) ? " up" : " down"));
  }
}

std::string without(const Picture &one, const Picture &other) {
  std::string lines;
  for (const std::string &line : one)
    if (!other.contains(line))
      lines += "\n  " + line;
  return lines;
}

} // namespace

Site::Site(const wire::EngineApi &engine, bool with_switch) : engine_(engine) {
  if (with_switch)
    switch_ = std::make_unique<wire::PrivateSwitch>();
  service_.serve(kImage, wire::docker_archive(wire::ImageParts("crash", 1)));
}

void Site::clear() const {
  engine_.remove_guests();
  static_cast<void>(engine_.request("DELETE", std::string("/images/") + kImage + "?force=1"));
  if (switch_)
    for (const std::string &bridge : wire::lines(switch_->vsctl({"list-br"})))
      switch_->vsctl({"del-br", bridge});
}

Picture Site::picture() const {
  Picture picture;
  add_guests(picture, engine_);
  const wire::Holdings held = wire::holdings(engine_);
  for (const std::string &name : held.names)
    picture.insert("image named " + name);
  for (const std::string &id : held.ids)
    picture.insert("image " + id);
  if (switch_)
    add_ports(picture);
  return picture;
}

void Site::add_ports(Picture &picture) const {
  std::vector<std::string> links = wire::our_links();
  for (const std::string &bridge : wire::lines(switch_->vsctl({"list-br"})))
    picture.insert("bridge " + bridge);
  for (const wire::GuestInterface &interface : switch_->guest_interfaces()) {
    const bool whole = std::erase(links, interface.link) != 0 && interface.ofport > 0;
    const bool added =
        picture
            .insert((whole ? "" : std::string(1, kHalf)) + "port of " + interface.guest + " " +
                    interface.nic + " on " + switch_->vsctl({"port-to-br", interface.link}) +
                    ", trunks " + switch_->get("Port", interface.link, "trunks"))
            .second;
    if (!added)
      picture.insert(kHalf + ("a second port of " + interface.guest + " " + interface.nic));
  }
  for (const std::string &link : links)
    picture.insert(kHalf + ("link without a port: " + link));
}

Picture Site::await(const std::vector<Picture> &wanted) const {
  Picture last;
  std::string trouble;
  const auto is_wanted = [&] {
    try {
      trouble.clear();
      last = picture();
    } catch (const std::exception &error) { // something went while it was looked at
      trouble = error.what();
      return false;
    }
    if (wanted.empty())
      return std::none_of(last.begin(), last.end(),
                          [](const std::string &line) { return line.front() == kHalf; });
    return std::find(wanted.begin(), wanted.end(), last) != wanted.end();
  };
  if (mdocker::test::comes_true(is_wanted))
    return last;
  std::string text = "engine and bridges do not come to what they should be: " + trouble;
  for (const Picture &one : wanted)
    text += "\nnot wanted is" + without(last, one) + "\nmissing is" + without(one, last);
  throw std::runtime_error(text);
}

wire::Command Site::host(const std::filesystem::path &plugin,
                         const std::vector<std::string> &environment) const {
  wire::Command command =
      wire::serve_command(engine_.endpoint(), {"-l", "info", "-i", service_.address()}, plugin);
  command.environment = environment; // the first of a name wins
  if (switch_)
    command.environment.insert(command.environment.end(),
                               {"MISTIFY_NETWORK_DRIVER=ovs",
                                "MISTIFY_NETWORK_OVSDB=" + switch_->socket(),
                                "MISTIFY_NETWORK_DATAPATH_TYPE=netdev"});
  else
    command.environment.emplace_back("MISTIFY_NETWORK_DRIVER=none");
  return command;
}

} // namespace crash
