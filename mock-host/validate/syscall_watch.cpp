// SPDX-License-Identifier: Apache-2.0
#include "syscall_watch.hpp"

#include <array>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace mistify::mock_host::validation {
namespace {

struct SystemCall {
  const char *name;
  int number;
  int flags_argument = -1; ///< Only where this argument says that a file is written.
};

constexpr SystemCall kWatched[] = {
    {"clone", SYS_clone},
#if defined(SYS_clone3)
    {"clone3", SYS_clone3},
#endif
#if defined(SYS_fork)
    {"fork", SYS_fork},           {"vfork", SYS_vfork},
#endif
    {"execve", SYS_execve},       {"execveat", SYS_execveat},
    {"socket", SYS_socket},       {"socketpair", SYS_socketpair},
    {"openat", SYS_openat, 2},    {"truncate", SYS_truncate},
    {"mkdirat", SYS_mkdirat},     {"mknodat", SYS_mknodat},
    {"unlinkat", SYS_unlinkat},   {"linkat", SYS_linkat},
    {"symlinkat", SYS_symlinkat}, {"renameat2", SYS_renameat2},
    {"fchmodat", SYS_fchmodat},   {"fchownat", SYS_fchownat},
    {"mount", SYS_mount},
#if defined(SYS_open) // the older forms are not everywhere
    {"open", SYS_open, 1},        {"creat", SYS_creat},
    {"mkdir", SYS_mkdir},         {"mknod", SYS_mknod},
    {"rmdir", SYS_rmdir},         {"unlink", SYS_unlink},
    {"link", SYS_link},           {"symlink", SYS_symlink},
    {"rename", SYS_rename},       {"renameat", SYS_renameat},
    {"chmod", SYS_chmod},         {"chown", SYS_chown},
#endif
};

// The low half of an argument; all machines that we run on have it first.
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

constexpr std::uint32_t argument(int index) {
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args)) +
         static_cast<std::uint32_t>(index) * 8U;
}

void add(std::vector<sock_filter> &program, unsigned code, std::uint32_t value,
         std::uint8_t if_true = 0, std::uint8_t if_false = 0) {
  program.push_back({static_cast<std::uint16_t>(code), if_true, if_false, value});
}

std::vector<sock_filter> filter() {
  constexpr std::uint32_t kWrites = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;
  std::vector<sock_filter> program;
  for (const SystemCall &call : kWatched) {
    add(program, BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
    const bool has_flags = call.flags_argument >= 0;
    add(program, BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call.number), 0,
        has_flags ? 3 : 1);
    if (has_flags) {
      add(program, BPF_LD | BPF_W | BPF_ABS, argument(call.flags_argument));
      add(program, BPF_JMP | BPF_JSET | BPF_K, kWrites, 0, 1);
    }
    add(program, BPF_RET | BPF_K, SECCOMP_RET_TRAP);
  }
  add(program, BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  return program;
}

// For the signal's handler, which may take no memory: all that it can say, laid out before.
struct Sayings {
  const Teller *tell;
  std::array<std::string, std::size(kWatched)> lines;
};
Sayings sayings{};

void on_system_call(int, siginfo_t *info, void *) {
  for (std::size_t i = 0; i < std::size(kWatched); ++i) {
    if (kWatched[i].number != info->si_syscall)
      continue;
    const std::string &line = sayings.lines[i];
    if (::write(sayings.tell->descriptor(), line.data(), line.size()) < 0)
      ::_exit(1);
  }
  ::_exit(0);
}

} // namespace

bool watch_system_calls(const Teller &tell, const char *what) {
  sayings.tell = &tell;
  for (std::size_t i = 0; i < std::size(kWatched); ++i)
    sayings.lines[i] = std::string("F") + what + " calls " + kWatched[i].name + "\nE\n";
  struct sigaction action {};
  action.sa_sigaction = &on_system_call;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGSYS, &action, nullptr);
  std::vector<sock_filter> instructions = filter();
  const sock_fprog program{static_cast<unsigned short>(instructions.size()), instructions.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

} // namespace mistify::mock_host::validation
