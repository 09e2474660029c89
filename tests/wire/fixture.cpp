// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

#include <iostream>

namespace wire {

std::unique_ptr<HostProcess> OnEngine::host_;

void OnEngine::SetUpTestSuite() {
  host_ =
      std::make_unique<HostProcess>(engine().endpoint(), std::vector<std::string>{"-l", "info"});
}

void OnEngine::TearDownTestSuite() {
  if (!host_)
    return;
  EXPECT_EQ(host_->end(), 0) << "the host's log:\n" << host_->process().output();
  host_.reset();
}

void OnEngine::SetUp() {
  engine().remove_guests();
}

void OnEngine::TearDown() {
  engine().remove_guests();
  if (HasFailure() && host_)
    std::cerr << "the host's log:\n" << host_->process().output();
}

HostProcess &OnEngine::host() {
  return *host_;
}

const EngineApi &OnEngine::engine() {
  return test_engine();
}

std::string OnEngine::must(std::string_view method, std::string_view params) {
  const RpcAnswer answer = host().call(method, params);
  if (answer.status != 200 || !answer.error.empty())
    throw std::runtime_error(std::string(method) + ": " + answer.error);
  return answer.result;
}

void OnEngine::create(std::string_view id, std::string_view image, std::string_view more) {
  must("MDocker.CreateContainer", guest(id, R"("image":)" + json_string(image) + R"(,"nics":[)" +
                                                std::string(kNic) + "]" + std::string(more)));
}

void OnEngine::create_and_start(std::string_view id, std::string_view image) {
  create(id, image);
  must("MDocker.StartContainer", guest(id));
}

std::string OnEngine::state(std::string_view id) {
  if (!engine().has_container(id))
    return "absent";
  return text_at(engine().inspect(id), {"State", "Status"});
}

std::string guest(std::string_view id, std::string_view more) {
  std::string text = R"({"guest":{"id":)" + json_string(id);
  if (!more.empty() && more.front() != ',')
    text += ',';
  return text.append(more).append("}}");
}

} // namespace wire
