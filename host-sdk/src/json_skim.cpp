// SPDX-License-Identifier: Apache-2.0
#include "json_skim.hpp"

#include "utf8.hpp"

#include <algorithm>
#include <bit>
#include <string>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace mistify::json {
namespace {

// Functions that step over something return where it ends; NULL where it does not stand there.

std::string_view between(const char *begin, const char *end) noexcept {
  return {begin, static_cast<std::size_t>(end - begin)};
}

bool stands(char c, const char *at, const char *end) noexcept {
  return at != end && *at == c;
}

const char *after_space(const char *at, const char *end) noexcept {
  while (at != end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
    ++at;
  return at;
}

// To the next byte that is a quote, a backslash, a control character or no ASCII; where sixteen
// bytes cannot be looked at at once it is left to after_string() to get there.
const char *after_plain(const char *at, const char *end) noexcept {
#ifdef __SSE2__
  constexpr std::ptrdiff_t kBlock = sizeof(__m128i);
  for (; end - at >= kBlock; at += kBlock) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i *>(at));
    const __m128i quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
    const __m128i backslash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
    // As signed numbers the bytes that are no ASCII are below the control characters.
    const __m128i other = _mm_cmplt_epi8(block, _mm_set1_epi8(' '));
    const __m128i special = _mm_or_si128(_mm_or_si128(quote, backslash), other);
    const auto marks = static_cast<unsigned>(_mm_movemask_epi8(special));
    if (marks != 0)
      return at + std::countr_zero(marks);
  }
#endif
  return at;
}

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

// A 'u' and four digits.
const char *after_hex(const char *at, const char *end, unsigned &code) noexcept {
  constexpr std::ptrdiff_t kLength = 5;
  if (end - at < kLength || *at != 'u')
    return nullptr;
  code = 0;
  for (const char *stop = at + kLength; ++at != stop;) {
    const char lower = static_cast<char>(*at | 0x20);
    if (is_digit(*at))
      code = code * 16 + static_cast<unsigned>(*at - '0');
    else if (lower >= 'a' && lower <= 'f')
      code = code * 16 + static_cast<unsigned>(lower - 'a' + 10);
    else
      return nullptr;
  }
  return at;
}

// What follows a backslash.
const char *after_escape(const char *at, const char *end) noexcept {
  constexpr std::string_view kSimple = "\"\\/bfnrt";
  if (at == end)
    return nullptr;
  if (*at != 'u')
    return kSimple.find(*at) == std::string_view::npos ? nullptr : at + 1;
  unsigned code = 0;
  at = after_hex(at, end, code);
  if (at == nullptr || code < 0xD800 || code > 0xDFFF)
    return at;
  // Half of a pair: the first one, and the other follows.
  if (code > 0xDBFF || !stands('\\', at, end))
    return nullptr;
  at = after_hex(at + 1, end, code);
  return at != nullptr && code >= 0xDC00 && code <= 0xDFFF ? at : nullptr;
}

// One byte that stands for itself. Of 0x80 and above there are more to a character, whether or not
// char is signed here.
bool is_plain(char c) noexcept {
  return c >= ' ' && static_cast<unsigned char>(c) < 0x80;
}

const char *after_string(const char *at, const char *end) noexcept {
  if (!stands('"', at, end))
    return nullptr;
  ++at;
  for (;;) {
    at = after_plain(at, end);
    if (at == end)
      return nullptr;
    if (*at == '"')
      return at + 1;
    if (*at == '\\') {
      at = after_escape(at + 1, end);
      if (at == nullptr)
        return nullptr;
    } else if (is_plain(*at)) {
      ++at;
    } else {
      const std::size_t length = sequence_length(between(at, end));
      if (length <= 1) // 1: a control character
        return nullptr;
      at += length;
    }
  }
}

const char *after_digits(const char *at, const char *end) noexcept {
  if (at == end || !is_digit(*at))
    return nullptr;
  return std::find_if_not(at, end, [](char c) { return is_digit(c); });
}

