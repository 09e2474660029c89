// SPDX-License-Identifier: Apache-2.0
//
// Version 1 of the ABI as it was released, for machines with pointers of 8 bytes. A number here
// never changes; a later minor version adds lines.
#include "mistify/plugin.h"

#include <gtest/gtest.h>

namespace {

static_assert(sizeof(void *) == 8, "the record below is of 64-bit machines");

#define AT(TYPE, FIELD, OFFSET, SIZE)                                                              \
  static_assert(offsetof(TYPE, FIELD) == (OFFSET), #TYPE "." #FIELD " has moved");                 \
  static_assert(sizeof(TYPE::FIELD) == (SIZE), #TYPE "." #FIELD " has another size")

static_assert(sizeof(mistify_str) == 16);
AT(mistify_str, ptr, 0, 8);
AT(mistify_str, len, 8, 8);

static_assert(sizeof(mistify_error) == 40);
AT(mistify_error, struct_size, 0, 4);
AT(mistify_error, code, 4, 4);
AT(mistify_error, message, 8, 16);
AT(mistify_error, data_json, 24, 16);

static_assert(sizeof(mistify_request) == 80);
AT(mistify_request, struct_size, 0, 4);
AT(mistify_request, reserved, 4, 4);
AT(mistify_request, call, 8, 8);
AT(mistify_request, method, 16, 16);
AT(mistify_request, params_json, 32, 16);
AT(mistify_request, trace_id, 48, 16);
AT(mistify_request, deadline_ns, 64, 8);
AT(mistify_request, answer_by_ns, 72, 8);

static_assert(sizeof(mistify_method) == 96);
AT(mistify_method, struct_size, 0, 4);
AT(mistify_method, flags, 4, 4);
AT(mistify_method, name, 8, 16);
AT(mistify_method, summary, 24, 16);
AT(mistify_method, params_schema_json, 40, 16);
AT(mistify_method, result_schema_json, 56, 16);
AT(mistify_method, default_deadline_ms, 72, 8);
AT(mistify_method, handler, 80, 8);
AT(mistify_method, user, 88, 8);

static_assert(sizeof(mistify_host_api) == 104);
AT(mistify_host_api, struct_size, 0, 4);
AT(mistify_host_api, abi_major, 4, 2);
AT(mistify_host_api, abi_minor, 6, 2);
AT(mistify_host_api, host_name, 8, 8);
AT(mistify_host_api, host_version, 16, 8);
AT(mistify_host_api, log, 24, 8);
AT(mistify_host_api, log_enabled, 32, 8);
AT(mistify_host_api, config, 40, 8);
AT(mistify_host_api, register_method, 48, 8);
AT(mistify_host_api, complete, 56, 8);
AT(mistify_host_api, fail, 64, 8);
AT(mistify_host_api, progress, 72, 8);
AT(mistify_host_api, is_cancelled, 80, 8);
AT(mistify_host_api, set_deadline, 88, 8);
AT(mistify_host_api, get_extension, 96, 8);

static_assert(sizeof(mistify_plugin_api) == 88);
AT(mistify_plugin_api, struct_size, 0, 4);
AT(mistify_plugin_api, abi_major, 4, 2);
AT(mistify_plugin_api, abi_minor, 6, 2);
AT(mistify_plugin_api, name, 8, 8);
AT(mistify_plugin_api, version, 16, 8);
AT(mistify_plugin_api, create, 24, 8);
AT(mistify_plugin_api, start, 32, 8);
AT(mistify_plugin_api, check, 40, 8);
AT(mistify_plugin_api, quiesce, 48, 8);
AT(mistify_plugin_api, stop, 56, 8);
AT(mistify_plugin_api, destroy, 64, 8);
AT(mistify_plugin_api, cancel, 72, 8);
AT(mistify_plugin_api, get_extension, 80, 8);

static_assert(sizeof(mistify_call) == 8 && sizeof(mistify_status) == 4);

struct Constant {
  const char *name;
  std::int64_t value;
  std::int64_t released;
};

TEST(Abi, ConstantsAreAsReleased) {
  const Constant constants[] = {
      {"MISTIFY_ABI_MAJOR", MISTIFY_ABI_MAJOR, 1},
      {"MISTIFY_ABI_MINOR", MISTIFY_ABI_MINOR, 0},
      {"MISTIFY_OK", MISTIFY_OK, 0},
      {"MISTIFY_E_ABI", MISTIFY_E_ABI, -1},
      {"MISTIFY_E_INVALID", MISTIFY_E_INVALID, -2},
      {"MISTIFY_E_STATE", MISTIFY_E_STATE, -3},
      {"MISTIFY_E_EXISTS", MISTIFY_E_EXISTS, -4},
      {"MISTIFY_E_MISSING", MISTIFY_E_MISSING, -5},
      {"MISTIFY_E_TIMEOUT", MISTIFY_E_TIMEOUT, -6},
      {"MISTIFY_E_INTERNAL", MISTIFY_E_INTERNAL, -7},
      {"MISTIFY_LOG_DEBUG", MISTIFY_LOG_DEBUG, 0},
      {"MISTIFY_LOG_INFO", MISTIFY_LOG_INFO, 1},
      {"MISTIFY_LOG_WARNING", MISTIFY_LOG_WARNING, 2},
      {"MISTIFY_LOG_ERROR", MISTIFY_LOG_ERROR, 3},
      {"MISTIFY_CODE_INVALID_PARAMS", MISTIFY_CODE_INVALID_PARAMS, -32602},
      {"MISTIFY_CODE_FAILED", MISTIFY_CODE_FAILED, -32000},
      {"MISTIFY_NO_DEADLINE", MISTIFY_NO_DEADLINE, INT64_MAX},
      {"MISTIFY_METHOD_READ_ONLY", MISTIFY_METHOD_READ_ONLY, 1},
  };
  for (const Constant &constant : constants)
    EXPECT_EQ(constant.value, constant.released) << constant.name;
  EXPECT_STREQ(MISTIFY_ENTRY_SYMBOL, "mistify_plugin_entry_v1");
}

TEST(Abi, AFieldIsCoveredWhenAllOfItIsInsideThePeersStruct) {
  mistify_error error{};
  error.struct_size = 24;
  EXPECT_TRUE(MISTIFY_COVERS(mistify_error, &error, message));
  EXPECT_FALSE(MISTIFY_COVERS(mistify_error, &error, data_json));
  error.struct_size = 39;
  EXPECT_FALSE(MISTIFY_COVERS(mistify_error, &error, data_json));
  error.struct_size = 400;
  EXPECT_TRUE(MISTIFY_COVERS(mistify_error, &error, data_json));
  mistify_plugin_api api{};
  api.struct_size = sizeof api;
  EXPECT_TRUE(MISTIFY_COVERS(mistify_plugin_api, &api, check));
  EXPECT_FALSE(MISTIFY_HAS(mistify_plugin_api, &api, check));
}

} // namespace
