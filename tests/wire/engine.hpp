// SPDX-License-Identifier: Apache-2.0
//
// A real Docker Engine for the tests, and a look at it past the code under test.
#pragma once

#include "process.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace wire {

/// All guests of these tests are named with it; nothing else is ever touched.
inline constexpr std::string_view kPrefix = "mw-";

inline constexpr const char *kLoopImage = "mdocker-test/loop";         ///< Ends at once on SIGTERM.
inline constexpr const char *kStubbornImage = "mdocker-test/stubborn"; ///< Ignores SIGTERM.
inline constexpr const char *kNoCommandImage = "mdocker-test/nocmd";   ///< Has no command.

/// The API of an engine that listens at a unix socket.
class EngineApi {
public:
  explicit EngineApi(std::filesystem::path socket) : socket_(std::move(socket)) {}

  [[nodiscard]] std::string endpoint() const { return "unix://" + socket_.string(); }
  [[nodiscard]] const std::filesystem::path &socket() const noexcept { return socket_; }
  [[nodiscard]] HttpResponse request(std::string_view method, std::string_view target,
                                     std::string_view body = {}) const;
  /// The answer's body; throws where the status is none of success.
  [[nodiscard]] std::string get(std::string_view target) const;
  [[nodiscard]] bool has_container(std::string_view name) const;
  [[nodiscard]] std::string inspect(std::string_view name) const;
  /// Creates a container past the code under test; throws where the engine refuses.
  void create(std::string_view name, std::string_view image) const;
  void remove(std::string_view name) const;
  /// Removes every container whose name begins with kPrefix.
  void remove_guests() const;
  /// Makes an image of its own id, like kLoopImage, named NAME:latest.
  void make_image(std::string_view name) const;
  /// Gives an image one more name.
  void tag_image(std::string_view image, std::string_view repository, std::string_view tag) const;
  /// How many events of one kind a container (its full id) has seen.
  [[nodiscard]] std::size_t count_events(std::string_view id, std::string_view event) const;
  /// A connection on which the container's events of one kind arrive, the past ones first.
  [[nodiscard]] Connection watch_events(std::string_view id, std::string_view event) const;

private:
  std::filesystem::path socket_;
};

/// An engine of our own, started by the project's script; it is stopped when this process is gone,
/// whatever the reason.
class PrivateEngine {
public:
  /// More arguments go to dockerd, but for "--disk", "64M" before them: what it keeps is on a disk
  /// of that size.
  explicit PrivateEngine(const std::vector<std::string> &arguments = {});
  ~PrivateEngine();
  PrivateEngine(const PrivateEngine &) = delete;
  PrivateEngine &operator=(const PrivateEngine &) = delete;

  void stop();
  void start() { launch("start"); }
  /// Ends it and starts it again, with what it has.
  void restart() { launch("restart"); }
  /// The same, but it is killed.
  void crash() { launch("crash"); }
  /// Stops its process as it is, so that it takes connections and answers nothing; and lets it go
  /// on.
  void freeze() const;
  void thaw() const;
  [[nodiscard]] const EngineApi &api() const noexcept { return api_; }

private:
  void launch(const char *verb);
  pid_t signal(int number) const; ///< Returns whom.

  TempDir dir_;
  std::vector<std::string> arguments_;
  EngineApi api_;
  Fd lifeline_; ///< Its end is what the watchdog waits for.
};

/// Makes the three images where they are missing.
void make_images(const EngineApi &api);

/// The engine of this run, with the three images: the one that MDOCKER_TEST_ENGINE names (of
/// several, parted by spaces, the one that ctest has given to this process:
/// CTEST_RESOURCE_GROUP_0_ENGINES of ctest(1)), else a private one that lives until the end of the
/// process.
const EngineApi &test_engine();
/// Stops the private one, where there is one.
void stop_test_engine();

} // namespace wire
