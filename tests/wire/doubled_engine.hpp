// SPDX-License-Identifier: Apache-2.0
//
// LoadImage into a stand-in for an engine, for what a real one does not do on demand.
#pragma once

#include "image_fixture.hpp"

#include <atomic>

namespace wire {

/// A stand-in for an engine, which takes the archive and answers what the test says.
class DoubledEngine : public testing::Test {
protected:
  /// load: what it answers to the archive. image: what it shows once loaded_ is set.
  void start(const std::function<Reply(const mdocker::test::Request &)> &load,
             const std::string &image = {}) {
    engine_ = std::make_unique<mdocker::test::EngineDouble>(
        [=, this](const mdocker::test::Request &request) {
          if (request.method == "POST")
            return load(request);
          if (request.method == "DELETE")
            return removal_;
          if (request.path() == "/events")
            return events_;
          return !image.empty() && loaded_ ? mdocker::test::answer(200, image)
                                           : mdocker::test::refusal(404, "No such image");
        });
    engine_->set_ping_script(pings_);
    config_ = std::make_unique<PluginConfig>(R"("timeouts":{"read_ms":)" +
                                             std::to_string(read_ms_) + "}");
    std::vector<std::string> arguments = config_->arguments();
    for (const std::string &more : {std::string("-i"), service_.address()})
      arguments.push_back(more);
    host_ = std::make_unique<HostProcess>(engine_->endpoint(), arguments);
  }
  [[nodiscard]] std::size_t count(std::string_view beginning) const {
    std::size_t found = 0;
    for (const std::string &line : engine_->lines())
      if (line.starts_with(beginning))
        ++found;
    return found;
  }
  RpcAnswer load() { return host_->call("MDocker.LoadImage", by_id(kUuid)); }

  /// What came as manifest.json in the archive that was sent last.
  [[nodiscard]] std::string manifest_sent() const {
    std::string manifest;
    for (const mdocker::test::Request &request : engine_->requests())
      if (request.method == "POST")
        manifest = mdocker::image::test::content_of(mdocker::image::test::read_back(request.body),
                                                    "manifest.json");
    return manifest;
  }

  /// It has named what is in the archive, and then says that.
  void start_naming(const ImageParts &image, Reply reply) {
    start(
        [this, reply = std::move(reply)](const mdocker::test::Request &) {
          loaded_ = true;
          return reply;
        },
        R"({"Id":")" + image.id + R"(","Size":1})");
    service_.serve(kUuid, docker_archive(image));
  }

  std::size_t read_ms_ = 15'000; ///< Also how long a lost load is looked for.
  mdocker::test::EngineDouble::MaybeScript pings_;
  std::unique_ptr<PluginConfig> config_;
  ImageService service_;
  std::atomic<bool> loaded_ = false;
  Reply removal_ = mdocker::test::answer(200, "[]");
  Reply events_ = mdocker::test::refusal(404, "page not found");
  std::unique_ptr<mdocker::test::EngineDouble> engine_;
  std::unique_ptr<HostProcess> host_;
};

} // namespace wire
