// SPDX-License-Identifier: Apache-2.0
#include "child.hpp"

#include "../log.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

extern "C" { // this header forgets that C++ has another linkage
#include <sys/pidfd.h>
}

namespace mistify::mock_host::validation {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kShownFindings = 10;

[[noreturn]] void fail(const char *what) {
  throw std::system_error(errno, std::generic_category(), what);
}

[[noreturn]] void run_child(pid_t parent, int descriptor,
                            const std::function<void(const Teller &)> &body) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent)
    ::_exit(1);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::dup2(STDERR_FILENO, STDOUT_FILENO); // what the plugin prints is no part of the report
  const Teller teller(descriptor);
  try {
    body(teller);
  } catch (const Finding &finding) {
    teller.finding(finding.what());
  } catch (const NotApplicable &reason) {
    teller.not_applicable(reason.what());
  } catch (const std::exception &error) {
    teller.finding(std::string("the check could not go on: ") + error.what());
  }
  teller.done();
  ::_exit(0);
}

/// What the child tells, line by line.
class Account {
public:
  void add(std::string_view bytes) {
    for (const char c : bytes) {
      if (c != '\n') {
        line_ += c;
        continue;
      }
      take();
      line_.clear();
    }
  }
  [[nodiscard]] bool complete() const noexcept { return complete_; }

  /// A finding that names what was being done.
  void add_finding(const std::string &what) {
    verdict_.findings.push_back(doing_.empty() ? what : what + ": " + doing_);
  }

  [[nodiscard]] Verdict verdict() && {
    if (!verdict_.findings.empty())
      verdict_.result = Result::failed;
    if (verdict_.findings.size() > kShownFindings) {
      const std::size_t more = verdict_.findings.size() - kShownFindings;
      verdict_.findings.resize(kShownFindings);
      verdict_.findings.push_back("and " + std::to_string(more) + " more");
    }
    if (verdict_.result == Result::failed)
      verdict_.reason.clear();
    else if (!verdict_.reason.empty())
      verdict_.result = Result::not_applicable;
    return std::move(verdict_);
  }

private:
  void take() {
    if (line_.empty())
      return;
    const std::string text = line_.substr(1);
    switch (line_.front()) {
    case 'D':
      doing_ = text;
      break;
    case 'F':
      verdict_.findings.push_back(text);
      break;
    case 'N':
      verdict_.reason = text;
      break;
    default:
      complete_ = true;
    }
  }

  std::string line_;
  std::string doing_;
  Verdict verdict_;
  bool complete_ = false;
};

/// Whatever is in the pipe now. False at its end.
bool read_some(int descriptor, Account &account) {
  char chunk[4096];
  for (;;) {
    const ssize_t got = ::read(descriptor, chunk, sizeof chunk);
    if (got > 0)
      account.add({chunk, static_cast<std::size_t>(got)});
    else if (got == 0)
      return false;
    else if (errno != EINTR)
      return true;
  }
}

/// Reads until the child has told all or has ended. False where the time is up before.
bool listen(int descriptor, int child, Clock::time_point until, Account &account) {
  bool open = true;
  bool ended = false;
  while (!account.complete() && !ended) {
    const auto left = std::chrono::ceil<milliseconds>(until - Clock::now()).count();
    if (left <= 0)
      return false;
    pollfd waited[] = {{child, POLLIN, 0}, {open ? descriptor : -1, POLLIN, 0}};
    ::poll(waited, 2, static_cast<int>(left));
    ended = waited[0].revents != 0;
    if (open)
      open = read_some(descriptor, account);
  }
  return true;
}

/// Waits for the child and ends what it has started.
int end_of(pid_t child) {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
    continue;
  ::kill(-child, SIGKILL); // while the child keeps its number
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR)
    continue;
  return status;
}

std::string how_it_ended(int status) {
  // Nobody's handler runs where the C library blocks all signals, as it does to begin a thread.
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
    return "made a system call that is not allowed here, such as one that begins a thread";
  if (WIFSIGNALED(status))
    return std::string("crashed (") + ::sigdescr_np(WTERMSIG(status)) + ")";
  return "ended the host's process (status " + std::to_string(WEXITSTATUS(status)) + ")";
}

} // namespace

void Teller::tell(char kind, std::string_view text) const {
  const std::string line = kind + escaped(text) + "\n";
  std::string_view left = line;
  while (!left.empty()) {
    const ssize_t put = ::write(descriptor_, left.data(), left.size());
    if (put < 0 && errno != EINTR)
      ::_exit(1); // nobody listens any more
    left.remove_prefix(put > 0 ? static_cast<std::size_t>(put) : 0);
  }
}

Verdict run_in_child(milliseconds time_limit, const std::function<void(const Teller &)> &body) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    fail("pipe");
  const pid_t parent = ::getpid();
  const Clock::time_point until = Clock::now() + time_limit;
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    run_child(parent, ends[1], body);
  }
  ::close(ends[1]);
  if (child < 0) {
    ::close(ends[0]);
    fail("fork");
  }
  ::setpgid(child, child); // as the child does: whichever comes first
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  Account account;
  const int handle = ::pidfd_open(child, 0);
  const bool in_time = handle >= 0 && listen(ends[0], handle, until, account);
  if (handle >= 0)
    ::close(handle);
  ::close(ends[0]);
  if (!in_time)
    account.add_finding("was not done after " + std::to_string(time_limit.count()) + " ms");
  if (!in_time || account.complete())
    ::kill(child, SIGKILL);
  const int status = end_of(child);
  if (in_time && !account.complete())
    account.add_finding(how_it_ended(status));
  return std::move(account).verdict();
}

} // namespace mistify::mock_host::validation
