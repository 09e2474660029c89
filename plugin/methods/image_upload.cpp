// SPDX-License-Identifier: Apache-2.0
#include "image_upload.hpp"

#include "../runtime/reached.hpp"

#include <algorithm>

namespace mdocker::methods {

std::size_t ImageUpload::fill(std::span<char> room) {
  const std::size_t taken = from_.take(room);
  sent_ += taken;
  silence_.touch();
  waits_ = taken == 0 && !from_.ended();
  if (waits_) {
    silence_.hold();
    return kWait;
  }
  runtime::reached(taken != 0 ? runtime::Step::piece_sent : runtime::Step::archive_sent);
  moved_();
  return taken;
}

void ImageUpload::head_line(std::string_view line) {
  if (line.starts_with("HTTP/"))
    ok_ = line.find(" 200") != std::string_view::npos;
}

bool ImageUpload::take(std::string_view bytes) {
  constexpr std::size_t kLongestRefusal = 4'096;
  if (!waits_) // else what comes next is for us to send, whatever the engine says meanwhile
    silence_.touch();
  if (ok_) {
    answer_.take(bytes);
    // What it has whole it may go on with: that is waited for, so that there is an end to look at.
    if (answer_.failed() && !from_.closed())
      answer_.finish();
  } else {
    refusal_ += bytes.substr(0, kLongestRefusal - std::min(kLongestRefusal, refusal_.size()));
  }
  return true;
}

} // namespace mdocker::methods
