// SPDX-License-Identifier: Apache-2.0
//
// What the tests of LoadImage share: a host with an image service of the test's own, and an engine
// that has no image of ours before and after each test.
#pragma once

#include "../support/comes_true.hpp"
#include "fixture.hpp"
#include "holdings.hpp"
#include "image_archive.hpp"
#include "image_service.hpp"

#include <functional>

namespace wire {

using mdocker::test::comes_true;

/// The image that these tests load.
inline constexpr const char *kUuid = "6d6f636b-0000-4000-8000-00000000a001";
/// What the engine is to know it by.
inline const std::string kName = std::string(kUuid) + ":latest";
inline constexpr const char *kOtherUuid = "6d6f636b-0000-4000-8000-00000000a002";

/// The id of what has that name; empty where nothing has.
std::string image_id(const EngineApi &engine, std::string_view name);
/// Whether the engine keeps images in containerd, where an image's id is its manifest's, and an
/// archive that has none gets one of the engine's own.
bool has_containerd_store(const EngineApi &engine);
/// That image has that name: it has its id, or in a containerd store its layer.
testing::AssertionResult is_image(const EngineApi &engine, std::string_view name,
                                  const ImageParts &image);
/// Removes the images that are called UUID:latest, where the UUID begins as ours do, and those that
/// archives came with.
void remove_loaded(const EngineApi &engine);

/// The plugin's part of a host's configuration, in a file.
class PluginConfig {
public:
  /// members: of plugins.mdocker, without braces.
  explicit PluginConfig(std::string_view members, std::string_view host_members = {});
  [[nodiscard]] std::vector<std::string> arguments() const;

private:
  TempDir dir_;
};

/// {"id": ID}
std::string by_id(std::string_view id);

class Images : public testing::Test {
protected:
  Images() : Images(test_engine()) {}
  explicit Images(const EngineApi &engine) : engine_(engine) {}
  void SetUp() override;
  void TearDown() override;

  /// What the host is told to ask.
  [[nodiscard]] virtual std::string image_service() const { return service_.address(); }
  /// A host that asks the test's service. members: of plugins.mdocker; host_members: beside them.
  HostProcess &start_host(std::string_view members = {}, std::string_view host_members = {});
  HostProcess &host() { return host_ ? *host_ : start_host(); }
  [[nodiscard]] const EngineApi &engine() const noexcept { return engine_; }

  RpcAnswer load(std::string_view id = kUuid) {
    return host().call("MDocker.LoadImage", by_id(id));
  }
  /// A call whose answer is received later.
  Connection begin_load(std::string_view id = kUuid);
  /// The load was refused with these words, and the engine has what it had.
  void expect_refused(std::string_view words);
  /// Nothing is left of a load: at the engine no name and no image that it has not had, at the
  /// service, at the engine and in the host no connection, no call, no thread.
  void expect_nothing_left();
  /// A good archive is loaded as if nothing had been.
  void expect_next_load_works();

  ImageService service_;
  Holdings before_;

private:
  const EngineApi &engine_;
  std::unique_ptr<PluginConfig> config_;
  std::unique_ptr<HostProcess> host_;
  std::size_t idle_threads_ = 0;
};

/// How many threads a process has.
std::size_t thread_count(pid_t pid);
/// What one load after another leaves open to the engine: a connection for reads, and one on which
/// it was asked whether it is well.
inline constexpr std::size_t kKeptIdle = 2;
/// How many connections there are to a unix socket.
std::size_t connection_count(const std::filesystem::path &socket);

} // namespace wire
