// SPDX-License-Identifier: Apache-2.0
#include "subject.hpp"

#include "sample.hpp"

#include <mistify/host.hpp>
#include <text.hpp>

#include <algorithm>

namespace mistify::mock_host::validation {
namespace {

void take_reason(void *ctx, mistify_str reason) noexcept {
  *static_cast<std::string *>(ctx) = detail::borrowed(reason);
}

std::string failure(const char *function, mistify_status status, const std::string &reason) {
  return std::string(function) + " failed with status " + std::to_string(status) +
         (reason.empty() ? " and gave no reason" : ": " + reason);
}

std::int64_t after(milliseconds time) {
  return std::chrono::nanoseconds((std::chrono::steady_clock::now() + time).time_since_epoch())
      .count();
}

} // namespace

Subject::Subject(const Context &context) : context_(context) {
  context_.tell.doing("load");
  try {
    library_ = std::make_unique<detail::Library>(context_.file);
  } catch (const LoadError &error) {
    throw Finding(error.what());
  }
  table_ = library_->entry()();
}

Subject::~Subject() {
  if (self_ == nullptr)
    return;
  static_cast<void>(library_.release());
  static_cast<void>(host_.release());
}

Host &Subject::new_host(std::optional<std::string> config) {
  if (!config)
    config = context_.config(table_->name);
  host_ = std::make_unique<Host>(std::move(*config));
  return *host_;
}

Subject::Created Subject::try_create(const mistify_host_api &api) {
  Created out{};
  self_ = nullptr;
  host_->set_creating(true);
  out.status = table_->create(&api, host_->handle(), &self_, &take_reason, &out.reason);
  host_->set_creating(false);
  return out;
}

void Subject::create() {
  context_.tell.doing("create");
  if (!host_)
    new_host();
  const Created created = try_create(host_->api());
  if (created.status != MISTIFY_OK)
    throw Finding(failure("create", created.status, created.reason));
  if (self_ == nullptr)
    throw Finding("create succeeded but made no instance");
}

void Subject::start() {
  context_.tell.doing("start");
  std::string reason;
  const mistify_status status = table_->start(self_, &take_reason, &reason);
  if (status != MISTIFY_OK)
    throw Finding(failure("start", status, reason));
}

void Subject::quiesce() {
  context_.tell.doing("quiesce");
  table_->quiesce(self_);
}

void Subject::cancel(CallRecord &call) {
  context_.tell.doing("cancel of " + described(call));
  host_->mark_cancelled(call);
  table_->cancel(self_, call.request.call);
}

void Subject::stop() {
  context_.tell.doing("stop");
  const auto until = std::chrono::steady_clock::now() + context_.patience;
  mistify_status status = MISTIFY_E_TIMEOUT;
  while (status == MISTIFY_E_TIMEOUT && std::chrono::steady_clock::now() < until)
    status = table_->stop(self_, after(context_.patience / 4));
  if (status == MISTIFY_E_TIMEOUT)
    throw Finding("stop says that the plugin is busy still after " +
                  std::to_string(context_.patience.count()) + " ms");
  if (status != MISTIFY_OK)
    throw Finding(failure("stop", status, {}));
}

void Subject::destroy() {
  context_.tell.doing("destroy");
  table_->destroy(self_);
  self_ = nullptr;
}

void Subject::unload() {
  context_.tell.doing("unload");
  host_.reset();
  table_ = nullptr;
  library_.reset();
}

CallRecord &Subject::check() {
  CallRecord &call = host_->open({}, "{}", kCallTime);
  context_.tell.doing("check");
  table_->check(self_, &call.request);
  return call;
}

CallRecord &Subject::call(const Method &method, std::string params, milliseconds time) {
  CallRecord &call = host_->open(method.name, std::move(params), time);
  hand_over(method, call, call.request);
  return call;
}

void Subject::hand_over(const Method &method, const CallRecord &call,
                        const mistify_request &request) {
  context_.tell.doing(described(call));
  method.handler(self_, method.user, &request);
}

void Subject::wait_for_calls() {
  context_.tell.doing("answers to calls");
  if (host_->all_ended(kAnswerTime))
    return;
  cancel_open_calls();
  context_.tell.doing("answers to calls that were cancelled when their time was up");
  if (!host_->all_ended(context_.patience))
    throw Finding("not answered: " + host_->open_calls().front());
}

std::vector<std::string> Subject::usual_params(const Method &method) {
  std::vector<std::string> out = {"{}"};
  const std::string sample = sample_of(method.params_schema);
  if (sample != out.front())
    out.push_back(sample);
  return out;
}

std::size_t Subject::cancel_open_calls() {
  std::size_t cancelled = 0;
  for (CallRecord &call : host_->calls()) {
    if (!call.cancelled && !host_->has_ended(call)) {
      cancel(call);
      ++cancelled;
    }
  }
  return cancelled;
}

void Subject::call_all(milliseconds time) {
  for (const Method &method : host_->methods()) {
    for (const std::string &params : usual_params(method))
      call(method, params, time);
  }
}

} // namespace mistify::mock_host::validation
