// SPDX-License-Identifier: Apache-2.0
#include "requests.hpp"

#include "names.hpp"

#include "../image/uuid.hpp"
#include "../network/checks.hpp"

#include <charconv>
#include <limits>

namespace mdocker::methods {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kMaxTimeout = 3600s;
constexpr unsigned kMiBShift = 20;
constexpr std::uint64_t kMaxMemory =
    static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) >> kMiBShift;

// Fields of the params themselves have no prefix.
constexpr Path kRoot("");

json::Value params_object(std::string_view params) {
  json::Value value;
  try {
    value = json::parse(params);
  } catch (const json::ParseError &error) {
    throw InvalidParams("params: no well-formed JSON at byte " + std::to_string(error.offset()) +
                        ": " + error.what());
  }
  if (value.kind != json::Kind::object && value.kind != json::Kind::null)
    throw InvalidParams("params: expected an object, got " +
                        std::string(json::kind_name(value.kind)));
  return value;
}

// What is wrong inside opts is the method's own failure: opts have another form for each method.
template <class Decode> void decode_opts(const Object &params, Decode decode) {
  try {
    const Path path(kRoot, "opts");
    decode(Object(params.value("opts"), path));
  } catch (const InvalidParams &error) {
    throw Error(Kind::invalid, error.what());
  }
}

std::string present_id(std::string id) {
  if (id.empty())
    throw Error(Kind::invalid, "missing id");
  check_container_id(id);
  return id;
}

std::map<std::string, std::vector<std::string>> decode_filters(const Object &opts) {
  std::map<std::string, std::vector<std::string>> filters;
  const Path path(opts.path(), "Filters");
  const Object object(opts.value("Filters"), path);
  for (const json::Member &member : object.members()) {
    const Path values_path(path, member.key);
    std::vector<std::string> values;
    for (const json::Value &value : decode_array(member.value, values_path))
      values.push_back(decode_string(value, Path(values_path, values.size())));
    filters[member.key] = std::move(values);
  }
  return filters;
}

// The id of an ImageRequest, as it is.
std::string decode_image_request(std::string_view params) {
  const Object object(params_object(params), kRoot);
  for (const char *meaningless : {"type", "dest", "source"})
    static_cast<void>(object.string(meaningless));
  return object.string("id");
}

template <class Request> void decode_guest_request(Request &request, std::string_view params) {
  const Object object(params_object(params), kRoot);
  request.guest = decode_guest(object.value("guest"), Path(kRoot, "guest"));
  static_cast<void>(object.string("action"));
  request.args = object.strings("args");
  if (request.guest.id.empty())
    throw Error(Kind::invalid, "missing guest with id");
}

std::optional<std::chrono::seconds> decode_timeout(const Strings &args) {
  const auto arg = args.find("timeout");
  if (arg == args.end())
    return std::nullopt;
  const std::string &text = arg->second;
  unsigned seconds = 0;
  const char *end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, seconds);
  if (error != std::errc() || at != end || std::chrono::seconds(seconds) > kMaxTimeout)
    throw Error(Kind::invalid, "args.timeout: expected whole seconds from 0 to " +
                                   std::to_string(kMaxTimeout.count()) + ", got " + shown(text));
  return std::chrono::seconds(seconds);
}

} // namespace

InfoRequest InfoRequest::decode(std::string_view params) {
  static_cast<void>(params_object(params));
  return {};
}

ReconcileRequest ReconcileRequest::decode(std::string_view params) {
  const Object object(params_object(params), kRoot);
  return {object.boolean("dry_run")};
}

GetRequest GetRequest::decode(std::string_view params) {
  const Object object(params_object(params), kRoot);
  return {present_id(object.string("id"))};
}

ListRequest ListRequest::decode(std::string_view params) {
  const Object object(params_object(params), kRoot);
  static_cast<void>(object.string("id")); // of the struct, and without a meaning here
  ListRequest request;
  decode_opts(object, [&](const Object &opts) {
    request.all = opts.boolean("All");
    request.size = opts.boolean("Size");
    request.limit = opts.integer("Limit");
    request.filters = decode_filters(opts);
    // The engine ignores these two as parameters of their own.
    for (const auto &[key, filter] : {std::pair("Since", "since"), std::pair("Before", "before")})
      if (std::string value = opts.string(key); !value.empty())
        request.filters[filter].push_back(std::move(value));
  });
  return request;
}

