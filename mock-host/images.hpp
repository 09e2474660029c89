// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http_types.hpp"
#include "image_folder.hpp"

#include <filesystem>

namespace mistify::mock_host {

/// An image service: GET /images lists the archives of a folder, GET /images/ID/download gives one.
class ImageService : public Service {
public:
  /// Throws UsageError where the folder is none.
  explicit ImageService(const std::filesystem::path &folder) : folder_(folder) {}
  [[nodiscard]] std::optional<HttpReply> refusal(const HttpRequest &head) const override;
  std::shared_ptr<PendingRequest> begin(HttpRequest request, Respond respond) override;

  /// Whether a path is this service's.
  static bool serves(std::string_view path) noexcept;

private:
  [[nodiscard]] HttpReply answer(const HttpRequest &request) const;

  ImageFolder folder_;
};

} // namespace mistify::mock_host
