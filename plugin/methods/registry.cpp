// SPDX-License-Identifier: Apache-2.0
#include "change.hpp"
#include "containers.hpp"
#include "guests.hpp"
#include "images.hpp"
#include "load_image.hpp"
#include "reconcile.hpp"
#include "requests.hpp"
#include "save.hpp"
#include "schemas.hpp"

namespace mdocker::methods {
namespace {

using std::chrono::milliseconds;

constexpr bool kReads = true;
constexpr bool kChanges = false;

milliseconds read_time(const Settings &settings) {
  return settings.timeouts.read;
}
milliseconds change_time(const Settings &settings) {
  return settings.timeouts.change;
}
milliseconds save_time(const Settings &settings) {
  return settings.timeouts.save;
}
// A load may take as long as it goes on: its limits are those of silence.
milliseconds load_time(const Settings &) {
  return milliseconds(0);
}
milliseconds stop_time(const Settings &settings) {
  return settings.timeouts.stop_grace + settings.timeouts.stop_margin;
}
milliseconds restart_time(const Settings &settings) {
  return stop_time(settings) + settings.timeouts.change;
}

template <class Request, asio::awaitable<std::string> (*Run)(Environment &, Request, Deadline)>
constexpr auto prepare_change = prepare<Request, in_turn<Request, Run>>;
template <class Request, asio::awaitable<std::string> (*Run)(Environment &, Request, Deadline)>
constexpr auto prepare_image_change = prepare<Request, in_turn<Request, Run, take_image_turn>>;

constexpr std::string_view kImage = "image";

constexpr Method kMethods[] = {
    {"MDocker.ListContainers", "Lists containers, each as the engine inspects it", kReads,
     schemas::kList, schemas::kContainers, read_time, prepare<ListRequest, list_containers>},
    {"MDocker.GetContainer", "Inspects one container, by name or id", kReads, schemas::kId,
     schemas::kContainers, read_time, prepare<GetRequest, get_container>},
    {"MDocker.CreateContainer", "Creates a guest's container, stopped", kChanges,
     schemas::kCreateParams, schemas::kGuestResult, change_time,
     prepare_change<CreateRequest, create_container>},
    {"MDocker.StartContainer", "Starts a guest and connects it to its networks", kChanges,
     schemas::kGuestParams, schemas::kGuestResult, change_time,
     prepare_change<GuestRequest, start_container>},
    {"MDocker.StopContainer", "Stops a guest (killing it after its grace) and disconnects it",
     kChanges, schemas::kStopParams, schemas::kGuestResult, stop_time,
     prepare_change<StopRequest, stop_container>},
    {"MDocker.RestartContainer", "Stops a guest and starts it again, with its networks", kChanges,
     schemas::kStopParams, schemas::kGuestResult, restart_time,
     prepare_change<RestartRequest, restart_container>},
    {"MDocker.RebootContainer", "The same as RestartContainer", kChanges, schemas::kStopParams,
     schemas::kGuestResult, restart_time, prepare_change<RestartRequest, restart_container>},
    {"MDocker.PauseContainer", "Freezes a running guest", kChanges, schemas::kGuestParams,
     schemas::kGuestResult, change_time, prepare_change<GuestRequest, pause_container>},
    {"MDocker.UnpauseContainer", "Lets a paused guest go on", kChanges, schemas::kGuestParams,
     schemas::kGuestResult, change_time, prepare_change<GuestRequest, unpause_container>},
    {"MDocker.DeleteContainer", "Removes a stopped guest", kChanges, schemas::kGuestParams,
     schemas::kGuestResult, change_time, prepare_change<GuestRequest, delete_container>},
    {"MDocker.SaveContainer", "Saves a container as an image", kChanges, schemas::kSave,
     schemas::kImages, save_time, prepare_change<SaveRequest, save_container>},
    {"MDocker.ListImages", "Lists the images of guests, those named UUID:latest", kReads,
     schemas::kListImages, schemas::kImages, read_time, prepare<ListImagesRequest, list_images>},
    {"MDocker.GetImage", "Shows one image, by name or id", kReads, schemas::kImage,
     schemas::kImages, read_time, prepare<ImageRequest, get_image>, kImage},
    {"MDocker.GetImages", "The same as GetImage", kReads, schemas::kImage, schemas::kImages,
     read_time, prepare<ImageRequest, get_image>, kImage},
    {"MDocker.LoadImage", "Brings an image from the image service into the engine", kChanges,
     schemas::kImage, schemas::kImages, load_time, prepare_load_image, kImage},
    {"MDocker.DeleteImage", "Takes a name from an image, and removes it with its last one",
     kChanges, schemas::kImage, schemas::kImages, change_time,
     prepare_image_change<ImageRequest, delete_image>, kImage},
    {"MDocker.GetInfo", "The engine's own information", kReads, schemas::kNothing, schemas::kInfo,
     read_time, prepare<InfoRequest, get_info>},
    {"MDocker.Reconcile", "Sees to it that every guest has its ports, and nothing else has any",
     kChanges, schemas::kReconcileParams, schemas::kReconcile, change_time,
     prepare<ReconcileRequest, reconcile_guests>},
};

} // namespace

asio::awaitable<std::string> run(Call &call, Environment &environment, Deadline deadline) {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
  co_return co_await call.run(environment, deadline);
}

std::span<const Method> all() noexcept {
  return kMethods;
}

} // namespace mdocker::methods
