// SPDX-License-Identifier: Apache-2.0
#include "health.hpp"

#include "json.hpp"

#include <chrono>
#include <optional>
#include <vector>

namespace mistify::mock_host {
namespace {

constexpr std::chrono::seconds kPatience{1};

class HealthRequest : public PendingRequest, public std::enable_shared_from_this<HealthRequest> {
public:
  HealthRequest(Host &host, bool whole, Respond respond)
      : host_(host), whole_(whole), respond_(std::move(respond)), plugins_(host.plugins()),
        answers_(plugins_.size()), missing_(plugins_.size()) {}

  /// post outlives the checks.
  void ask(const Post &post) {
    if (plugins_.empty())
      return finish();
    for (std::size_t i = 0; i < plugins_.size(); ++i)
      ids_.push_back(
          host_.check(plugins_[i].name, kPatience, [self = shared_from_this(), i, &post](Answer a) {
            auto held = std::make_shared<Answer>(std::move(a));
            post([self, i, held] { self->take(i, std::move(*held)); });
          }));
  }

  void cancel() override {
    for (const CallId id : ids_)
      host_.cancel(id);
  }

private:
  void take(std::size_t index, Answer answer) {
    answers_[index] = std::move(answer);
    if (--missing_ == 0)
      finish();
  }

  void finish() {
    bool serving = !plugins_.empty();
    bool ready = serving;
    std::string list;
    for (std::size_t i = 0; i < plugins_.size(); ++i) {
      const Answer &answer = answers_[i].value();
      const Readiness readiness = read_check(answer);
      ready = ready && readiness.ready;
      serving = serving && !(answer.error && answer.error->code == kBusy);
      list += list.empty() ? "" : ",";
      list += describe(plugins_[i], readiness);
    }
    HttpReply reply;
    reply.status = serving ? 200 : 503;
    reply.content_type = "application/json; charset=utf-8";
    reply.subject = "/healthz";
    reply.body = std::string(R"({"status":")") + (ready ? "ok" : "degraded") + '"';
    if (whole_)
      reply.body += R"(,"plugins":{)" + list + R"(},"calls_in_flight":)" +
                    std::to_string(host_.calls_in_flight());
    reply.body += "}\n";
    respond_(std::move(reply));
  }

  static std::string describe(const PluginInfo &plugin, const Readiness &readiness) {
    return json::quoted(plugin.name) + R"(:{"version":)" + json::quoted(plugin.version) +
           R"(,"file":)" + json::quoted(plugin.file.string()) + "," + readiness.members + "}";
  }

  Host &host_;
  const bool whole_;
  Respond respond_;
  std::vector<PluginInfo> plugins_;
  std::vector<std::optional<Answer>> answers_;
  std::vector<CallId> ids_;
  std::size_t missing_;
};

Readiness not_ready(std::string reason) {
  std::string members = R"("ready":false,"reason":)" + json::quoted(reason);
  return {false, std::move(reason), std::move(members)};
}

} // namespace

Readiness read_check(const Answer &answer) {
  if (answer.error)
    return not_ready(answer.error->message);
  try {
    const json::Members members = json::members(answer.result_json);
    const json::Value *ready = json::find(members, "ready");
    if (ready == nullptr || ready->kind != json::Kind::boolean)
      return not_ready("the plugin's check does not say whether it is ready");
    const json::Value *reason = json::find(members, "reason");
    const std::string_view object = json::parse(answer.result_json).raw;
    return {ready->raw == "true",
            reason != nullptr && reason->kind == json::Kind::string ? json::text(*reason)
                                                                    : "no reason given",
            std::string(object.substr(1, object.size() - 2))};
  } catch (const std::exception &error) {
    return not_ready(std::string("the plugin's check answered no JSON object: ") + error.what());
  }
}

std::optional<HttpReply> HealthService::refusal(const HttpRequest &head) const {
  if (head.method == "GET")
    return std::nullopt;
  return method_not_allowed(head, "GET");
}

std::shared_ptr<PendingRequest> HealthService::begin(HttpRequest request, Respond respond) {
  const auto pending =
      std::make_shared<HealthRequest>(host_, request.authorised, std::move(respond));
  pending->ask(post_);
  return pending;
}

} // namespace mistify::mock_host
