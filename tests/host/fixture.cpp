// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <netinet/in.h>
#include <poll.h>
#include <regex.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace host_test {
namespace {

std::vector<std::string> serve_arguments(const std::string &plugin,
                                         const std::vector<std::string> &more) {
  std::vector<std::string> out = {MOCK_HOST, "--plugin", plugin,       "serve",
                                  "-p",      "0",        "--ready-fd", "{fd}"};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

Outcome finish(Process &process) {
  Outcome out;
  out.status = process.wait();
  out.output = process.output();
  return out;
}

bool readable(int fd) {
  pollfd waited{fd, POLLIN, 0};
  return ::poll(&waited, 1, static_cast<int>(std::chrono::milliseconds(wire::kPatience).count())) ==
         1;
}

} // namespace

std::vector<std::string> with_probe(const std::vector<std::string> &more) {
  std::vector<std::string> out = {MOCK_HOST, "--plugin", PROBE_PLUGIN};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

bool sleeps(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string line;
  std::getline(file, line);
  const auto name_end = line.rfind(')');
  return name_end != std::string::npos && line.compare(name_end, 3, ") S") == 0;
}

Outcome run_host(const std::vector<std::string> &arguments,
                 const std::vector<std::string> &environment) {
  std::vector<std::string> argv = {MOCK_HOST};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  Process process({argv, environment});
  return finish(process);
}

Outcome run_shell(const std::string &script) {
  Process process({{"sh", "-c", script},
                   {std::string("HOST=") + MOCK_HOST, std::string("PROBE=") + PROBE_PLUGIN,
                    std::string("EXAMPLE_C=") + EXAMPLE_C_PLUGIN}});
  return finish(process);
}

Server::Server(const std::vector<std::string> &more, const std::vector<std::string> &environment,
               const std::string &plugin)
    : process_({serve_arguments(plugin, more), environment}) {
  const auto line = process_.ready_line();
  if (line)
    std::from_chars(line->data(), line->data() + line->size(), port_);
  if (port_ == 0)
    throw std::runtime_error("the host does not serve:\n" + process_.output());
}

HttpResponse Server::exchange(std::string_view request) const {
  Connection connection = connect();
  connection.send(request);
  return connection.receive();
}

HttpResponse Server::call(std::string_view method, std::string_view params) const {
  return exchange(call_request(method, params));
}

std::optional<int> Server::end() {
  process_.signal(SIGTERM);
  return process_.wait();
}

std::string call_body(std::string_view method, std::string_view params) {
  return R"({"method":")" + std::string(method) + R"(","params":[)" + std::string(params) +
         R"(],"id":1})";
}

std::string call_request(std::string_view method, std::string_view params,
                         const std::vector<std::string> &headers) {
  std::vector<std::string> all = {kJsonHeader};
  all.insert(all.end(), headers.begin(), headers.end());
  return wire::request_text("POST", kPath, call_body(method, params), all);
}

std::string config_file(const TempDir &folder, std::string_view text) {
  const std::filesystem::path path = folder.path() / "config.json";
  std::ofstream(path) << text;
  return path.string();
}

bool has_match(const std::string &text, const std::string &pattern) {
  regex_t regex{};
  if (::regcomp(&regex, pattern.c_str(), REG_EXTENDED | REG_NOSUB) != 0)
    throw std::invalid_argument("no regular expression: " + pattern);
  const int status = ::regexec(&regex, text.c_str(), 0, nullptr, 0);
  ::regfree(&regex);
  return status == 0;
}

Fifo::Fifo() : path_((dir_.path() / "told").string()) {
  if (::mkfifo(path_.c_str(), 0600) != 0)
    throw std::runtime_error("mkfifo " + path_);
  // Both ends, so that it is never at its end.
  fd_ = wire::Fd(::open(path_.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (fd_.get() < 0)
    throw std::runtime_error("open " + path_);
}

std::string Fifo::params() const {
  return R"({"tell":")" + path_ + R"("})";
}

std::optional<char> Fifo::next() const {
  char told = 0;
  if (!readable(fd_.get()) || ::read(fd_.get(), &told, 1) != 1)
    return std::nullopt;
  return told;
}

RawSocket::RawSocket(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd_.get() < 0 ||
      ::connect(fd_.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
    throw std::runtime_error("cannot connect to port " + std::to_string(port));
}

void RawSocket::send(std::string_view bytes) const {
  if (::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("cannot send");
}

void RawSocket::end_sending() const {
  ::shutdown(fd_.get(), SHUT_WR);
}

void RawSocket::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  fd_.reset();
}

std::string RawSocket::read_all() const {
  std::string out;
  char chunk[4096];
  for (;;) {
    if (!readable(fd_.get()))
      throw std::runtime_error("the peer does not end; so far: " + out);
    const ssize_t got = ::recv(fd_.get(), chunk, sizeof chunk, 0);
    if (got < 0)
      throw std::runtime_error("receive failed, errno " + std::to_string(errno));
    if (got == 0)
      return out;
    out.append(chunk, static_cast<std::size_t>(got));
  }
}

} // namespace host_test
