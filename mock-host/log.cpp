// SPDX-License-Identifier: Apache-2.0
#include "log.hpp"

#include <glog/logging.h>

namespace mistify::mock_host {
namespace {

google::LogSeverity severity(LogLevel level) {
  switch (level) {
  case LogLevel::debug:
  case LogLevel::info:
    return google::GLOG_INFO;
  case LogLevel::warning:
    return google::GLOG_WARNING;
  case LogLevel::error:
    break;
  }
  return google::GLOG_ERROR;
}

void append_hex(std::string &out, unsigned char byte) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\x";
  out += kDigits[byte >> 4U];
  out += kDigits[byte & 0xFU];
}

} // namespace

void init_logging(const char *program, std::string_view level) {
  FLAGS_logtostderr = true;
  FLAGS_v = level == "debug" ? 1 : 0;
  if (level == "debug" || level == "info")
    FLAGS_minloglevel = google::GLOG_INFO;
  else if (level == "warning")
    FLAGS_minloglevel = google::GLOG_WARNING;
  else
    FLAGS_minloglevel = level == "error" ? google::GLOG_ERROR : google::GLOG_FATAL;
  google::InitGoogleLogging(program);
}

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    if (byte == '\n') {
      out += "\\n";
    } else if (byte == '\r') {
      out += "\\r";
    } else if (byte == '\t') {
      out += "\\t";
    } else if (byte == 0xC2 && next >= 0x80 && next < 0xA0) { // U+0080 to U+009F, controls too
      append_hex(out, byte);
      append_hex(out, next);
      ++i;
    } else if (byte < 0x20 || byte == 0x7F) {
      append_hex(out, byte);
    } else {
      out += text[i];
    }
  }
  return out;
}

void log_message(LogLevel level, std::string_view plugin, std::string_view file, int line,
                 std::string_view message) {
  if (!log_enabled(level))
    return;
  const std::string_view from = plugin.empty() ? "host" : plugin;
  const std::string source = escaped(file.empty() ? from : file);
  google::LogMessage(source.c_str(), line, severity(level)).stream()
      << '[' << from << "] " << escaped(message);
}

bool log_enabled(LogLevel level) {
  if (level == LogLevel::debug)
    return FLAGS_v >= 1;
  return severity(level) >= FLAGS_minloglevel;
}

} // namespace mistify::mock_host