const char *after_number(const char *at, const char *end) noexcept {
  at += stands('-', at, end) ? 1 : 0;
  at = stands('0', at, end) ? at + 1 : after_digits(at, end);
  if (at != nullptr && stands('.', at, end))
    at = after_digits(at + 1, end);
  if (at != nullptr && (stands('e', at, end) || stands('E', at, end))) {
    ++at;
    at += stands('+', at, end) || stands('-', at, end) ? 1 : 0;
    at = after_digits(at, end);
  }
  return at;
}

const char *after_word(std::string_view word, const char *at, const char *end) noexcept {
  return between(at, end).starts_with(word) ? at + word.size() : nullptr;
}

const char *after_scalar(const char *at, const char *end, Kind &kind) noexcept {
  switch (at == end ? '\0' : *at) {
  case '"':
    kind = Kind::string;
    return after_string(at, end);
  case 't':
    kind = Kind::boolean;
    return after_word("true", at, end);
  case 'f':
    kind = Kind::boolean;
    return after_word("false", at, end);
  case 'n':
    kind = Kind::null;
    return after_word("null", at, end);
  default:
    kind = Kind::number;
    return after_number(at, end);
  }
}

} // namespace

Skimmer::Skimmer(std::string_view text, unsigned depth, const Visitor *child) noexcept
    : begin_(text.data()), end_(text.data() + text.size()), max_depth_(std::min(depth, kFollowed)),
      child_(child) {}

bool Skimmer::whole() {
  const char *at = skim();
  return at != nullptr && after_space(at, end_) == end_;
}

const char *Skimmer::skim() {
  const char *at = begin_;
  bool wants_key = false;
  for (;;) {
    at = after_space(at, end_);
    if (wants_key && (at = after_key(at)) == nullptr)
      return nullptr;
    if (depth_ <= 1)
      starts_[depth_] = at;
    Kind kind = Kind::null;
    if (stands('{', at, end_) || stands('[', at, end_)) {
      if (depth_ == max_depth_)
        return nullptr;
      wants_key = *at == '{';
      ++depth_;
      objects_ = (objects_ << 1U) | (wants_key ? 1U : 0U);
      at = after_space(at + 1, end_);
      if (!stands(wants_key ? '}' : ']', at, end_))
        continue;
    } else {
      at = after_scalar(at, end_, kind);
      if (at == nullptr)
        return nullptr;
      if (depth_ <= 1)
        report(kind, at);
      if (depth_ == 0)
        return at;
      at = after_space(at, end_);
    }
    // Brackets that close here.
    for (;;) {
      const bool in_object = (objects_ & 1U) != 0;
      if (stands(',', at, end_)) {
        wants_key = in_object;
        ++at;
        break;
      }
      if (!stands(in_object ? '}' : ']', at, end_))
        return nullptr;
      ++at;
      objects_ >>= 1U;
      --depth_;
      if (depth_ <= 1)
        report(in_object ? Kind::object : Kind::array, at);
      if (depth_ == 0)
        return at;
      at = after_space(at, end_);
    }
  }
}

const char *Skimmer::after_key(const char *at) noexcept {
  const char *start = at;
  at = after_string(at, end_);
  if (at == nullptr)
    return nullptr;
  if (depth_ == 1)
    key_ = between(start, at);
  at = after_space(at, end_);
  return stands(':', at, end_) ? after_space(at + 1, end_) : nullptr;
}

void Skimmer::report(Kind kind, const char *end) {
  const Value value{kind, between(starts_[depth_], end)};
  if (depth_ == 0) {
    root_ = value;
  } else if (child_ != nullptr) {
    ++children_;
    if (key_.find('\\') == std::string_view::npos)
      (*child_)(key_.empty() ? key_ : key_.substr(1, key_.size() - 2), value);
    else
      (*child_)(text({Kind::string, key_}), value);
  }
}

} // namespace mistify::json
