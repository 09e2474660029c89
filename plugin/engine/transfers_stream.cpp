// SPDX-License-Identifier: Apache-2.0
//
// Requests and responses that go through piece by piece.
#include "transfer.hpp"

namespace mdocker::engine {
namespace {

constexpr std::size_t kLongestHead = std::size_t{64} << 10U;

} // namespace

void Transfers::resume(const BodyStream &stream) {
  Transfer *const transfer = find(stream);
  if (transfer == nullptr || transfer->done)
    return;
  transfer->upload_waits = false;
  transfer->answer_waits = false;
  curl_easy_pause(transfer->easy.get(), CURLPAUSE_CONT);
  act(CURL_SOCKET_TIMEOUT, 0);
}

void Transfers::abort(const BodyStream &stream, std::exception_ptr why) {
  Transfer *const transfer = find(stream);
  if (transfer == nullptr || transfer->done)
    return;
  transfer->thrown = std::move(why);
  transfer->done = true;
  transfer->timer.cancel();
}

// While an upload waits for its stream, libcurl reads: until the answer is complete, or the
// connection ends. Then it goes by the upload alone, which no peer will take: for as long as the
// stream has nothing to send, nothing would happen.
void Transfers::end_heard_out() {
  for (Active &active : active_) {
    auto &transfer = static_cast<Transfer &>(active);
    if (transfer.done || transfer.watched != CURL_SOCKET_BAD || !transfer.upload_waits ||
        transfer.answer_waits)
      continue;
    transfer.heard_out = true;
    transfer.done = true;
    transfer.timer.cancel();
  }
}

Transfers::Transfer *Transfers::find(const BodyStream &stream) noexcept {
  for (Active &active : active_)
    if (auto &transfer = static_cast<Transfer &>(active); transfer.stream == &stream)
      return &transfer;
  return nullptr;
}

std::size_t Transfers::on_fill(char *room, std::size_t, std::size_t size, void *transfer) {
  auto &self = *static_cast<Transfer *>(transfer);
  try {
    const std::size_t filled = self.stream->fill({room, size});
    self.upload_waits = filled == BodyStream::kWait;
    return self.upload_waits ? CURL_READFUNC_PAUSE : filled;
  } catch (...) {
    self.thrown = std::current_exception();
    return CURL_READFUNC_ABORT;
  }
}

std::size_t Transfers::on_piece(char *data, std::size_t, std::size_t length, void *transfer) {
  auto &self = *static_cast<Transfer *>(transfer);
  try {
    self.answer_waits = !self.stream->take({data, length});
    return self.answer_waits ? CURL_WRITEFUNC_PAUSE : length;
  } catch (...) {
    self.thrown = std::current_exception();
    return CURL_WRITEFUNC_ERROR;
  }
}

bool Transfers::show_head_line(Transfer &transfer, std::string_view line) {
  transfer.head_size += line.size();
  try {
    if (transfer.head_size > kLongestHead)
      throw std::runtime_error("the head of the answer is larger than " +
                               std::to_string(kLongestHead) + " bytes");
    transfer.stream->head_line(line);
    return true;
  } catch (...) {
    transfer.thrown = std::current_exception();
    return false;
  }
}

} // namespace mdocker::engine
