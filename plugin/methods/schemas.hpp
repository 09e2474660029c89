// SPDX-License-Identifier: Apache-2.0
//
// JSON Schemas of params and results (draft 2020-12), for whoever wants to check or to generate.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace mdocker::methods::schemas {

/// Parts joined at compile time.
template <const std::string_view &...Parts> struct Join {
  static constexpr auto kChars = [] {
    std::array<char, (Parts.size() + ...)> chars{};
    auto at = chars.begin();
    ((at = std::copy(Parts.begin(), Parts.end(), at)), ...);
    return chars;
  }();
  static constexpr std::string_view kText{kChars.data(), kChars.size()};
};
template <const std::string_view &...Parts>
inline constexpr std::string_view kJoined = Join<Parts...>::kText;

// Null is the same as absent everywhere, and fields that are not named here are let through.
inline constexpr std::string_view kDraft =
    R"({"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",)";

inline constexpr std::string_view kGuestDefs = R"("$defs":{
"text":{"type":["string","null"]},
"count":{"type":["integer","null"],"minimum":0},
"texts":{"type":["object","null"],"additionalProperties":{"$ref":"#/$defs/text"}},
"nic":{"type":["object","null"],"properties":{"name":{"$ref":"#/$defs/text"},
"network":{"$ref":"#/$defs/text"},"model":{"$ref":"#/$defs/text"},"mac":{"$ref":"#/$defs/text"},
"address":{"$ref":"#/$defs/text"},"netmask":{"$ref":"#/$defs/text"},
"gateway":{"$ref":"#/$defs/text"},"device":{"$ref":"#/$defs/text"},
"vlans":{"type":["array","null"],"items":{"type":["integer","null"]}}}},
"disk":{"type":["object","null"],"properties":{"bus":{"$ref":"#/$defs/text"},
"device":{"$ref":"#/$defs/text"},"size":{"$ref":"#/$defs/count"},"volume":{"$ref":"#/$defs/text"},
"image":{"$ref":"#/$defs/text"},"source":{"$ref":"#/$defs/text"}}},
"guest":{"type":"object","required":["id"],"properties":{
"id":{"type":"string","pattern":"^[a-zA-Z0-9][a-zA-Z0-9_.-]*$","maxLength":1024},
"type":{"$ref":"#/$defs/text"},"image":{"$ref":"#/$defs/text"},
"nics":{"type":["array","null"],"items":{"$ref":"#/$defs/nic"}},
"disks":{"type":["array","null"],"items":{"$ref":"#/$defs/disk"}},
"state":{"$ref":"#/$defs/text"},
"memory":{"description":"MiB","type":["integer","null"],"minimum":0,"maximum":8796093022207},
"cpu":{"$ref":"#/$defs/count"},"vnc":{"type":["integer","null"]},
"metadata":{"$ref":"#/$defs/texts"}}}},)";

inline constexpr std::string_view kGuestParamsBody =
    R"("required":["guest"],"properties":{"guest":{"$ref":"#/$defs/guest"},
"action":{"$ref":"#/$defs/text"},"args":{"$ref":"#/$defs/texts"}}})";
inline constexpr std::string_view kStopParamsBody =
    R"("required":["guest"],"properties":{"guest":{"$ref":"#/$defs/guest"},
"action":{"$ref":"#/$defs/text"},"args":{"type":["object","null"],
"properties":{"timeout":{"description":"whole seconds from the stop signal to the kill, at most 3600",
"type":["string","null"],"pattern":"^[0-9]+$"}},"additionalProperties":{"$ref":"#/$defs/text"}}}})";
inline constexpr std::string_view kCreateParamsBody =
    R"("required":["guest"],"properties":{"guest":{"allOf":[{"$ref":"#/$defs/guest"},
{"required":["nics"],"properties":{"nics":{"type":"array","minItems":1}}}]},
"action":{"$ref":"#/$defs/text"},"args":{"$ref":"#/$defs/texts"}}})";
inline constexpr std::string_view kGuestResultBody =
    R"("required":["guest"],"properties":{"guest":{"allOf":[{"$ref":"#/$defs/guest"},
{"required":["state"],"properties":{"state":{"enum":["stopped","running","paused","deleted"]}}}]},
"message":{"type":"string"},"retry":{"type":"integer"}}})";

inline constexpr std::string_view kGuestParams = kJoined<kDraft, kGuestDefs, kGuestParamsBody>;
inline constexpr std::string_view kStopParams = kJoined<kDraft, kGuestDefs, kStopParamsBody>;
inline constexpr std::string_view kCreateParams = kJoined<kDraft, kGuestDefs, kCreateParamsBody>;
inline constexpr std::string_view kGuestResult = kJoined<kDraft, kGuestDefs, kGuestResultBody>;