std::string ListRequest::query() const {
  engine::Query query;
  if (all)
    query.add("all", "1");
  if (limit > 0)
    query.add("limit", std::to_string(limit));
  if (filters.empty())
    return query.text();
  std::string encoded = "{";
  for (const auto &[filter, values] : filters) {
    append_key(encoded, filter);
    encoded.push_back('[');
    for (const std::string &value : values) {
      if (encoded.back() != '[')
        encoded.push_back(',');
      json::append_string(encoded, value);
    }
    encoded.push_back(']');
  }
  encoded.push_back('}');
  return query.add("filters", encoded).text();
}

SaveRequest SaveRequest::decode(std::string_view params) {
  const Object object(params_object(params), kRoot);
  SaveRequest request;
  request.id = object.string("id");
  decode_opts(object, [&](const Object &opts) {
    if (std::string container = opts.string("Container"); request.id.empty())
      request.id = std::move(container);
    request.repository = opts.string("Repository");
    request.tag = opts.string("Tag");
    request.message = opts.string("Message");
    request.author = opts.string("Author");
    const Path path(opts.path(), "Run");
    const json::Value config = opts.value("Run");
    static_cast<void>(Object(config, path));
    if (config.kind == json::Kind::object)
      request.run = config.raw;
  });
  request.id = present_id(std::move(request.id));
  if (!request.repository.empty() && !is_repository(request.repository))
    throw Error(Kind::invalid, "opts.Repository: expected [HOST[:PORT]/]NAME[:TAG] with a name in "
                               "lower case, got " +
                                   shown(request.repository));
  if (!request.tag.empty() && !is_tag(request.tag))
    throw Error(Kind::invalid,
                "opts.Tag: expected [A-Za-z0-9_][A-Za-z0-9_.-]{0,127}, got " + shown(request.tag));
  return request;
}

ImageRequest ImageRequest::decode(std::string_view params) {
  ImageRequest request{decode_image_request(params)};
  if (request.id.empty())
    throw Error(Kind::invalid, "missing id");
  if (!image::parse_uuid(request.id))
    check_image_reference(request.id);
  return request;
}

ListImagesRequest ListImagesRequest::decode(std::string_view params) {
  static_cast<void>(decode_image_request(params));
  return {};
}

GuestRequest GuestRequest::decode(std::string_view params) {
  GuestRequest request;
  decode_guest_request(request, params);
  check_container_id(request.guest.id);
  return request;
}

CreateRequest CreateRequest::decode(std::string_view params) {
  CreateRequest request;
  decode_guest_request(request, params);
  if (request.guest.nics.empty())
    throw Error(Kind::invalid, "must specify at least one nic");
  check_container_id(request.guest.id);
  network::check_form(normalised(request.guest.nics));
  if (request.guest.memory > kMaxMemory)
    throw Error(Kind::invalid, "guest.memory: " + std::to_string(request.guest.memory) +
                                   " MiB is more than the maximum of " +
                                   std::to_string(kMaxMemory) + " MiB");
  return request;
}

StopRequest StopRequest::decode(std::string_view params) {
  StopRequest request;
  decode_guest_request(request, params);
  check_container_id(request.guest.id);
  request.timeout = decode_timeout(request.args);
  return request;
}

std::chrono::seconds StopRequest::grace(const Settings &settings) const {
  return timeout.value_or(std::chrono::ceil<std::chrono::seconds>(settings.timeouts.stop_grace));
}

std::chrono::milliseconds StopRequest::wanted_time(const Settings &settings) const {
  return timeout ? *timeout + settings.timeouts.stop_margin : 0ms;
}

RestartRequest RestartRequest::decode(std::string_view params) {
  return {StopRequest::decode(params)};
}

std::chrono::milliseconds RestartRequest::wanted_time(const Settings &settings) const {
  return timeout ? StopRequest::wanted_time(settings) + settings.timeouts.change : 0ms;
}

} // namespace mdocker::methods
