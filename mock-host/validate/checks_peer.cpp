// SPDX-License-Identifier: Apache-2.0
#include "checks.hpp"
#include "guarded_bytes.hpp"

#include <text.hpp>

namespace mistify::mock_host::validation {
namespace {

// Version 1.0 ends with these.
constexpr std::uint32_t kHostTable1_0 =
    offsetof(mistify_host_api, get_extension) + sizeof(mistify_host_api::get_extension);
constexpr std::uint32_t kRequest1_0 =
    offsetof(mistify_request, answer_by_ns) + sizeof(mistify_request::answer_by_ns);

template <class T> T &as(const GuardedBytes &bytes) {
  return *static_cast<T *>(bytes.data());
}

/// The first bytes of a struct, with nothing behind them.
template <class T> GuardedBytes cut(const T &value, std::uint32_t size) {
  return GuardedBytes({reinterpret_cast<const char *>(&value), size});
}

/// Calls each method with requests of that size.
void call_all_with(Subject &subject, std::uint32_t size, const std::string &appended) {
  Host &host = subject.host();
  for (const Method &method : host.methods()) {
    for (std::string &params : Subject::usual_params(method)) {
      const CallRecord &call = host.open(method.name, std::move(params), kCallTime);
      std::string bytes(reinterpret_cast<const char *>(&call.request), sizeof call.request);
      const GuardedBytes lent((bytes + appended).substr(0, size));
      as<mistify_request>(lent).struct_size = size;
      subject.hand_over(method, call, as<mistify_request>(lent));
    }
  }
  subject.wait_for_calls();
}

void live_with(Subject &subject, const Context &context, const mistify_host_api &api) {
  context.tell.doing("create with a host of version " + std::to_string(api.abi_major) + "." +
                     std::to_string(api.abi_minor));
  const Subject::Created created = subject.try_create(api);
  if (created.status != MISTIFY_OK)
    throw Finding("create refuses a host of version " + std::to_string(api.abi_major) + "." +
                  std::to_string(api.abi_minor) + " with status " + std::to_string(created.status) +
                  (created.reason.empty() ? "" : ": ") + created.reason);
  subject.start();
}

void require_refusal(Subject &subject, const Context &context, const mistify_host_api &api,
                     const std::string &kind) {
  context.tell.doing("create with " + kind);
  const mistify_status status = subject.try_create(api).status;
  if (status == MISTIFY_OK)
    throw Finding("create accepts " + kind);
  if (status != MISTIFY_E_ABI)
    throw Finding("create refuses " + kind + " with status " + std::to_string(status) +
                  ", expected MISTIFY_E_ABI (-1)");
}

/// A request none of which is readable for longer than the handler runs.
class LentRequest {
public:
  explicit LentRequest(const mistify_request &request)
      : method_(detail::borrowed(request.method)), params_(detail::borrowed(request.params_json)),
        trace_id_(detail::borrowed(request.trace_id)), request_(cut(request, sizeof request)) {
    auto &lent = as<mistify_request>(request_);
    lent.method = detail::lend(method_.text());
    lent.params_json = detail::lend(params_.text());
    lent.trace_id = detail::lend(trace_id_.text());
  }
  [[nodiscard]] const mistify_request &request() const { return as<mistify_request>(request_); }
  void take_away() const {
    for (const GuardedBytes *bytes : {&method_, &params_, &trace_id_, &request_})
      bytes->take_away();
  }

private:
  GuardedBytes method_;
  GuardedBytes params_;
  GuardedBytes trace_id_;
  GuardedBytes request_;
};

} // namespace

void check_older_host(const Context &context) {
  Subject subject(context);
  const GuardedBytes lent = cut(subject.new_host().api(), kHostTable1_0);
  auto &api = as<mistify_host_api>(lent);
  api.struct_size = kHostTable1_0;
  api.abi_minor = 0;
  live_with(subject, context, api);
  call_all_with(subject, kRequest1_0, {});
  subject.end();
}

void check_newer_host(const Context &context) {
  // What a later version may append: nothing that this one could use.
  const std::string appended(64, '\xEE');
  Subject subject(context);
  const mistify_host_api &known = subject.new_host().api();
  std::string bytes(reinterpret_cast<const char *>(&known), sizeof known);
  const GuardedBytes lent(bytes + appended);
  auto &api = as<mistify_host_api>(lent);
  api.struct_size = static_cast<std::uint32_t>(sizeof known + appended.size());
  api.abi_minor = MISTIFY_ABI_MINOR + 1;
  live_with(subject, context, api);
  call_all_with(subject, static_cast<std::uint32_t>(sizeof(mistify_request) + appended.size()),
                appended);
  subject.end();
}

void check_other_major(const Context &context) {
  Subject subject(context);
  for (const unsigned major : {MISTIFY_ABI_MAJOR - 1, MISTIFY_ABI_MAJOR + 1}) {
    // Nothing behind the version is known of another major.
    mistify_host_api other{};
    other.struct_size = sizeof other;
    other.abi_major = static_cast<std::uint16_t>(major);
    subject.new_host();
    require_refusal(subject, context, other, "a host of major version " + std::to_string(major));
  }
}

void check_short_table(const Context &context) {
  Subject subject(context);
  for (const std::size_t size :
       {offsetof(mistify_host_api, host_name), offsetof(mistify_host_api, get_extension)}) {
    const auto bytes = static_cast<std::uint32_t>(size);
    const GuardedBytes lent = cut(subject.new_host().api(), bytes);
    as<mistify_host_api>(lent).struct_size = bytes;
    require_refusal(subject, context, as<mistify_host_api>(lent),
                    "a host's table of " + std::to_string(size) + " bytes");
  }
}

void check_borrowing(const Context &context) {
  Subject subject(context);
  Host &host = subject.new_host();
  host.watch_borrowing = true;
  subject.begin();
  for (const Method &method : host.methods()) {
    for (std::string &params : Subject::usual_params(method)) {
      const CallRecord &call = host.open(method.name, std::move(params), kCallTime);
      const LentRequest lent(call.request);
      subject.hand_over(method, call, lent.request());
      lent.take_away();
    }
  }
  subject.wait_for_calls();
  subject.end();
}

} // namespace mistify::mock_host::validation
