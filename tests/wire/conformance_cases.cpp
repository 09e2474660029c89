// SPDX-License-Identifier: Apache-2.0
#include "conformance_cases.hpp"

#include <array>

namespace wire {
namespace {

using enum Expect;

constexpr const char *kNoGuest = "missing guest with id";
constexpr const char *kNoNosuch = "No such container: mw-nosuch";
constexpr const char *kUnknown = R"([{"guest":{"id":"mw-nosuch"}}])";
constexpr const char *kById1 = R"([{"guest":{"id":"mw-g1"}}])";
constexpr const char *kById2 = R"([{"guest":{"id":"mw-g2"}}])";
constexpr const char *kWhole1 = R"([{"guest":{$G1}}])";
constexpr const char *kRunning1 = R"({"guest":{"id":"mw-g1","state":"running"}})";
constexpr const char *kPaused1 = R"({"guest":{"id":"mw-g1","state":"paused"}})";
constexpr const char *kStopped1 = R"({"guest":{"id":"mw-g1","state":"stopped"}})";
constexpr const char *kSaved =
    R"(\{"images":\[\{"id":"sha256:[0-9a-f]{64}","type":"container","size":[1-9][0-9]*\}\]\})";
constexpr const char *kInfo = R"(\{.*"ID":.*"Containers":[0-9]+.*"ServerVersion":.*\})";

// clang-format off
constexpr auto kCases = std::to_array<Case>({
  {"create: params [{}]", "CreateContainer", "[{}]", error, kNoGuest},
  {"create: guest null", "CreateContainer", R"([{"guest":null}])", error, kNoGuest},
  {"create: guest {}", "CreateContainer", R"([{"guest":{}}])", error, kNoGuest},
  {"create: no nics", "CreateContainer", R"([{"guest":{"id":"mw-g1","image":"$LOOP"}}])", error, "must specify at least one nic"},
  {"create: nics []", "CreateContainer", R"([{"guest":{"id":"mw-g1","image":"$LOOP","nics":[]}}])", error, "must specify at least one nic"},
  {"create: no image", "CreateContainer", R"([{"guest":{"id":"mw-g1","nics":[$NIC]}}])", error_like, "image|[Nn]o command"},
  {"create: unknown image", "CreateContainer", R"([{"guest":{"id":"mw-g1","image":"nosuch","nics":[$NIC]}}])", error, "no such image"},
  {"create: invalid image ref", "CreateContainer", R"([{"guest":{"id":"mw-g1","image":"No Such","nics":[$NIC]}}])", error_like, "image|reference"},
  {"create: bad name", "CreateContainer", R"([{"guest":{"id":"mw bad!","image":"$LOOP","nics":[$NIC],"memory":10}}])", error_like, "mw bad!"},
  {"create: memory 1 MB (too small)", "CreateContainer", R"([{"guest":{"id":"mw-g1","image":"$LOOP","nics":[$NIC],"memory":1}}])", error_like, R"(API error \(400\).*[Mm]inimum memory)"},
  {"create: memory -1", "CreateContainer", R"([{"guest":{"id":"mw-g1","image":"$LOOP","nics":[$NIC],"memory":-1}}])", refused, "memory"},
  {"create: memory string", "CreateContainer", R"([{"guest":{"id":"mw-g1","image":"$LOOP","nics":[$NIC],"memory":"10"}}])", refused, "memory.*string|string.*memory"},
  {"create: memory with a fraction", "CreateContainer", R"([{"guest":{"id":"mw-g1","image":"$LOOP","nics":[$NIC],"memory":10.5}}])", refused, "memory"},
  {"create: bad mac", "CreateContainer", R"([{"guest":{"id":"mw-badmac","image":"$LOOP","nics":[{"name":"eth1","network":"mistify0","mac":"zz"}],"memory":10}}])", error_like, R"(guest\.nics\[0\]\.mac: expected .*, got \"?zz)"}, // mended: was accepted
  {"create: image without CMD", "CreateContainer", R"([{"guest":{"id":"mw-nocmd","image":"$NOCMD","nics":[$NIC],"memory":10}}])", error_like, R"(API error \(400\).*[Nn]o command specified)"},
  {"create: success (all fields echoed)", "CreateContainer", kWhole1, result, R"({"guest":{$G1STATE(stopped)}})"},
  {"create: duplicate name", "CreateContainer", kWhole1, error, "container already exists"},
  {"create: minimal success (nics [{}], memory 0, unknown field)", "CreateContainer", R"([{"guest":{"id":"mw-g2","image":"$LOOP","nics":[{}],"bogus":1}}])", result, // mended: bogus is echoed
   R"({"guest":{"id":"mw-g2","image":"$LOOP","nics":[{"network":"","model":"","address":"","netmask":"","gateway":"","vlans":null}],"state":"stopped","bogus":1}})"},

  {"start: params [{}]", "StartContainer", "[{}]", error, kNoGuest}, // mended: was HTTP 500
  {"start: guest {}", "StartContainer", R"([{"guest":{}}])", error, kNoGuest},
  {"start: unknown id, no nics", "StartContainer", kUnknown, error_like, kNoNosuch},
  {"start: unknown id, nics", "StartContainer", R"([{"guest":{"id":"mw-nosuch","nics":[$NIC]}}])", error_like, kNoNosuch},
  {"start: success with nic", "StartContainer", kWhole1, result, R"({"guest":{$G1STATE(running)}})"},
  {"start: already running, nic", "StartContainer", kWhole1, result, R"({"guest":{$G1STATE(running)}})"},
  {"start: g2 without nics", "StartContainer", kById2, result, R"({"guest":{"id":"mw-g2","state":"running"}})"},
  {"start: g2 nic without name", "StartContainer", R"([{"guest":{"id":"mw-g2","nics":[{"network":"mistify0"}]}}])", error_like, "nics"}, // mended: not those it was created with

  {"pause: {}", "PauseContainer", "[{}]", error, kNoGuest},
  {"pause: guest {}", "PauseContainer", R"([{"guest":{}}])", error, kNoGuest},
  {"pause: unknown", "PauseContainer", kUnknown, error, kNoNosuch},
  {"pause: success", "PauseContainer", kWhole1, result, R"({"guest":{$G1STATE(paused)}})"},
  {"pause: already paused", "PauseContainer", kById1, error_like, "already paused"},
  {"start: paused container", "StartContainer", kById1, error_like, "paused"},
  {"stop: paused container", "StopContainer", kById1, result, kStopped1},
  {"start after the stop", "StartContainer", kById1, result, kRunning1},
  {"pause again", "PauseContainer", kById1, result, kPaused1},
  {"delete: paused container", "DeleteContainer", kById1, error_like, R"(API error \(409\).*paused)"},
  {"restart: paused container", "RestartContainer", kById1, result, kRunning1},
  {"pause once more", "PauseContainer", kById1, result, kPaused1},
  {"unpause: {}", "UnpauseContainer", "[{}]", error, kNoGuest},
  {"unpause: guest {}", "UnpauseContainer", R"([{"guest":{}}])", error, kNoGuest},
  {"unpause: unknown", "UnpauseContainer", kUnknown, error, kNoNosuch},
  {"unpause: success", "UnpauseContainer", kWhole1, result, R"({"guest":{$G1STATE(running)}})"},
  {"unpause: not paused", "UnpauseContainer", kById1, error_like, "not paused"},
  {"delete: running container", "DeleteContainer", kById1, error_like, R"(API error \(409\).*running)"},

  {"get: {}", "GetContainer", "[{}]", error, "missing id"}, // mended: listed all
  {"get: id empty", "GetContainer", R"([{"id":""}])", error, "missing id"},
  {"get: unknown", "GetContainer", R"([{"id":"mw-nosuch"}])", error, kNoNosuch},
  {"get: id with slash", "GetContainer", R"([{"id":"a/b"}])", error_like, "a/b"},
  {"get: id json", "GetContainer", R"([{"id":"json"}])", error, "No such container: json"},
  {"get: id ../images", "GetContainer", R"([{"id":"../images"}])", error_like, "[.][.]/images"}, // mended: read another endpoint
  {"get: id with space", "GetContainer", R"([{"id":"a b"}])", error_like, "a b"},
  {"get: id of the wrong type", "GetContainer", R"([{"id":5}])", refused, "id.*(string|number)"},
  {"get: success by name", "GetContainer", R"([{"id":"mw-g1"}])", containers, "mw-g1"},
  {"get: opts ignored", "GetContainer", R"([{"id":"mw-nosuch","opts":{"All":true}}])", error, kNoNosuch},
  {"list: {}", "ListContainers", "[{}]", containers, "mw-g2 mw-g1"},
  {"list: opts {}", "ListContainers", R"([{"opts":{}}])", containers, "mw-g2 mw-g1"},
  {"list: opts all:true lowercase", "ListContainers", R"([{"opts":{"all":true,"limit":1}}])", containers, "mw-g2"},
  {"list: opts All, Limit 1", "ListContainers", R"([{"opts":{"All":true,"Limit":1}}])", containers, "mw-g2"},
  {"list: opts Filters name", "ListContainers", R"([{"opts":{"All":true,"Filters":{"name":["mw-g2"]}}}])", containers, "mw-g2"},
  {"list: opts Filters none match", "ListContainers", R"([{"opts":{"All":true,"Filters":{"name":["zzz"]}}}])", result, R"({"containers":[]})"},
  {"list: opts Filters bad", "ListContainers", R"([{"opts":{"All":true,"Filters":{"zzz":["zzz"]}}}])", error_like, R"(API error \(400\).*zzz)"},
  {"list: opts Since", "ListContainers", R"([{"opts":{"All":true,"Since":"mw-g1"}}])", containers, "mw-g2"}, // mended: sent as a filter
  {"list: opts Before", "ListContainers", R"([{"opts":{"All":true,"Before":"mw-g2","Filters":{"name":["mw-"]}}}])", containers, "mw-g1"},
  {"list: opts string", "ListContainers", R"([{"opts":"x"}])", error_like, "opts.*string|string.*opts"},
  {"list: opts array", "ListContainers", R"([{"opts":[1]}])", error_like, "opts.*array|array.*opts"},
  {"list: opts bad type", "ListContainers", R"([{"opts":{"All":"yes"}}])", error_like, "All.*string|string.*All"},
  {"list: opts Size true", "ListContainers", R"([{"opts":{"All":true,"Size":true,"Limit":1}}])", result_like, R"(\{"containers":\[\{.*"SizeRootFs":[0-9]+.*\}\]\})"},
  {"list: id given (ignored)", "ListContainers", R"([{"id":"nosuch"}])", containers, "mw-g2 mw-g1"},

  {"stop: {}", "StopContainer", "[{}]", error, kNoGuest},
  {"stop: guest {}", "StopContainer", R"([{"guest":{}}])", error, kNoGuest},
  {"stop: unknown", "StopContainer", kUnknown, error, kNoNosuch},
  {"stop: success", "StopContainer", kWhole1, result, R"({"guest":{$G1STATE(stopped)}})"},
  {"stop: already stopped", "StopContainer", kWhole1, result, R"({"guest":{$G1STATE(stopped)}})"},
  {"list: the stopped one is left out", "ListContainers", "[{}]", containers, "mw-g2"},
  {"pause: stopped container", "PauseContainer", kById1, error_like, "not running"},
  {"unpause: stopped container", "UnpauseContainer", kById1, error_like, "not paused"},
  {"restart: {}", "RestartContainer", "[{}]", error, kNoGuest},
  {"restart: guest {}", "RestartContainer", R"([{"guest":{}}])", error, kNoGuest},
  {"restart: unknown", "RestartContainer", kUnknown, error, kNoNosuch},
  {"restart: stopped container", "RestartContainer", kWhole1, result, R"({"guest":{$G1STATE(running)}})"},
  {"restart: running container", "RestartContainer", kWhole1, result, R"({"guest":{$G1STATE(running)}})"},
  {"reboot: {}", "RebootContainer", "[{}]", error, kNoGuest},
  {"reboot: guest {}", "RebootContainer", R"([{"guest":{}}])", error, kNoGuest},
  {"reboot: unknown", "RebootContainer", kUnknown, error, kNoNosuch},
  {"reboot: running container", "RebootContainer", kWhole1, result, R"({"guest":{$G1STATE(running)}})"},
  {"start: container that could not be created", "StartContainer", R"([{"guest":{"id":"mw-nocmd"}}])", error_like, "No such container: mw-nocmd"},

  {"save: {}", "SaveContainer", "[{}]", error, "missing id"},
  {"save: unknown", "SaveContainer", R"([{"id":"mw-nosuch"}])", error, kNoNosuch},
  {"save: id only", "SaveContainer", R"([{"id":"mw-g1"}])", result_like, kSaved}, // mended: the size was 0
  {"save: id + opts lowercase", "SaveContainer", R"([{"id":"mw-g1","opts":{"repository":"mdocker-test/commit","tag":"t1","message":"m","author":"a"}}])", result_like, kSaved},
  {"save: opts.Container only", "SaveContainer", R"([{"opts":{"Container":"mw-g1","Repository":"mdocker-test/commit","Tag":"t2","Message":"m","Author":"a"}}])", result_like, kSaved},
  {"save: opts.Run (config change)", "SaveContainer", R"([{"id":"mw-g1","opts":{"Repository":"mdocker-test/commit","Tag":"t3","Run":{"Cmd":["/bin/true"]}}}])", result_like, kSaved},
  {"save: bad repository", "SaveContainer", R"([{"id":"mw-g1","opts":{"Repository":"Bad Repo"}}])", error_like, "[Rr]epository"},
  {"save: opts bad type", "SaveContainer", R"([{"id":"mw-g1","opts":{"Repository":1}}])", error_like, "Repository.*(number|string)|number.*Repository"},

  {"delete: {}", "DeleteContainer", "[{}]", error, kNoGuest},
  {"delete: guest {}", "DeleteContainer", R"([{"guest":{}}])", error, kNoGuest},
  {"delete: unknown", "DeleteContainer", kUnknown, error, kNoNosuch},
  {"stop g1", "StopContainer", R"([{"guest":{"id":"mw-g1","nics":[$NIC]}}])", result, R"({"guest":{"id":"mw-g1","nics":[$NIC],"state":"stopped"}})"},
  {"delete: success", "DeleteContainer", kWhole1, result, R"({"guest":{$G1STATE(deleted)}})"},
  {"delete: again", "DeleteContainer", kById1, error, "No such container: mw-g1"},
  {"stop g2 (only id)", "StopContainer", kById2, result, R"({"guest":{"id":"mw-g2","state":"stopped"}})"},
  {"delete g2", "DeleteContainer", kById2, result, R"({"guest":{"id":"mw-g2","state":"deleted"}})"},
  {"delete nocmd", "DeleteContainer", R"([{"guest":{"id":"mw-nocmd"}}])", error, "No such container: mw-nocmd"},
  {"list: none, all", "ListContainers", R"([{"opts":{"All":true}}])", containers, ""},

  {"info", "GetInfo", "[{}]", result_like, kInfo},
  {"info: params []", "GetInfo", "[]", result_like, kInfo},
  {"info: unknown fields", "GetInfo", R"([{"x":1}])", result_like, kInfo},
});
// clang-format on

} // namespace

std::span<const Case> life_cycle_cases() {
  return kCases;
}

} // namespace wire
