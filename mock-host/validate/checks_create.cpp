// SPDX-License-Identifier: Apache-2.0
#include "checks.hpp"
#include "footprint.hpp"
#include "syscall_watch.hpp"

namespace mistify::mock_host::validation {
namespace {

/// The configuration with a member that no plugin knows.
std::string with_unknown_key(const std::string &config) {
  static constexpr std::string_view kMember = R"("no such key of any plugin":1)";
  const std::size_t brace = config.find('{');
  const bool is_empty = config.find('"') == std::string::npos;
  return "{" + std::string(kMember) + (is_empty ? "" : ",") + config.substr(brace + 1);
}

void require_nothing_new(const std::map<int, std::string> &before) {
  for (const auto &[number, target] : descriptors()) {
    if (!before.contains(number))
      throw Finding("create leaves a descriptor open: " + target);
  }
}

} // namespace

void check_create(const Context &context) {
  Subject subject(context);
  subject.new_host();
  const std::map<int, std::string> before = descriptors();
  const bool watched = watch_system_calls(context.tell, "create");
  subject.create();
  require_nothing_new(before);
  if (!watched)
    throw NotApplicable("the kernel does not let a process watch its system calls");
}

void check_config(const Context &context) {
  Subject subject(context);
  subject.new_host(with_unknown_key(context.config(subject.table().name)));
  context.tell.doing("create with an unknown key in the configuration");
  const Subject::Created created = subject.try_create(subject.host().api());
  if (created.status == MISTIFY_OK)
    throw Finding("create accepts a configuration with an unknown key");
  if (created.reason.empty())
    throw Finding("create refuses a configuration and does not say why");
  if (created.reason.find('\n') != std::string::npos)
    throw Finding("create gives a reason of several lines");
}

void check_methods(const Context &context) {
  Subject subject(context);
  subject.begin();
  if (subject.host().methods().empty())
    context.tell.finding("no method is registered");
  for (const std::string &fault : subject.host().faults())
    context.tell.finding(fault);
}

void check_refused_method(const Context &context) {
  Subject subject(context);
  subject.new_host().refuse_methods = true;
  context.tell.doing("create with a host that takes no method");
  if (subject.try_create(subject.host().api()).status == MISTIFY_OK)
    throw Finding("create succeeds though its methods' names are taken");
}

} // namespace mistify::mock_host::validation
