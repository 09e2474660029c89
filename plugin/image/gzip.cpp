// SPDX-License-Identifier: Apache-2.0
#include "decoder.hpp"

#include <algorithm>
#include <limits>

#include <zlib.h>

namespace mdocker::image {
namespace {

// zlib checks each member's CRC and length.
class Gzip final : public Decoder {
public:
  explicit Gzip(Source &in) : Decoder(in, "gzip") {
    if (inflateInit2(&stream_, kGzipOnly + MAX_WBITS) != Z_OK)
      no_decoder();
  }
  ~Gzip() override { inflateEnd(&stream_); }

private:
  static constexpr int kGzipOnly = 16;

  std::size_t decode(char *out, std::size_t room) override {
    const std::string_view in = pending();
    if (in.empty()) {
      if (!between_)
        cut_short();
      finish();
      return 0;
    }
    if (between_ && inflateReset(&stream_) != Z_OK)
      no_decoder();
    between_ = false;
    const auto size =
        static_cast<uInt>(std::min<std::size_t>(in.size(), std::numeric_limits<uInt>::max()));
    // zlib's type for what it only reads is not const.
    stream_.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(in.data()));
    stream_.avail_in = size;
    stream_.next_out = reinterpret_cast<Bytef *>(out);
    stream_.avail_out = static_cast<uInt>(room);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    taken(size - stream_.avail_in);
    if (result == Z_STREAM_END) {
      between_ = true;
      ++members_;
    } else if (result == Z_MEM_ERROR) {
      no_decoder();
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      const std::string_view why = stream_.msg != nullptr ? stream_.msg : "unknown";
      if (members_ != 0 && why == "incorrect header check")
        something_follows();
      damaged(why);
    }
    return room - stream_.avail_out;
  }

  z_stream stream_{};
  bool between_ = false;
  std::size_t members_ = 0;
};

} // namespace

std::unique_ptr<Source> gzip(Source &in) {
  return std::make_unique<Gzip>(in);
}

} // namespace mdocker::image
