// SPDX-License-Identifier: Apache-2.0
#include "decoder.hpp"

#include <zstd.h>
#include <zstd_errors.h>

namespace mdocker::image {
namespace {

class Zstd final : public Decoder {
public:
  explicit Zstd(Source &in) : Decoder(in, "zstd"), context_(ZSTD_createDCtx()) {
    if (!context_ || ZSTD_isError(ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax,
                                                         static_cast<int>(kWindowLog))) != 0U)
      no_decoder();
  }

private:
  std::size_t decode(char *out, std::size_t room) override {
    const std::string_view in = pending();
    // What it holds back comes out without more input too.
    if (in.empty() && between_) {
      finish();
      return 0;
    }
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    ZSTD_outBuffer to{out, room, 0};
    const std::size_t result = ZSTD_decompressStream(context_.get(), &to, &from);
    taken(from.pos);
    if (ZSTD_isError(result) != 0U)
      refused(ZSTD_getErrorCode(result));
    if (in.empty() && to.pos == 0)
      cut_short();
    between_ = result == 0;
    frames_ += between_ ? 1 : 0;
    return to.pos;
  }

  [[noreturn]] void refused(ZSTD_ErrorCode code) const {
    switch (code) {
    case ZSTD_error_frameParameter_windowTooLarge:
      window_too_large();
    case ZSTD_error_memory_allocation:
      no_decoder();
    case ZSTD_error_prefix_unknown:
      if (frames_ != 0)
        something_follows();
      [[fallthrough]];
    default:
      damaged(ZSTD_getErrorString(code));
    }
  }

  struct Free {
    void operator()(ZSTD_DCtx *context) const noexcept { ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<ZSTD_DCtx, Free> context_;
  bool between_ = true;
  std::size_t frames_ = 0;
};

} // namespace

std::unique_ptr<Source> zstd(Source &in) {
  return std::make_unique<Zstd>(in);
}

} // namespace mdocker::image
