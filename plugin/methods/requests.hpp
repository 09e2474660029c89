// SPDX-License-Identifier: Apache-2.0
//
// The params of each method. decode() throws InvalidParams for a field of the wrong type, and Error
// for what is refused as the method's own failure.
#pragma once

#include "guest.hpp"
#include "method.hpp"

namespace mdocker::methods {

/// GetInfo.
struct InfoRequest {
  static InfoRequest decode(std::string_view params);
  [[nodiscard]] std::string_view subject() const noexcept { return {}; }
};

/// GetContainer: {"id"}.
struct GetRequest {
  std::string id; ///< Checked.

  static GetRequest decode(std::string_view params);
  [[nodiscard]] std::string_view subject() const noexcept { return id; }
};

/// ListContainers: {"opts"}.
struct ListRequest {
  bool all = false;
  bool size = false;
  std::int64_t limit = 0;                                  ///< None where it is not above 0.
  std::map<std::string, std::vector<std::string>> filters; ///< Since and Before included.

  static ListRequest decode(std::string_view params);
  [[nodiscard]] std::string_view subject() const noexcept { return {}; }
  /// The query of the engine's list.
  [[nodiscard]] std::string query() const;
};

/// SaveContainer: {"id", "opts"}.
struct SaveRequest {
  std::string id; ///< Checked; of opts.Container where the request has none of its own.
  std::string repository, tag, message, author;
  std::string run; ///< A configuration as JSON object; empty where there is none.

  static SaveRequest decode(std::string_view params);
  [[nodiscard]] std::string_view subject() const noexcept { return id; }
};

/// GetImage, DeleteImage: {"id", "type", "dest", "source"}, of which only the id has a meaning.
struct ImageRequest {
  std::string id; ///< Checked: an image's name or id. A UUID may be in upper case.

  static ImageRequest decode(std::string_view params);
  [[nodiscard]] std::string_view subject() const noexcept { return id; }
};

/// ListImages: the same struct, of which nothing has a meaning.
struct ListImagesRequest {
  static ListImagesRequest decode(std::string_view params);
  [[nodiscard]] std::string_view subject() const noexcept { return {}; }
};

/// {"guest", "action", "args"}.
struct GuestRequest {
  Guest guest; ///< With an id, checked.
  Strings args;

  static GuestRequest decode(std::string_view params);
  [[nodiscard]] std::string_view subject() const noexcept { return guest.id; }
};

/// CreateContainer: with NICs, and memory that the engine can express.
struct CreateRequest : GuestRequest {
  static CreateRequest decode(std::string_view params);
};

/// StopContainer.
struct StopRequest : GuestRequest {
  std::optional<std::chrono::seconds> timeout; ///< args.timeout

  static StopRequest decode(std::string_view params);
  /// From the stop signal to the kill.
  [[nodiscard]] std::chrono::seconds grace(const Settings &settings) const;
  [[nodiscard]] std::chrono::milliseconds wanted_time(const Settings &settings) const;
};

/// RestartContainer, RebootContainer.
struct RestartRequest : StopRequest {
  static RestartRequest decode(std::string_view params);
  [[nodiscard]] std::chrono::milliseconds wanted_time(const Settings &settings) const;
};

/// Reconcile: {"dry_run"}.
struct ReconcileRequest {
  bool dry_run = false;

  static ReconcileRequest decode(std::string_view params);
  [[nodiscard]] std::string_view subject() const noexcept { return {}; }
};

/// The call of a request and the coroutine that does it.
template <class Request, asio::awaitable<std::string> (*Run)(Environment &, Request, Deadline)>
class CallOf final : public Call {
public:
  explicit CallOf(Request request) : request_(std::move(request)) {}
  [[nodiscard]] std::string_view subject() const noexcept override { return request_.subject(); }
  [[nodiscard]] std::chrono::milliseconds wanted_time(const Settings &settings) const override {
    if constexpr (requires { request_.wanted_time(settings); })
      return request_.wanted_time(settings);
    return std::chrono::milliseconds(0);
  }
  asio::awaitable<std::string> run(Environment &environment, Deadline deadline) override {
    return Run(environment, request_, deadline); // a copy: the coroutine has its own
  }

private:
  Request request_;
};

template <class Request, asio::awaitable<std::string> (*Run)(Environment &, Request, Deadline)>
std::unique_ptr<Call> prepare(std::string_view params) {
  return std::make_unique<CallOf<Request, Run>>(Request::decode(params));
}

} // namespace mdocker::methods
