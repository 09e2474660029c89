// SPDX-License-Identifier: Apache-2.0
#include "load_image.hpp"

#include "image_loads.hpp"
#include "names.hpp"
#include "requests.hpp"

#include "../image/uuid.hpp"

#include <utility>

namespace mdocker::methods {
namespace {

class LoadImage final : public Call {
public:
  explicit LoadImage(ImageRequest request) : request_(std::move(request)) {}

  [[nodiscard]] std::string_view subject() const noexcept override { return request_.id; }

  asio::awaitable<std::string> run(Environment &environment, Deadline deadline) override {
    std::vector<ListedImage> loaded;
    std::uint64_t size = 0;
    if (image::parse_uuid(request_.id)) {
      std::string id = request_.id;
      Report report = report_;
      size =
          co_await environment.loads.load(environment, std::move(id), deadline, std::move(report));
    } else {
      size = co_await size_of_known(environment);
    }
    loaded.push_back({request_.id, size});
    co_return images_response(loaded);
  }

private:
  asio::awaitable<std::uint64_t> size_of_known(Environment &environment) const {
    const auto until = std::chrono::steady_clock::now() + environment.settings.timeouts.read;
    const std::optional<Image> image =
        co_await inspect_image_if_any(environment, request_.id, until);
    if (!image)
      throw Error(Kind::invalid,
                  "invalid id " + shown(request_.id) +
                      ": expected a UUID, or the name of an image that the engine has")
          .in_phase("inspect");
    co_return image->size;
  }

  ImageRequest request_;
};

} // namespace

std::unique_ptr<Call> prepare_load_image(std::string_view params) {
  return std::make_unique<LoadImage>(ImageRequest::decode(params));
}

} // namespace mdocker::methods