inline constexpr std::string_view kIdBody = R"("required":["id"],"properties":{
"id":{"type":"string","pattern":"^[a-zA-Z0-9][a-zA-Z0-9_.-]*$","maxLength":1024}}})";
inline constexpr std::string_view kListBody = R"("properties":{"opts":{"type":["object","null"],
"properties":{"All":{"type":["boolean","null"]},"Size":{"type":["boolean","null"]},
"Limit":{"type":["integer","null"]},"Since":{"type":["string","null"]},
"Before":{"type":["string","null"]},"Filters":{"type":["object","null"],
"additionalProperties":{"type":["array","null"],"items":{"type":["string","null"]}}}}}}})";
inline constexpr std::string_view kSaveBody = R"("properties":{"id":{"type":["string","null"]},
"opts":{"type":["object","null"],"properties":{"Container":{"type":["string","null"]},
"Repository":{"type":["string","null"]},
"Tag":{"type":["string","null"],"pattern":"^([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$"},
"Message":{"type":["string","null"]},"Author":{"type":["string","null"]},
"Run":{"description":"the engine's container configuration","type":["object","null"]}}}}})";
inline constexpr std::string_view kContainersBody = R"("required":["containers"],"properties":{
"containers":{"type":"array","items":{"description":"as the engine inspects it",
"type":"object"}}}})";
inline constexpr std::string_view kImagesBody = R"("required":["images"],"properties":{
"images":{"type":"array","items":{"type":"object","required":["id","type","size"],"properties":{
"id":{"type":"string"},"type":{"enum":["container"]},"volume":{"type":"string"},
"snapshot":{"type":"string"},"size":{"description":"MiB","type":"integer","minimum":0},
"status":{"type":"string"}}}}}})";
inline constexpr std::string_view kImageBody = R"("required":["id"],"properties":{
"id":{"description":"a name, a UUID or an id","type":"string","minLength":1},
"type":{"type":["string","null"]},"dest":{"type":["string","null"]},
"source":{"type":["string","null"]}}})";
inline constexpr std::string_view kListImagesBody = R"("properties":{
"id":{"type":["string","null"]},"type":{"type":["string","null"]},
"dest":{"type":["string","null"]},"source":{"type":["string","null"]}}})";
inline constexpr std::string_view kNothingBody = R"("properties":{}})";
inline constexpr std::string_view kInfoBody =
    R"("description":"the engine's own information, as it answers to /info"})";

inline constexpr std::string_view kReconcileParamsBody =
    R"("properties":{"dry_run":{"description":"only say what would be done",
"type":["boolean","null"]}}})";
inline constexpr std::string_view kReconcileBody = R"("required":["reconcile"],"properties":{
"reconcile":{"type":"object","required":["at","dry_run","guests","ports","differences"],
"properties":{"at":{"type":"string","format":"date-time"},"dry_run":{"type":"boolean"},
"guests":{"type":"integer","minimum":0},"ports":{"type":"integer","minimum":0},
"differences":{"type":"array","items":{"type":"object",
"required":["kind","guest","ports","action","done"],"properties":{
"kind":{"enum":["guest_without_ports","ports_without_guest","nics_differ","orphan","unseen"]},
"guest":{"type":"string"},"ports":{"type":"array","items":{"type":"string"}},
"action":{"enum":["plug","unplug","none"]},"done":{"type":"boolean"},
"error":{"type":"string"}}}}}}}})";

inline constexpr std::string_view kId = kJoined<kDraft, kIdBody>;
inline constexpr std::string_view kList = kJoined<kDraft, kListBody>;
inline constexpr std::string_view kSave = kJoined<kDraft, kSaveBody>;
inline constexpr std::string_view kContainers = kJoined<kDraft, kContainersBody>;
inline constexpr std::string_view kImages = kJoined<kDraft, kImagesBody>;
inline constexpr std::string_view kImage = kJoined<kDraft, kImageBody>;
inline constexpr std::string_view kListImages = kJoined<kDraft, kListImagesBody>;
inline constexpr std::string_view kNothing = kJoined<kDraft, kNothingBody>;
inline constexpr std::string_view kInfo = kJoined<kDraft, kInfoBody>;
inline constexpr std::string_view kReconcileParams = kJoined<kDraft, kReconcileParamsBody>;
inline constexpr std::string_view kReconcile = kJoined<kDraft, kReconcileBody>;

} // namespace mdocker::methods::schemas
