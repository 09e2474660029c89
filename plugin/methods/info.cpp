// SPDX-License-Identifier: Apache-2.0
#include "containers.hpp"

namespace mdocker::methods {

asio::awaitable<std::string> get_info(Environment &environment, InfoRequest, Deadline deadline) {
  const engine::Answer answer = co_await environment.engine.get("/info", deadline);
  if (!answer.ok())
    throw engine::refusal(answer, "info");
  co_return std::string(answer_object(answer.body, "info"));
}

} // namespace mdocker::methods
