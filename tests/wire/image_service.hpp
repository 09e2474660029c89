// SPDX-License-Identifier: Apache-2.0
//
// An image service at 127.0.0.1, with faults on demand.
#pragma once

#include <double/engine_double.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace wire {

using mdocker::test::Reply;

class ImageService {
public:
  ImageService();

  /// "127.0.0.1:PORT"
  [[nodiscard]] std::string address() const;
  /// The address of an image's archive.
  [[nodiscard]] std::string url(std::string_view id) const;

  /// What is answered when the archive of that id is asked for; 404 where nothing was said.
  /// [any thread]
  void answer(std::string_view id, Reply reply);
  /// The same for any target.
  void answer_at(const std::string &target, Reply reply);
  /// The archive, with its length and these fields ("Name: value\r\n" each), and the end of the
  /// connection.
  void serve(std::string_view id, std::string_view archive, std::string_view fields = {});

  /// How often the archive of that id was asked for.
  [[nodiscard]] std::size_t downloads(std::string_view id) const;
  /// What was asked, whole.
  [[nodiscard]] std::vector<mdocker::test::Request> requests() const { return double_->requests(); }
  [[nodiscard]] bool wait_for_requests(std::size_t count) const {
    return double_->wait_for_requests(count);
  }
  /// Whether no client is connected any more, within the usual limit.
  [[nodiscard]] bool wait_until_alone() const { return double_->wait_open_at_most(0); }

private:
  Reply reply_to(const std::string &target) const;

  mutable std::mutex mutex_;
  std::map<std::string, Reply> replies_; // by target
  std::unique_ptr<mdocker::test::EngineDouble> double_;
};

/// The head of a 200 with that Content-Length and these fields, ended by an empty line.
std::string archive_head(std::uint64_t length, std::string_view fields = {});
/// A 200 with the archive's length, and its first half; what comes then is for the test to say.
Reply first_half(const std::string &archive);
/// The path of an image's archive at the service.
std::string download_path(std::string_view id);

} // namespace wire
