// SPDX-License-Identifier: Apache-2.0
#include "conformance_cases.hpp"

#include <array>

namespace wire {
namespace {

using enum Expect;

constexpr const char *kNoImage = "no such image";
constexpr const char *kUuid = R"([{"id":"$UUID"}])";
constexpr const char *kShown = R"({"images":[{"id":"$UUID","type":"container","size":$MIB}]})";
constexpr const char *kListed =
    R"(\{"images":\[(.*,)?\{"id":"$UUID","type":"container","size":$MIB\}(,.*)?\]\})";

// clang-format off
constexpr auto kCases = std::to_array<Case>({
  {"list", "ListImages", "[{}]", result_like, kListed},
  {"list, params []", "ListImages", "[]", result_like, kListed},
  {"list, id given", "ListImages", R"([{"id":"zz","type":"t","dest":"d","source":"s"}])", result_like, kListed},
  {"list, id of the wrong type", "ListImages", R"([{"id":5}])", refused, "id.*(string|number)"},
  {"list, type of the wrong type", "ListImages", R"([{"type":5}])", refused, "type.*(string|number)"},

  {"get: {}", "GetImage", "[{}]", error, "missing id"}, // mended: read the engine's list
  {"get: params []", "GetImage", "[]", error, "missing id"},
  {"get: id empty", "GetImage", R"([{"id":""}])", error, "missing id"},
  {"get: unknown", "GetImage", R"([{"id":"asdf"}])", error, kNoImage},
  {"get: unknown UUID", "GetImage", R"([{"id":"22222222-2222-4222-8222-222222222222"}])", error, kNoImage},
  {"get: success", "GetImage", kUuid, result, kShown},
  {"get: the key in upper case, unknown fields", "GetImage", R"([{"ID":"$UUID","x":1}])", result, kShown},
  {"get: by its other name", "GetImages", kUuid, result, kShown},
  {"get: by non-uuid ref", "GetImage", R"([{"id":"mdocker-test/second:latest"}])", result, R"({"images":[{"id":"mdocker-test/second:latest","type":"container","size":$MIB}]})"},
  {"get: by sha256", "GetImage", R"([{"id":"$ID"}])", result, R"({"images":[{"id":"$ID","type":"container","size":$MIB}]})"},
  {"get: short id", "GetImage", R"([{"id":"$SHORT"}])", result, R"({"images":[{"id":"$SHORT","type":"container","size":$MIB}]})"},
  {"get: invalid ref", "GetImage", R"([{"id":"UPPER"}])", error_like, R"(UPPER.*lower case)"},
  {"get: ../containers", "GetImage", R"([{"id":"../containers"}])", error_like, "[.][.]/containers"}, // mended: read another endpoint
  {"get: id of the wrong type", "GetImage", R"([{"id":5}])", refused, "id.*(string|number)"},

  {"delete: {}", "DeleteImage", "[{}]", error, "missing id"}, // mended
  {"delete: unknown", "DeleteImage", R"([{"id":"asdf"}])", error, kNoImage},
  {"delete: by sha256 with several tags", "DeleteImage", R"([{"id":"$ID"}])", error_like, R"(API error \(409\).*conflict: unable to delete)"},
  {"delete: several tags, by short id", "DeleteImage", R"([{"id":"$SHORT"}])", error_like, R"(API error \(409\).*conflict: unable to delete)"},
  {"delete: success (other tags remain)", "DeleteImage", kUuid, result, kShown},
  {"delete: again", "DeleteImage", kUuid, error, kNoImage},
  {"delete: the other tag stayed", "DeleteImage", R"([{"id":"mdocker-test/second"}])", result, R"({"images":[{"id":"mdocker-test/second","type":"container","size":$MIB}]})"},
  {"delete: nothing is left", "GetImage", R"([{"id":"$ID"}])", error, kNoImage},
  {"delete: only tag, used by a container", "DeleteImage", R"([{"id":"$LOOP"}])", error_like, R"(API error \(409\).*conflict: .*container [0-9a-f]{12} is using .*mw-user)"},
  {"delete: the used one stayed", "GetImage", R"([{"id":"$LOOP"}])", result_like, R"(\{"images":\[\{"id":"$LOOP","type":"container","size":[0-9]+\}\]\})"},
});
// clang-format on

} // namespace

std::span<const Case> image_cases() {
  return kCases;
}

} // namespace wire
