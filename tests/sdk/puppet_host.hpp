// SPDX-License-Identifier: Apache-2.0
//
// A Host with the puppet in it, for tests that decide what the plugin does.
#pragma once

#include "../plugins/puppet.hpp"
#include "support.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <utility>

namespace sdk_test {

class PuppetHost : public testing::Test {
protected:
  /// Before what a test's own fixture keeps for its puppet is gone.
  void TearDown() override { host_.reset(); }

  void load(mistify::HostOptions options = {}) {
    options.log = log_.function();
    options.config = [this](std::string_view name) {
      return name == "puppet" ? puppet_.config() : std::string("{}");
    };
    host_.emplace(std::move(options));
    host_->load(plugin("puppet"));
  }

  mistify_status complete(mistify_call call, std::string_view result) const {
    return puppet_.api->complete(puppet_.host, call, lend(result));
  }
  mistify_status fail(mistify_call call, std::int32_t code, std::string_view message,
                      std::string_view data = {}) const {
    mistify_error error{};
    error.struct_size = sizeof error;
    error.code = code;
    error.message = lend(message);
    error.data_json = lend(data);
    return puppet_.api->fail(puppet_.host, call, &error);
  }
  mistify_status progress(mistify_call call, std::string_view json) const {
    return puppet_.api->progress(puppet_.host, call, lend(json));
  }
  [[nodiscard]] bool is_cancelled(mistify_call call) const {
    return puppet_.api->is_cancelled(puppet_.host, call) != 0;
  }

  Log log_;
  Puppet puppet_;
  std::optional<mistify::Host> host_;
};

} // namespace sdk_test
