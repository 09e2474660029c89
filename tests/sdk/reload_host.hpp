// SPDX-License-Identifier: Apache-2.0
//
// A Host with a puppet that is reloaded: each instance has strings of its own.
#pragma once

#include "../plugins/puppet.hpp"
#include "support.hpp"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sdk_test {

inline std::string text_of(mistify_str text) {
  return {text.ptr, text.len};
}

inline constexpr std::string_view kReloading =
    R"({"ready":false,"reason":"the plugin is being reloaded"})";

/// One instance's strings: it keeps its calls, and says what is done to it.
struct Instance : Puppet {
  Instance(const std::string &name, std::vector<std::string> &steps) {
    on_call = [this](const mistify_request &request) {
      calls.push_back(request.call);
      params.push_back(text_of(request.params_json));
    };
    on_create = [name, &steps](mistify_sink, void *) {
      steps.push_back(name + " create");
      return MISTIFY_OK;
    };
    on_quiesce = [name, &steps] { steps.push_back(name + " quiesce"); };
    on_stop = [this, name, &steps](std::int64_t) {
      steps.push_back(name + " stop");
      for (const mistify_call call : calls)
        complete(call, "\"stopped\"");
      return MISTIFY_OK;
    };
    on_destroy = [name, &steps] { steps.push_back(name + " destroy"); };
  }
  mistify_status complete(mistify_call call, std::string_view result) const {
    return api->complete(host, call, lend(result));
  }
  void answer_at_once() {
    on_call = [this](const mistify_request &request) {
      complete(request.call, text_of(request.params_json));
    };
  }

  std::vector<mistify_call> calls;
  std::vector<std::string> params;
};

class ReloadHost : public testing::Test {
protected:
  void TearDown() override { host_.reset(); }

  /// Loads the first version of the puppet, on old_; what is created later is on new_.
  void load(mistify::HostOptions options = {}) {
    replace(file_, plugin("puppet"));
    options.log = log_.function();
    options.config = [this](std::string_view name) {
      return name == "puppet" ? next_->config() : std::string("{}");
    };
    host_.emplace(std::move(options));
    host_->load(file_);
    next_ = &new_;
    steps_.clear();
  }

  mistify::CallId dispatch(const Answered &answered, std::string_view params = "{}",
                           std::string_view method = "Puppet.Change") {
    return host_->dispatch({.method = method, .params_json = params}, answered.completion());
  }

  /// Leaves a call open in the old instance, so that a reload waits for it, begins a reload in
  /// another thread, and returns when calls are held.
  void begin_reload() {
    dispatch(kept_);
    result_ = std::async(std::launch::async, [this] { return host_->reload("puppet", kPatience); });
    ASSERT_TRUE(comes_true([this] { return check() == kReloading; }));
  }
  /// Ends the call that the reload waits for; true where the reload was done then.
  bool end_reload() {
    EXPECT_EQ(old_.complete(old_.calls.at(0), "\"kept\""), MISTIFY_OK);
    EXPECT_EQ(kept_.get().result_json, "\"kept\"");
    return result_.get();
  }

  std::string check() {
    Answered answered;
    host_->check("puppet", kPatience, answered.completion());
    return answered.get().result_json;
  }

  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "puppet.so";
  Log log_;
  std::vector<std::string> steps_;
  Instance old_{"old", steps_};
  Instance new_{"new", steps_};
  Puppet *next_ = &old_;
  Answered kept_;
  std::optional<mistify::Host> host_;
  std::future<bool> result_;
};

} // namespace sdk_test
