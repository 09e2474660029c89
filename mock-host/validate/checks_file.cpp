// SPDX-License-Identifier: Apache-2.0
#include "checks.hpp"
#include "symbols.hpp"

#include <cstring>
#include <utility>

namespace mistify::mock_host::validation {
namespace {

constexpr std::size_t kMaxName = 64;
// Version 1.0 ends with get_extension.
constexpr std::size_t kLeastTable =
    offsetof(mistify_plugin_api, get_extension) + sizeof(mistify_plugin_api::get_extension);

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
             std::string_view::npos;
}

} // namespace

void check_load(const Context &context) {
  const Subject subject(context);
}

void check_exports(const Context &context) {
  for (const Symbol &symbol : exported_symbols(context.file)) {
    if (symbol.name != MISTIFY_ENTRY_SYMBOL)
      context.tell.finding("exports " + symbol.name);
    if (symbol.unique)
      context.tell.finding(symbol.name + " is unique (STB_GNU_UNIQUE), which keeps it mapped");
  }
}

void check_entry(const Context &context) {
  const detail::Library library(context.file);
  context.tell.doing("entry");
  const mistify_plugin_api *table = library.entry()();
  if (table == nullptr)
    throw Finding(MISTIFY_ENTRY_SYMBOL " returned no table");
  if (library.entry()() != table)
    throw Finding(MISTIFY_ENTRY_SYMBOL " returned another table at its second call");
}

void check_table(const Context &context) {
  const detail::Library library(context.file);
  context.tell.doing("reading the table");
  const mistify_plugin_api &table = *library.entry()();
  if (!MISTIFY_COVERS(mistify_plugin_api, &table, abi_minor))
    throw Finding("the table of " + std::to_string(table.struct_size) +
                  " bytes is too short for a version");
  if (table.abi_major != MISTIFY_ABI_MAJOR)
    throw Finding("the table is of version " + std::to_string(table.abi_major) + ", expected " +
                  std::to_string(MISTIFY_ABI_MAJOR));
  if (table.struct_size < kLeastTable)
    throw Finding("the table has " + std::to_string(table.struct_size) +
                  " bytes, expected at least " + std::to_string(kLeastTable));
  const std::pair<const char *, bool> functions[] = {
      {"create", table.create != nullptr},   {"start", table.start != nullptr},
      {"quiesce", table.quiesce != nullptr}, {"stop", table.stop != nullptr},
      {"destroy", table.destroy != nullptr}, {"cancel", table.cancel != nullptr},
  };
  for (const auto &[name, present] : functions) {
    if (!present)
      context.tell.finding(std::string("the table has no function ") + name);
  }
  // Never further than a good name goes: the text may lack its end.
  if (table.name == nullptr || !is_name({table.name, ::strnlen(table.name, kMaxName + 1)}))
    context.tell.finding("the name is malformed (1 to 64 letters, digits, '_' and '-')");
  if (table.version == nullptr)
    context.tell.finding("the table has no version");
}

} // namespace mistify::mock_host::validation
