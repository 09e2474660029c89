// SPDX-License-Identifier: Apache-2.0
#include "isolation.hpp"

#include "../settings.hpp"

#include <cerrno>
#include <sched.h>
#include <sys/mount.h>
#include <system_error>

namespace mistify::mock_host::validation {
namespace {

bool unshare_all() {
  constexpr int kSpaces = CLONE_NEWNS | CLONE_NEWNET;
  return ::unshare(kSpaces) == 0 || (errno == EPERM && ::unshare(kSpaces | CLONE_NEWUSER) == 0);
}

bool cover(const char *folder) {
  return ::mount("none", folder, "tmpfs", MS_NOSUID | MS_NODEV, nullptr) == 0 || errno == ENOENT;
}

} // namespace

void isolate() {
  // Not further than here: private, so that nobody else's /run is covered.
  if (!unshare_all() || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      !cover("/run") || !cover("/var/run"))
    throw RunError("cannot keep the plugin from this machine's engine and network: " +
                   std::generic_category().message(errno) +
                   "; expected the right to make namespaces, or --unconfined");
}

} // namespace mistify::mock_host::validation
