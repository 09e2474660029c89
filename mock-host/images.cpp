// SPDX-License-Identifier: Apache-2.0
#include "images.hpp"

#include "json.hpp"

#include <string_view>

namespace mistify::mock_host {
namespace {

constexpr std::string_view kList = "/images";
constexpr std::string_view kPrefix = "/images/";
constexpr std::string_view kSuffix = "/download";

std::string list_json(const std::vector<ImageFolder::Entry> &entries) {
  std::string out = R"({"images":[)";
  for (const ImageFolder::Entry &entry : entries)
    out += (&entry == entries.data() ? R"({"id":)" : R"(,{"id":)") + json::quoted(entry.id) +
           R"(,"file":)" + json::quoted(entry.file) + R"(,"size":)" + std::to_string(entry.size) +
           "}";
  return out + "]}\n";
}

} // namespace

bool ImageService::serves(std::string_view path) noexcept {
  return path == kList || path.starts_with(kPrefix);
}

std::optional<HttpReply> ImageService::refusal(const HttpRequest &head) const {
  if (head.method == "GET" || head.method == "HEAD")
    return std::nullopt;
  return method_not_allowed(head, "GET, HEAD");
}

HttpReply ImageService::answer(const HttpRequest &request) const {
  HttpReply reply;
  std::string_view id = request.path;
  if (id == kList) {
    reply.content_type = "application/json; charset=utf-8";
    reply.body = list_json(folder_.list());
    return reply;
  }
  if (!id.ends_with(kSuffix) || id.size() < kPrefix.size() + kSuffix.size())
    return text_reply(404, "no such path, expected /images or /images/ID/download");
  id.remove_prefix(kPrefix.size());
  id.remove_suffix(kSuffix.size());
  reply.content_type = "application/octet-stream";
  reply.file = folder_.open(id);
  return reply;
}

std::shared_ptr<PendingRequest> ImageService::begin(HttpRequest request, Respond respond) {
  HttpReply reply;
  try {
    reply = answer(request);
  } catch (const ImageFolder::Refusal &refusal) {
    reply = text_reply(refusal.status(), refusal.what());
  }
  reply.subject = request.method + " " + request.path;
  respond(std::move(reply));
  return nullptr;
}

} // namespace mistify::mock_host
