// SPDX-License-Identifier: Apache-2.0
#include "calls.hpp"

#include "../wire/json_at.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>

namespace crash {
namespace {

using mdocker::runtime::kSteps;
using wire::json_string;

const std::string kGuest = std::string(wire::kPrefix) + "crash";
const std::string kById = R"({"guest":{"id":)" + json_string(kGuest) + "}}";
const std::string kOfImage = R"({"id":)" + json_string(kImage) + "}";

const Request kCreate{
    "MDocker.CreateContainer",
    R"({"guest":{"id":)" + json_string(kGuest) + R"(,"image":)" + json_string(wire::kLoopImage) +
        R"(,"nics":[)"
        R"({"name":"eth1","network":"mwbr0","mac":"12:7d:da:f2:ed:63","vlans":[1,2,3]},)"
        R"({"name":"eth2","network":"mwbr1","mac":"12:7d:da:f2:ed:64"}]}})"};
const Request kStart{"MDocker.StartContainer", kById};
const Request kStop{"MDocker.StopContainer", kById};
const Request kDelete{"MDocker.DeleteContainer", kById};
const Request kLoad{"MDocker.LoadImage", kOfImage};
const Request kDeleteImage{"MDocker.DeleteImage", kOfImage};

// The plugin that ends at steps, and the one that is the product.
constexpr const char *kCrashing = CRASHING_PLUGIN;
constexpr const char *kProduct = WIRE_PLUGIN;

Step step_named(const std::string &name) {
  const auto found = std::find(kSteps.begin(), kSteps.end(), name);
  if (found == kSteps.end())
    throw std::runtime_error("no step: " + name);
  return static_cast<Step>(found - kSteps.begin());
}

void must(const wire::HostProcess &host, const Request &request) {
  const wire::RpcAnswer answer = host.call(request.method, request.params);
  if (!answer.error.empty())
    throw std::runtime_error(request.method + ": " + answer.error);
}

void end(wire::HostProcess &host) {
  if (host.end() != 0)
    throw std::runtime_error("the host did not end well:\n" + host.process().output());
}

wire::Connection send(const wire::HostProcess &host, const Request &request) {
  wire::Connection connection = wire::Connection::to_port(host.port());
  connection.send(wire::request_text(
      "POST", wire::kRpcPath, wire::rpc_body(request.method, request.params), {wire::kJsonHeader}));
  return connection;
}

} // namespace

const std::vector<Call> &calls() {
  using enum Step;
  static const std::set<Step> request{request_due, request_sent, request_answered};
  static const auto request_and = [](std::set<Step> more) {
    more.insert(request.begin(), request.end());
    return more;
  };
  static const std::vector<Call> all{
      {"create", false, {}, kCreate, "container already exists", request},
      {"start",
       true,
       {kCreate},
       kStart,
       "",
       request_and({namespace_opened, link_due, link_made, link_up, transaction_due,
                    transaction_sent, transaction_answered, ports_settled})},
      {"stop",
       true,
       {kCreate, kStart},
       kStop,
       "",
       request_and(
           {transaction_due, transaction_sent, transaction_answered, unlink_due, unlinked})},
      {"delete", false, {kCreate}, kDelete, "No such container: " + kGuest, request},
      {"load",
       false,
       {},
       kLoad,
       "",
       request_and({download_begun, piece_sent, archive_good, archive_sent, load_settled})},
      {"delete_image", false, {kLoad}, kDeleteImage, "no such image", request},
  };
  return all;
}

Victim::Victim(Site &site, const Call &call) : site_(site), call_(call) {
  begin();
  const wire::TempDir folder;
  const std::string file = (folder.path() / "steps").string();
  wire::HostProcess host(site_.host(kCrashing, {"MDOCKER_STEPS=" + file}));
  const auto begun = wire::Clock::now();
  must(host, call_.request);
  took_ = std::chrono::ceil<std::chrono::milliseconds>(wire::Clock::now() - begun);
  after_ = site_.await({});
  end(host); // and with it what it does when a call is over
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);)
    steps_.push_back(step_named(line));
  if (after_ == before_)
    throw std::runtime_error(std::string(call_.name) + " changes nothing");
}

void Victim::begin() {
  site_.clear();
  wire::HostProcess host(site_.host(kProduct));
  for (const Request &request : call_.before)
    must(host, request);
  before_ = site_.await({});
  end(host);
}

void Victim::end_at(Step step, unsigned time) {
  begin();
  const auto name = std::string(kSteps.at(static_cast<std::size_t>(step)));
  wire::HostProcess host(
      site_.host(kCrashing, {"MDOCKER_END_AT=" + std::to_string(time) + " " + name}));
  const wire::Connection caller = send(host, call_.request);
  if (host.process().wait() != -SIGKILL)
    throw std::runtime_error("it goes past '" + name + "'");
  recover();
}

void Victim::end_after(std::chrono::milliseconds time) {
  begin();
  wire::HostProcess host(site_.host(kProduct));
  const wire::Connection caller = send(host, call_.request);
  if (host.process().wait(time))
    throw std::runtime_error("the host ended by itself:\n" + host.process().output());
  host.process().signal(SIGKILL);
  if (host.process().wait() != -SIGKILL)
    throw std::runtime_error("the host cannot be killed");
  recover();
}

void Victim::recover() {
  wire::HostProcess host(site_.host(kProduct));
  try {
    site_.await({before_, after_});
    const wire::RpcAnswer again = host.call(call_.request.method, call_.request.params);
    if (!again.error.empty() && again.error != call_.already)
      throw std::runtime_error("once more: " + again.error);
    site_.await({after_});
    if (site_.has_switch()) {
      const std::string seen = host.call("MDocker.Reconcile", R"({"dry_run":true})").result;
      if (wire::at(seen, {"reconcile", "differences"}) != "[]")
        throw std::runtime_error("Reconcile sees another thing: " + seen);
    }
  } catch (const std::exception &error) {
    throw std::runtime_error(std::string(error.what()) + "\nthe log of the host after it:\n" +
                             host.process().output());
  }
  end(host);
}

} // namespace crash
