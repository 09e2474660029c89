// SPDX-License-Identifier: Apache-2.0
#include "images.hpp"

namespace mdocker::methods {

asio::awaitable<std::string> list_images(Environment &environment, ListImagesRequest,
                                         Deadline deadline) {
  const engine::Answer answer = co_await environment.engine.get("/images/json", deadline);
  if (!answer.ok())
    throw engine::refusal(answer, "list");
  co_return images_response(parse_image_list(answer.body));
}

asio::awaitable<std::string> get_image(Environment &environment, ImageRequest request,
                                       Deadline deadline) {
  const Image image = co_await inspect_image(environment, engine_name(request.id), deadline);
  std::vector<ListedImage> found;
  found.push_back({request.id, image.size});
  co_return images_response(found);
}

} // namespace mdocker::methods
