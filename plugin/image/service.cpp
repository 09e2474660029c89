// SPDX-License-Identifier: Apache-2.0
#include "service.hpp"

#include "../error.hpp"
#include "../host_name.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>

namespace mdocker::image {
namespace {

runtime::Random seeded() {
  auto engine = std::make_shared<std::mt19937>(std::random_device{}());
  return [engine](std::uint32_t most) {
    return std::uniform_int_distribution<std::uint32_t>(0, most)(*engine);
  };
}

} // namespace

std::string Target::base_url() const {
  const bool own_port = port == (scheme == "https" ? kHttpsPort : kHttpPort);
  std::string where = authority(host, port);
  if (own_port)
    where.resize(where.rfind(':'));
  return scheme + "://" + where + path;
}

Service::Service(const asio::any_io_executor &executor, const ServiceAddress &address,
                 Options options)
    : address_(address), dns_(executor, std::move(options.resolver), options.patience),
      now_(std::move(options.now)), random_(options.random ? std::move(options.random) : seeded()) {
}

asio::awaitable<std::vector<Target>> Service::targets(Deadline deadline) {
  if (address_.port != 0 || is_address(address_.host))
    co_return std::vector<Target>{{address_.scheme, address_.host,
                                   address_.port == 0 ? kHttpPort : address_.port, address_.path}};
  if (now_() >= kept_until_)
    co_await look_up(deadline);
  if (records_.empty())
    co_return std::vector<Target>{{address_.scheme, address_.host, kHttpPort, ""}};
  std::vector<Target> found = ordered();
  if (found.empty())
    throw Error(Kind::unavailable, "the image service " + address_.name +
                                       " is not available: the target of its SRV record is \".\"")
        .in_phase("resolve");
  co_return found;
}

// Of several that wait for one question, each reads the answer; they all leave the same behind.
asio::awaitable<void> Service::look_up(Deadline deadline) {
  const std::string reply = co_await dns_.srv(address_.host, deadline);
  try {
    runtime::SrvRecords found;
    if (!reply.empty())
      found = runtime::parse_srv(reply);
    records_ = std::move(found.records);
    kept_until_ = now_() + found.kept;
  } catch (const std::invalid_argument &error) {
    throw Error(Kind::unavailable,
                "cannot look up the image service " + address_.name + ": " + error.what())
        .in_phase("resolve");
  }
}

std::vector<Target> Service::ordered() const {
  std::vector<Target> targets;
  for (runtime::SrvRecord &record : runtime::in_order(records_, random_))
    if (!record.target.empty())
      targets.push_back({address_.scheme, std::move(record.target), record.port, ""});
  return targets;
}

asio::awaitable<std::string> Service::resolve(Target target, Deadline deadline) {
  if (is_address(target.host))
    co_return std::string();
  const std::vector<std::string> addresses = co_await dns_.addresses(target.host, deadline);
  co_return resolve_entry(target.host, target.port, addresses);
}

} // namespace mdocker::image
