// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as the params of a method; the first byte says which. They are refused in one line, or
// make a struct whose names may go to the engine as they are, and which is the same when it is
// written and read again.
#include "fuzz.hpp"

#include "error.hpp"
#include "methods/image.hpp"
#include "methods/labels.hpp"
#include "methods/names.hpp"
#include "methods/requests.hpp"
#include "network/checks.hpp"

#include <array>
#include <string>

namespace {

using namespace mdocker;
using namespace mdocker::methods;
using fuzz::require;

void check_guest(const GuestRequest &request) {
  require(is_container_id(request.guest.id), "an id that is none", request.guest.id);
  const std::string written = encode(request.guest);
  const Guest again = decode_guest(json::parse(written), Path("guest"));
  require(encode(again) == written, "a guest is another one when it is written again", written);
}

void guest(std::string_view params) {
  check_guest(GuestRequest::decode(params));
}

void create(std::string_view params) {
  const CreateRequest request = CreateRequest::decode(params);
  check_guest(request);
  // What the guest's container will say of its NICs once it runs.
  const std::vector<network::Nic> nics = nics_of(labels_of(request.guest, "fuzz"));
  require(nics == normalised(request.guest.nics), "the label says other NICs", params);
  network::check_form(nics);
}

void stop(std::string_view params) {
  const Settings settings;
  const StopRequest request = StopRequest::decode(params);
  check_guest(request);
  require(request.grace(settings).count() >= 0 && request.wanted_time(settings).count() >= 0,
          "less than no time", params);
}

void restart(std::string_view params) {
  const Settings settings;
  const RestartRequest request = RestartRequest::decode(params);
  check_guest(request);
  require(!request.timeout || request.wanted_time(settings) > *request.timeout,
          "a restart gets less time than its stop", params);
}

void get(std::string_view params) {
  const GetRequest request = GetRequest::decode(params);
  require(is_container_id(request.id), "an id that is none", request.id);
}

std::string decoded(std::string_view query) {
  std::string out;
  for (std::size_t i = 0; i < query.size(); ++i) {
    if (query[i] == '%') {
      out += static_cast<char>(std::stoi(std::string(query.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += query[i];
    }
  }
  return out;
}

void list(std::string_view params) {
  const ListRequest request = ListRequest::decode(params);
  const std::string query = request.query();
  require(query.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "?&=%-._~") == std::string::npos,
          "a query that is none", query);
  const std::size_t at = query.find("filters=");
  require((at == std::string::npos) == request.filters.empty(), "the filters are lost", query);
  if (request.filters.empty())
    return;
  const std::string written = decoded(query.substr(at + std::string_view("filters=").size()));
  for (const json::Member &member : json::members(written)) {
    const auto filter = request.filters.find(member.key);
    require(filter != request.filters.end() &&
                filter->second.size() == json::elements(member.value.raw).size(),
            "the engine is asked for other filters", written);
  }
}

void save(std::string_view params) {
  const SaveRequest request = SaveRequest::decode(params);
  require(is_container_id(request.id), "an id that is none", request.id);
  require(request.tag.empty() || is_tag(request.tag), "a tag that is none", request.tag);
  require(request.repository.empty() || is_repository(request.repository),
          "a repository that is none", request.repository);
  require(request.run.empty() || json::parse(request.run).kind == json::Kind::object,
          "a configuration that is none", request.run);
}

void image(std::string_view params) {
  const std::string id = engine_name(ImageRequest::decode(params).id);
  require(is_image_reference(id) && engine_name(id) == id, "a name that no image may have", id);
}

template <class Request> void any(std::string_view params) {
  require(Request::decode(params).subject().empty(), "a subject out of nothing", params);
}

constexpr std::array kRequests{guest,
                               create,
                               stop,
                               restart,
                               get,
                               list,
                               save,
                               image,
                               any<InfoRequest>,
                               any<ListImagesRequest>,
                               any<ReconcileRequest>};

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const fuzz::Input input(data, size);
  try {
    kRequests[input.choice() % kRequests.size()](input.text());
  } catch (const InvalidParams &refusal) {
    fuzz::require_line(refusal.what());
  } catch (const Error &refusal) {
    fuzz::require_line(refusal.what());
    require(refusal.kind() == Kind::invalid, "refused as another kind", refusal.what());
  }
  return 0;
}
