// SPDX-License-Identifier: Apache-2.0
#include "token.hpp"

#include "open_file.hpp"
#include "settings.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mistify::mock_host {
namespace {

constexpr std::size_t kShortestToken = 16; // no one guesses that
constexpr std::size_t kLongestToken = 512;

[[noreturn]] void refuse(const std::filesystem::path &file, const std::string &what) {
  throw UsageError("token_file " + file.string() + ": " + what);
}

/// The rule that PostgreSQL has for its keys: what root keeps for a service may be the group's to
/// read.
void check_mode(const std::filesystem::path &file, const struct stat &state) {
  if (!S_ISREG(state.st_mode))
    refuse(file, "is no regular file");
  if (state.st_uid != 0 && state.st_uid != ::geteuid())
    refuse(file, "belongs to user " + std::to_string(state.st_uid) +
                     ", expected this process's user or root");
  const mode_t forbidden = state.st_uid == 0 ? S_IWGRP | S_IXGRP | S_IRWXO : S_IRWXG | S_IRWXO;
  if ((state.st_mode & forbidden) != 0)
    refuse(file, std::string("others may read or write it, expected mode 0600 or less") +
                     (state.st_uid == 0 ? ", or 0640 as root owns it" : ""));
}

/// RFC 6750, section 2.1.
bool is_token_character(char c) noexcept {
  constexpr std::string_view kMarks = "-._~+/=";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kMarks.find(c) != std::string_view::npos;
}

std::string read_token(const std::filesystem::path &file) {
  // What is checked is what is read, and a pipe is not waited for.
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat state {};
  if (!opened || ::fstat(opened.get(), &state) != 0)
    refuse(file, "cannot be opened: " + words_of(errno));
  check_mode(file, state);
  std::array<char, kLongestToken + 3> bytes{}; // an end of the line, and one more than there may be
  const ssize_t size = ::read(opened.get(), bytes.data(), bytes.size());
  if (size < 0)
    refuse(file, "cannot be read: " + words_of(errno));
  std::string_view token(bytes.data(), static_cast<std::size_t>(size));
  if (token.ends_with('\n'))
    token.remove_suffix(1);
  if (token.ends_with('\r'))
    token.remove_suffix(1);
  if (token.size() < kShortestToken || token.size() > kLongestToken ||
      !std::all_of(token.begin(), token.end(), &is_token_character))
    refuse(file, "holds no token, expected one line of 16 to 512 letters, digits and -._~+/=");
  return std::string(token);
}

} // namespace

Token::Token(std::filesystem::path file) : file_(std::move(file)), secret_(read_token(file_)) {}

void Token::read_again() {
  secret_ = read_token(file_);
}

bool Token::is(std::string_view shown) const noexcept {
  volatile unsigned different = shown.size() == secret_.size() ? 0 : 1;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const auto one = static_cast<unsigned char>(shown[i]);
    const auto other = static_cast<unsigned char>(secret_[i % secret_.size()]);
    different = different | static_cast<unsigned>(one ^ other);
  }
  return different == 0;
}

} // namespace mistify::mock_host
