// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as the host's configuration: the first byte says whether as its file, as the
// environment over a file, or as flags. Refused in one line, or settings within their bounds, in
// which a plugin's section is a JSON object that keeps what is not set over.
#include "config.hpp"
#include "config_edit.hpp"
#include "fuzz.hpp"

#include <json.hpp>

#include <arpa/inet.h>
#include <array>
#include <string>
#include <vector>

namespace {

using namespace mistify;
using namespace mistify::mock_host;
using fuzz::require;

bool is_address(const std::string &text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return text.find('\0') == std::string::npos &&
         (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
          inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1);
}

void check_section(const std::string &section) {
  for (const json::Member &member : json::members(section))
    require(json::parse(member.value.raw).raw == member.value.raw, "a member that is no value",
            section);
  const std::string changed = with_member(section, "fuzz", R"("x")");
  const json::Members members = json::members(changed);
  require(json::find(members, "fuzz") != nullptr && json::find(members, "fuzz")->raw == R"("x")",
          "a member that was set is missing", changed);
  for (const json::Member &member : json::members(section))
    require(member.key == "fuzz" || json::find(members, member.key) != nullptr,
            "another member is lost", member.key);
  require(with_member(changed, "fuzz", R"("x")") == changed, "set again it is another one",
          changed);
}

void check(const Settings &settings) {
  require(is_address(settings.address), "an address that is none", settings.address);
  const Limits &limits = settings.limits;
  require(limits.body >= 1 && limits.header >= 256 && limits.connections >= 1 &&
              limits.calls >= 1 && limits.idle.count() >= 1,
          "a limit out of bounds");
  for (const auto &[name, section] : settings.sections)
    check_section(section);
  for (const std::string &name : settings.named_sections)
    require(settings.sections.contains(name), "a section is lost", name);
}

// Words with NUL bytes between them, as a process has them.
std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t end = 0; end != std::string_view::npos; text.remove_prefix(end + 1)) {
    end = text.find('\0');
    out.push_back(text.substr(0, end));
    if (end == std::string_view::npos)
      break;
  }
  return out;
}

Settings from_flags(std::string_view text) {
  Flags flags;
  const std::vector<std::string_view> given = words(text);
  std::size_t next = 0;
  for (std::optional<std::string> *flag :
       {&flags.listen, &flags.endpoint, &flags.image_service, &flags.cert_path, &flags.log_level,
        &flags.plugin_dir, &flags.images}) {
    if (next < given.size() && !given[next].empty())
      *flag = given[next];
    ++next;
  }
  return merge({}, {}, flags);
}

Settings merged(const fuzz::Input &input) {
  static const ConfigFile file{
      "fuzz.json", R"({"plugins":{"mdocker":{"endpoint":"tcp://h:1","limits":{},"timeouts":1}}})"};
  switch (input.choice() % 3) {
  case 0:
    return merge(ConfigFile{"fuzz.json", std::string(input.text())}, {}, {});
  case 1:
    return merge(file, words(input.text()), {});
  default:
    return from_flags(input.text());
  }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const fuzz::Input input(data, size);
  try {
    check(merged(input));
  } catch (const UsageError &refusal) {
    fuzz::require_line(refusal.what());
  }
  return 0;
}
