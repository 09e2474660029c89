// SPDX-License-Identifier: Apache-2.0
#include "checks.hpp"
#include "sample.hpp"

#include <json.hpp>

#include <thread>

namespace mistify::mock_host::validation {
namespace {

// Results may be nested as deep as they like; this bounds our own stack.
constexpr unsigned kResultDepth = 10'000;

bool is_json(std::string_view text) {
  try {
    json::parse(text, kResultDepth);
    return true;
  } catch (const json::ParseError &) {
    return false;
  }
}

void call_with_hostile_params(Subject &subject) {
  subject.begin();
  for (const Method &method : subject.host().methods()) {
    for (std::string &params : hostile_params(method.params_schema))
      subject.call(method, std::move(params));
    subject.wait_for_calls();
  }
}

/// What is wrong with the form of an answer, or nothing.
std::string_view fault_of(const CallRecord &call) {
  if (!call.failed)
    return is_json(call.result) ? "" : "the result is no JSON";
  if (call.result.empty() || call.result.find_first_of("\r\n") != std::string::npos)
    return "the error's message is not one line";
  if (call.data.empty())
    return "";
  return is_json(call.data) && json::parse(call.data, kResultDepth).kind == json::Kind::object
             ? ""
             : "the error's data is no JSON object";
}

void require_one_open(std::size_t open) {
  if (open == 0)
    throw NotApplicable("every call was ended before it could be cancelled");
}

} // namespace

void check_hostile_params(const Context &context) {
  Subject subject(context);
  call_with_hostile_params(subject);
  subject.quiesce();
  subject.stop(); // whoever would end a call twice has done so by now
  for (const CallRecord &call : subject.host().calls()) {
    if (call.ends > 1)
      context.tell.finding("ended " + std::to_string(call.ends) + " times: " + described(call));
  }
}

void check_answers(const Context &context) {
  Subject subject(context);
  call_with_hostile_params(subject);
  for (const CallRecord &call : subject.host().calls()) {
    const std::string_view fault = fault_of(call);
    if (!fault.empty())
      context.tell.finding(std::string(fault) + ": " + described(call));
  }
}

void check_readiness(const Context &context) {
  Subject subject(context);
  if (!MISTIFY_HAS(mistify_plugin_api, &subject.table(), check))
    throw NotApplicable("the plugin has no function check");
  subject.begin();
  const CallRecord &call = subject.check();
  subject.wait_for_calls();
  if (call.failed)
    throw Finding("check fails: " + call.result);
  if (!is_json(call.result) || json::parse(call.result).kind != json::Kind::object)
    throw Finding("check answers with no JSON object");
  const json::Members members = json::members(call.result);
  const json::Value *ready = json::find(members, "ready");
  if (ready == nullptr || ready->kind != json::Kind::boolean)
    throw Finding("check answers without \"ready\", a boolean");
}

void check_any_thread(const Context &context) {
  Subject subject(context);
  subject.begin();
  std::thread([&] { subject.call_all(); }).join();
  subject.wait_for_calls();
}

void check_cancel(const Context &context) {
  Subject subject(context);
  subject.begin();
  std::size_t cancelled = 0;
  for (const Method &method : subject.host().methods()) {
    for (std::string &params : Subject::usual_params(method)) {
      subject.call(method, std::move(params), kNoDeadline);
      cancelled += subject.cancel_open_calls();
    }
  }
  context.tell.doing("answers to cancelled calls");
  if (!subject.host().all_ended(context.patience))
    throw Finding("not ended when it was cancelled: " + subject.host().open_calls().front());
  require_one_open(cancelled);
}

void check_cancel_of_ended(const Context &context) {
  Subject subject(context);
  subject.begin();
  for (int again = 0; again < 2; ++again) {
    subject.call_all();
    subject.wait_for_calls();
    for (CallRecord &call : subject.host().calls()) {
      if (!call.cancelled)
        subject.cancel(call);
    }
  }
}

void check_late_answer(const Context &context) {
  Subject subject(context);
  subject.begin();
  subject.call_all(kNoDeadline);
  std::size_t given_up = 0;
  for (CallRecord &call : subject.host().calls()) {
    if (subject.host().has_ended(call))
      continue;
    subject.host().give_up(call);
    subject.cancel(call);
    ++given_up;
  }
  context.tell.doing("answers that come when the host has answered itself");
  if (!subject.host().all_ended(context.patience))
    throw Finding("not ended: " + subject.host().open_calls().front());
  subject.call_all();
  subject.wait_for_calls();
  require_one_open(given_up);
}

} // namespace mistify::mock_host::validation
