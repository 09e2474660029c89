// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

#include <algorithm>
#include <iostream>
#include <poll.h>

namespace wire {

void OnSwitch::SetUp() {
  engine().remove_guests();
  switch_ = std::make_unique<PrivateSwitch>();
}

void OnSwitch::TearDown() {
  engine().remove_guests();
  if (host_) {
    EXPECT_EQ(host_->end(), 0);
    if (HasFailure())
      std::cerr << "the host's log:\n" << host_->process().output();
  }
  host_.reset();
  EXPECT_TRUE(comes_true([] { return our_links().empty(); }));
  switch_.reset();
}

Command OnSwitch::host_command(const std::vector<std::string> &environment,
                               const std::string &endpoint) const {
  Command command = serve_command(endpoint, {"-l", "info"});
  command.environment = environment; // the first of a name wins
  command.environment.insert(command.environment.end(),
                             {"MISTIFY_NETWORK_DRIVER=ovs",
                              "MISTIFY_NETWORK_OVSDB=" + switch_->socket(),
                              "MISTIFY_NETWORK_DATAPATH_TYPE=netdev"});
  return command;
}

HostProcess &OnSwitch::host() {
  if (!host_)
    host_with({});
  return *host_;
}

void OnSwitch::host_with(const std::vector<std::string> &environment) {
  if (host_) {
    EXPECT_EQ(host_->end(), 0);
  }
  host_ = std::make_unique<HostProcess>(host_command(environment));
}

std::string OnSwitch::must(std::string_view method, std::string_view params) {
  const RpcAnswer answer = host().call(method, params);
  if (answer.status != 200 || !answer.error.empty())
    throw std::runtime_error(std::string(method) + ": " + answer.error);
  return answer.result;
}

std::string OnSwitch::fails(std::string_view method, std::string_view params) {
  const RpcAnswer answer = host().call(method, params);
  EXPECT_EQ(answer.result, "null") << method << " " << params;
  EXPECT_EQ(answer.error.find('\n'), std::string::npos) << "more than one line";
  return answer.error;
}

void OnSwitch::create(const std::string &id, const std::vector<std::string> &nics) {
  std::string all;
  for (const std::string &one : nics)
    all += (all.empty() ? "" : ",") + one;
  must("MDocker.CreateContainer",
       guest(id, R"(,"image":)" + json_string(kLoopImage) + R"(,"nics":[)" + all + "]"));
}

GuestNet OnSwitch::start(const std::string &id) {
  must("MDocker.StartContainer", guest(id));
  return net(id);
}

GuestNet OnSwitch::create_and_start(const std::string &id, const std::vector<std::string> &nics) {
  create(id, nics);
  return start(id);
}

std::string OnSwitch::state(const std::string &id) {
  if (!engine().has_container(id))
    return "absent";
  return text_at(engine().inspect(id), {"State", "Status"});
}

pid_t OnSwitch::pid(const std::string &id) {
  return static_cast<pid_t>(std::stol(at(engine().inspect(id), {"State", "Pid"})));
}

void OnSwitch::expect_nothing_left(const std::string &id) {
  EXPECT_EQ(vswitch().interfaces(id), std::vector<std::string>());
  EXPECT_TRUE(comes_true([] { return our_links().empty(); }));
}

std::string nic(const std::string &name, const std::string &bridge, const std::string &more) {
  return R"({"name":)" + json_string(name) + R"(,"network":)" + json_string(bridge) + more + "}";
}

std::string guest(const std::string &id, const std::string &more) {
  return R"({"guest":{"id":)" + json_string(id) + more + "}}";
}

} // namespace wire
