// SPDX-License-Identifier: Apache-2.0
//
// What the decoders have in common.
#pragma once

#include "decode.hpp"
#include "refuse.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace mdocker::image {

/// Asks the codec for more until there is something to lend. A codec reads from pending() and calls
/// taken() for what it used.
class Decoder : public Source {
public:
  std::string_view read() final {
    while (!done_) {
      const std::size_t size = decode(out_.get(), kOut);
      if (size != 0)
        return {out_.get(), size};
    }
    return {};
  }

protected:
  static constexpr std::size_t kOut = std::size_t{256} << 10U;

  Decoder(Source &in, std::string_view name)
      : in_(in), name_(name), out_(std::make_unique_for_overwrite<char[]>(kOut)) {}

  /// One step: how many bytes it wrote to out; finish() ends it all.
  virtual std::size_t decode(char *out, std::size_t room) = 0;

  /// Compressed bytes; none where the source is at its end.
  std::string_view pending() {
    if (pending_.empty() && !at_end_) {
      pending_ = in_.read();
      at_end_ = pending_.empty();
    }
    return pending_;
  }
  void taken(std::size_t size) { pending_.remove_prefix(size); }
  [[nodiscard]] bool at_end() const noexcept { return at_end_ && pending_.empty(); }
  void finish() noexcept { done_ = true; }

  [[noreturn]] void cut_short() const {
    refuse(kDecompress, "the " + name_ + " data is cut short");
  }
  [[noreturn]] void damaged(std::string_view why) const {
    refuse(kDecompress, "the " + name_ + " data is damaged: " + std::string(why));
  }
  [[noreturn]] void something_follows() const {
    refuse(kDecompress, "something else follows the " + name_ + " data");
  }
  [[noreturn]] void window_too_large() const {
    refuse(kDecompress, "the " + name_ + " data needs a window above " +
                            std::to_string(kWindow >> 20U) + " MiB to decompress");
  }
  [[noreturn]] void no_decoder() const { fail(kDecompress, "no memory for " + name_); }

private:
  Source &in_;
  std::string name_;
  std::unique_ptr<char[]> out_;
  std::string_view pending_;
  bool at_end_ = false;
  bool done_ = false;
};

std::unique_ptr<Source> gzip(Source &in);
std::unique_ptr<Source> bzip2(Source &in);
std::unique_ptr<Source> xz(Source &in);
std::unique_ptr<Source> zstd(Source &in);

} // namespace mdocker::image
