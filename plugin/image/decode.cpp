// SPDX-License-Identifier: Apache-2.0
#include "decode.hpp"

#include "decoder.hpp"

#include <string>
#include <utility>

namespace mdocker::image {
namespace {

constexpr std::size_t kLongestMagic = 10;

// A source whose first bytes were looked at.
class Whole final : public Source {
public:
  explicit Whole(Source &in) : in_(in) {
    head_ = in_.read();
    if (head_.empty() || head_.size() >= kLongestMagic)
      return;
    joined_ = head_;
    while (joined_.size() < kLongestMagic) {
      const std::string_view more = in_.read();
      if (more.empty())
        break;
      joined_ += more;
    }
    head_ = joined_;
  }

  [[nodiscard]] std::string_view head() const noexcept { return head_; }

  std::string_view read() override {
    if (const std::string_view head = std::exchange(head_, {}); !head.empty())
      return head;
    return in_.read();
  }

private:
  Source &in_;
  std::string joined_;
  std::string_view head_;
};

// Lends what a decoder makes of the whole, which it keeps.
class Decoded final : public Source {
public:
  Decoded(std::unique_ptr<Source> whole, std::unique_ptr<Source> decoder)
      : whole_(std::move(whole)), decoder_(std::move(decoder)) {}
  std::string_view read() override { return decoder_->read(); }

private:
  std::unique_ptr<Source> whole_;
  std::unique_ptr<Source> decoder_;
};

using Make = std::unique_ptr<Source> (*)(Source &);

Make maker_for(std::string_view head) noexcept {
  using namespace std::string_view_literals;
  if (head.starts_with("\x1F\x8B"sv))
    return gzip;
  if (head.starts_with("\xFD"
                       "7zXZ\0"sv))
    return xz;
  if (head.starts_with("\x28\xB5\x2F\xFD"sv))
    return zstd;
  // A frame that is to be skipped may stand before the others.
  if (head.size() >= 4 && (static_cast<unsigned char>(head[0]) & 0xF0U) == 0x50U &&
      head.substr(1).starts_with("\x2A\x4D\x18"sv))
    return zstd;
  // The first letters alone may begin the name of a tar's first entry.
  if (head.size() >= kLongestMagic && head.starts_with("BZh"sv) && head[3] >= '1' &&
      head[3] <= '9' &&
      (head.substr(4).starts_with("1AY&SY"sv) || head.substr(4).starts_with("\x17rE8P\x90"sv)))
    return bzip2;
  return nullptr;
}

} // namespace

std::unique_ptr<Source> decoded(Source &in) {
  auto whole = std::make_unique<Whole>(in);
  const Make make = maker_for(whole->head());
  if (make == nullptr)
    return whole;
  auto decoder = make(*whole);
  return std::make_unique<Decoded>(std::move(whole), std::move(decoder));
}

} // namespace mdocker::image
