// SPDX-License-Identifier: Apache-2.0
#include "negotiation.hpp"

#include "client.hpp"
#include "version.hpp"

#include <json.hpp>

#include <utility>

namespace mdocker::engine {
namespace {

namespace json = mistify::json;

std::string string_member(const json::Members &members, std::string_view key) {
  const json::Value *value = json::find(members, key);
  return value != nullptr && value->kind == json::Kind::string ? json::text(*value) : std::string();
}

// As archives name it.
std::string platform_of(const json::Members &members) {
  const std::string os = string_member(members, "Os");
  const std::string architecture = string_member(members, "Arch");
  return os.empty() || architecture.empty() ? std::string() : os + "/" + architecture;
}

} // namespace

asio::awaitable<void> Negotiation::run(Deadline deadline, bool always) {
  const runtime::Turns::Turn turn = co_await turns_.take(std::string(), deadline);
  if (!version_.empty() && !always)
    co_return;
  Response ping = co_await ask_("/_ping", Request::Verb::head, deadline);
  if (ping.status != 200) // HEAD came with API 1.40
    ping = co_await ask_("/_ping", Request::Verb::get, deadline);
  if (ping.status != 200)
    throw refusal({ping.status, std::move(ping.body)}, "ping");
  if (!version_.empty() && ping.api_version == newest_)
    co_return;
  const Response version = co_await ask_("/version", Request::Verb::get, deadline);
  if (version.status != 200)
    throw refusal({version.status, version.body}, "version");
  adopt(ping.api_version, version.body);
}

void Negotiation::forget() noexcept {
  version_.clear();
  newest_.clear();
}

void Negotiation::adopt(const std::string &pinged, const std::string &body) {
  json::Members members;
  try {
    members = json::members(body);
  } catch (const std::exception &error) {
    throw Error(Kind::engine, "the engine at " + name_ +
                                  " answers /version with no JSON object: " + error.what());
  }
  const std::string newest = pinged.empty() ? string_member(members, "ApiVersion") : pinged;
  const std::string chosen = choose_version(newest, string_member(members, "MinAPIVersion"), name_);
  newest_ = newest;
  engine_version_ = string_member(members, "Version");
  platform_ = platform_of(members);
  version_ = chosen;
  log_.info("engine " + engine_version_ + " at " + name_ + ", API " + version_);
}

} // namespace mdocker::engine
