// SPDX-License-Identifier: Apache-2.0
#include "image_service.hpp"

#include <algorithm>

namespace wire {

ImageService::ImageService()
    : double_(std::make_unique<mdocker::test::EngineDouble>(
          [this](const mdocker::test::Request &request) { return reply_to(request.sent_target); },
          mdocker::test::EngineDouble::Options{.tcp = true})) {}

std::string ImageService::address() const {
  return double_->tcp_endpoint().substr(std::string_view("tcp://").size());
}

std::string ImageService::url(std::string_view id) const {
  return "http://" + address() + download_path(id);
}

void ImageService::answer(std::string_view id, Reply reply) {
  answer_at(download_path(id), std::move(reply));
}

void ImageService::answer_at(const std::string &target, Reply reply) {
  const std::lock_guard lock(mutex_);
  replies_[target] = std::move(reply);
}

void ImageService::serve(std::string_view id, std::string_view archive, std::string_view fields) {
  answer(id, Reply().send(archive_head(archive.size(), fields)).send(std::string(archive)).close());
}

std::size_t ImageService::downloads(std::string_view id) const {
  const auto asked = requests();
  return static_cast<std::size_t>(
      std::count_if(asked.begin(), asked.end(), [path = download_path(id)](const auto &request) {
        return request.sent_target == path;
      }));
}

Reply ImageService::reply_to(const std::string &target) const {
  const std::lock_guard lock(mutex_);
  const auto found = replies_.find(target);
  return found == replies_.end() ? mdocker::test::answer(404, "no such image") : found->second;
}

std::string archive_head(std::uint64_t length, std::string_view fields) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: " +
         std::to_string(length) + "\r\n" + std::string(fields) + "\r\n";
}

Reply first_half(const std::string &archive) {
  return Reply().send(archive_head(archive.size())).send(archive.substr(0, archive.size() / 2));
}

std::string download_path(std::string_view id) {
  return "/images/" + std::string(id) + "/download";
}

} // namespace wire
