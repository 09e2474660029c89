// SPDX-License-Identifier: Apache-2.0
#include "host_process.hpp"

#include "described.hpp"
#include "json_at.hpp"

#include <charconv>
#include <csignal>

namespace wire {

Command serve_command(const std::string &endpoint, const std::vector<std::string> &more,
                      const std::filesystem::path &plugin) {
  Command command{{WIRE_HOST, "serve", "--plugin", plugin.string(), "-e", endpoint, "--listen",
                   "127.0.0.1:0", "--ready-fd", "{fd}"},
                  {"MISTIFY_NETWORK_DRIVER=none"}};
  command.argv.insert(command.argv.end(), more.begin(), more.end());
  return command;
}

HostProcess::HostProcess(const std::string &endpoint, const std::vector<std::string> &more,
                         const std::filesystem::path &plugin)
    : HostProcess(serve_command(endpoint, more, plugin)) {}

HostProcess::HostProcess(const Command &command) : process_(command) {
  const auto line = process_.ready_line();
  if (line)
    std::from_chars(line->data(), line->data() + line->size(), port_);
  if (port_ == 0)
    throw std::runtime_error("the host does not listen:\n" + process_.output());
}

RpcAnswer HostProcess::call(std::string_view method, std::string_view params,
                            std::chrono::milliseconds timeout) const {
  Connection connection = Connection::to_port(port_);
  connection.send(request_text("POST", kRpcPath, rpc_body(method, params), {kJsonHeader}));
  RpcAnswer answer = read_answer(connection.receive(timeout));
  if (answer.status == 200 && answer.error.empty())
    require_as_described(method, answer.result);
  return answer;
}

HttpResponse HostProcess::post(std::string_view body) const {
  Connection connection = Connection::to_port(port_);
  connection.send(request_text("POST", kRpcPath, body, {kJsonHeader}));
  return connection.receive();
}

HttpResponse HostProcess::get(std::string_view target) const {
  Connection connection = Connection::to_port(port_);
  connection.send(request_text("GET", target));
  return connection.receive();
}

std::optional<ExitStatus> HostProcess::end() {
  process_.signal(SIGTERM);
  return process_.wait();
}

RpcAnswer read_answer(const HttpResponse &response) {
  RpcAnswer answer;
  answer.status = response.status;
  answer.content_type = response.header("content-type");
  answer.body = response.body;
  answer.result = "null";
  if (response.status != 200) {
    answer.error = response.body;
    return answer;
  }
  answer.result = compact(at(response.body, {"result"}));
  if (at(response.body, {"error"}) != "null")
    answer.error = text_at(response.body, {"error"});
  return answer;
}

std::string rpc_body(std::string_view method, std::string_view params) {
  return R"({"method":)" + json_string(method) + R"(,"params":[)" + std::string(params) +
         R"(],"id":7})";
}

} // namespace wire
