// SPDX-License-Identifier: Apache-2.0
#include "mistify/host.hpp"
#include "core.hpp"
#include "errors.hpp"
#include "text.hpp"

#include <stdexcept>
#include <utility>

namespace mistify {
namespace detail {

Core::Core(HostOptions given)
    : options(std::move(given)), log(options.log, options.log_enabled), calls(options, log),
      api(make_host_api(options)) {}

} // namespace detail

namespace {

constexpr std::chrono::seconds kDestructorTimeout{10};
constexpr std::string_view kReady = R"({"ready":true})";
constexpr std::string_view kReloading =
    R"({"ready":false,"reason":"the plugin is being reloaded"})";

} // namespace

class Host::Impl final : public detail::Core {
public:
  using Core::Core;

  bool unload(detail::Plugin &plugin, detail::Clock::time_point until);
  /// Throws std::out_of_range.
  detail::Plugin &named(std::string_view plugin) const;
};

bool Host::Impl::unload(detail::Plugin &plugin, detail::Clock::time_point until) {
  if (!detail::stop_plugin(*this, plugin, until, "unload"))
    return false;
  const std::string name = plugin.name;
  registry.take(plugin).reset();
  log.write(LogLevel::info, "unloaded the plugin " + name);
  return true;
}

detail::Plugin &Host::Impl::named(std::string_view plugin) const {
  detail::Plugin *found = registry.find(plugin);
  if (found == nullptr)
    throw std::out_of_range("no plugin named " + detail::one_line(plugin) + " is loaded");
  return *found;
}

Host::Host(HostOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Host::~Host() {
  if (shutdown(kDestructorTimeout))
    return;
  for (detail::Plugin *plugin : impl_->registry.all()) {
    impl_->calls.cancel_all(*plugin, "the host is gone", "shutdown");
    impl_->log.write(LogLevel::error, "the plugin " + plugin->name +
                                          " never stopped: it stays loaded, and what it uses of "
                                          "the host stays as well");
  }
  impl_->log.silence();
  static_cast<void>(impl_.release()); // threads of the plugin may call it at any time
}

void Host::load(const std::filesystem::path &file) {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::absolute(file, error);
  if (error || file.native().find('\0') != std::string::npos)
    throw LoadError(LoadFailure::no_such_file, detail::one_line(file.string()) + ": no such file");
  std::unique_ptr<detail::Plugin> plugin = detail::map_plugin(*impl_, path);
  detail::begin_plugin(*impl_, *plugin);
  impl_->log.write(LogLevel::info, "loaded the plugin " + plugin->name + " " + plugin->version +
                                       " from " + path.string());
  impl_->registry.add(std::move(plugin));
}

std::size_t Host::load_directory(const std::filesystem::path &folder) {
  const std::vector<std::filesystem::path> files = find_plugins({folder});
  for (const auto &file : files)
    load(file);
  return files.size();
}

std::vector<PluginInfo> Host::plugins() const {
  return impl_->registry.plugins();
}
std::vector<MethodInfo> Host::methods() const {
  return impl_->registry.methods();
}
bool Host::has_method(std::string_view name) const {
  return impl_->registry.has_method(name);
}

CallId Host::dispatch(const CallRequest &request, Completion done) {
  for (;;) {
    if (impl_->going.load()) {
      impl_->calls.deliver(done, detail::host_going(request.method));
      return 0;
    }
    const detail::Registry::Route route = impl_->registry.enter_method(request.method);
    if (route.hold) {
      if (const auto call = impl_->calls.hold(route.hold, request, route.default_deadline, done))
        return *call;
      continue; // the reload has just ended: there is another way by now
    }
    if (!route.inside) {
      impl_->calls.deliver(done, route.plugin == nullptr ? detail::no_such_method(request.method)
                                                         : detail::plugin_going(request.method));
      return 0;
    }
    const detail::Inside inside(route.plugin->gate);
    return impl_->calls.begin(*route.plugin, route.method, request, std::move(done));
  }
}

CallId Host::check(std::string_view plugin, std::chrono::nanoseconds deadline, Completion done) {
  if (impl_->going.load()) {
    impl_->calls.deliver(done, detail::host_going({}));
    return 0;
  }
  const detail::Registry::Route route = impl_->registry.enter_plugin(plugin);
  if (route.hold) {
    impl_->calls.deliver(done, {std::string(kReloading), {}});
    return 0;
  }
  if (!route.inside) {
    impl_->calls.deliver(done, route.plugin == nullptr ? detail::no_such_plugin(plugin)
                                                       : detail::plugin_going({}));
    return 0;
  }
  const detail::Inside inside(route.plugin->gate);
  if (!MISTIFY_HAS(mistify_plugin_api, route.plugin->api, check)) {
    impl_->calls.deliver(done, {std::string(kReady), {}});
    return 0;
  }
  return impl_->calls.begin(*route.plugin, nullptr, {.method = {}, .deadline = deadline},
                            std::move(done));
}

bool Host::cancel(CallId call) {
  return impl_->calls.cancel(call);
}
std::size_t Host::calls_in_flight() const {
  return impl_->calls.in_flight();
}
bool Host::drain(std::chrono::nanoseconds timeout) {
  return impl_->calls.drain(timeout);
}

bool Host::unload(std::string_view plugin, std::chrono::nanoseconds timeout) {
  return impl_->unload(impl_->named(plugin), detail::after(timeout));
}

bool Host::reload(std::string_view plugin, std::chrono::nanoseconds drain,
                  std::chrono::nanoseconds stop) {
  return detail::reload_plugin(*impl_, impl_->named(plugin), drain, stop);
}

bool Host::shutdown(std::chrono::nanoseconds timeout) {
  const detail::Clock::time_point until = detail::after(timeout);
  impl_->going.store(true);
  std::vector<detail::Plugin *> plugins = impl_->registry.all();
  std::reverse(plugins.begin(), plugins.end());
  bool all = true;
  for (detail::Plugin *plugin : plugins)
    all = impl_->unload(*plugin, until) && all;
  return all;
}

} // namespace mistify
