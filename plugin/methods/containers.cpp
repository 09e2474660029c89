// SPDX-License-Identifier: Apache-2.0
#include "containers.hpp"

#include "names.hpp"

#include "../runtime/all_at_once.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>

namespace mdocker::methods {
namespace {

// The inspects of one list: several workers take the next index each.
struct Inspects {
  Environment &environment;
  Deadline deadline;
  bool size;
  std::vector<std::string> ids;
  std::vector<std::string> found; ///< At the id's place; empty where it is gone.
  std::size_t next = 0;
};

// One container as the engine wrote it; empty where there is none.
asio::awaitable<std::string> inspect_text(Environment &environment, std::string id, bool size,
                                          engine::Share share, Deadline deadline) {
  std::string path = container_path(id, size ? "json?size=1" : "json");
  engine::Answer answer = co_await environment.engine.get(std::move(path), deadline, share);
  if (answer.status == engine::kNotFound)
    co_return std::string();
  if (!answer.ok())
    throw engine::refusal(answer, "inspect");
  // Cut to the object where it stands: it is too long to be copied for no reason.
  std::string &body = answer.body;
  const std::string_view object = answer_object(body, "inspect");
  const auto begin = static_cast<std::size_t>(object.data() - body.data());
  body.resize(begin + object.size());
  body.erase(0, begin);
  co_return std::move(body);
}

asio::awaitable<void> work(std::shared_ptr<Inspects> inspects) {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
  while (inspects->next < inspects->ids.size()) {
    const std::size_t index = inspects->next++;
    std::string text =
        co_await inspect_text(inspects->environment, inspects->ids[index], inspects->size,
                              engine::Share::bulk, inspects->deadline);
    inspects->found[index] = std::move(text);
  }
}

// Inspects all of them, at most width at once.
asio::awaitable<void> inspect_all(std::shared_ptr<Inspects> inspects, std::size_t width) {
  std::vector<asio::awaitable<void>> workers;
  const std::size_t count = std::min(std::max<std::size_t>(width, 1), inspects->ids.size());
  for (std::size_t i = 0; i < count; ++i)
    workers.push_back(work(inspects));
  co_await runtime::all_at_once(std::move(workers));
}

} // namespace

std::vector<std::string> parse_list(std::string_view body) {
  constexpr std::string_view kList = "list";
  std::vector<std::string> ids;
  try {
    for (const json::Value &element : json::elements(body)) {
      const json::Members members = json::members(element.raw);
      const json::Value *id = json::find(members, "Id");
      std::string text;
      if (id != nullptr && id->kind == json::Kind::string)
        text = json::text(*id);
      if (!is_container_id(text))
        throw bad_answer(kList, "expected a container's id in Id, got " + shown(text));
      ids.push_back(std::move(text));
    }
  } catch (const json::ParseError &error) {
    throw bad_answer(kList, "no well-formed JSON at byte " + std::to_string(error.offset()) + ": " +
                                error.what());
  } catch (const std::invalid_argument &error) {
    throw bad_answer(kList, error.what());
  }
  return ids;
}

std::string containers_response(const std::vector<std::string> &containers) {
  std::size_t size = 0;
  for (const std::string &container : containers)
    size += container.size() + 1;
  std::string out = R"({"containers":[)";
  out.reserve(out.size() + size + 2);
  for (const std::string &container : containers) {
    if (container.empty())
      continue;
    if (out.back() != '[')
      out.push_back(',');
    out.append(container);
  }
  return out.append("]}");
}

asio::awaitable<std::string> get_container(Environment &environment, GetRequest request,
                                           Deadline deadline) {
  std::string container =
      co_await inspect_text(environment, request.id, false, engine::Share::one, deadline);
  if (container.empty())
    throw no_such_container(request.id).in_phase("inspect");
  std::vector<std::string> found;
  found.push_back(std::move(container));
  co_return containers_response(found);
}

asio::awaitable<std::string> list_containers(Environment &environment, ListRequest request,
                                             Deadline deadline) {
  std::string path = "/containers/json" + request.query();
  const engine::Answer answer = co_await environment.engine.get(std::move(path), deadline);
  if (!answer.ok())
    throw engine::refusal(answer, "list");
  auto inspects = std::make_shared<Inspects>(
      Inspects{environment, deadline, request.size, parse_list(answer.body), {}});
  inspects->found.resize(inspects->ids.size());
  co_await inspect_all(inspects, environment.settings.bounds.list_inspects);
  co_return containers_response(inspects->found);
}

} // namespace mdocker::methods
