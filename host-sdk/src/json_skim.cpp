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

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

} // namespace

Skimmer::Skimmer(std::string_view text, unsigned depth, const Visitor *child) noexcept
    : at_(text.data()), end_(text.data() + text.size()), max_depth_(std::min(depth, kFollowed)),
      child_(child) {}

bool Skimmer::whole() {
  if (!value())
    return false;
  skip_space();
  return at_ == end_;
}

bool Skimmer::prefix() {
  return value();
}

bool Skimmer::value() {
  for (;;) {
    skip_space();
    if (depth_ <= 1)
      starts_[depth_] = at_;
    if (const char c = peek(); c == '{' || c == '[') {
      const bool object = c == '{';
      if (!open(object))
        return false;
      skip_space();
      if (!take(object ? '}' : ']')) {
        if (object && !key())
          return false;
        continue;
      }
      close();
    } else if (!scalar()) {
      return false;
    }
    // It ends here, and maybe what it stands in as well.
    for (;;) {
      if (depth_ <= 1)
        report();
      if (depth_ == 0)
        return true;
      const bool in_object = (objects_ & 1U) != 0;
      skip_space();
      if (take(',')) {
        skip_space();
        if (in_object && !key())
          return false;
        break;
      }
      if (!take(in_object ? '}' : ']'))
        return false;
      close();
    }
  }
}

bool Skimmer::open(bool object) noexcept {
  if (depth_ == max_depth_)
    return false;
  ++at_;
  ++depth_;
  objects_ = (objects_ << 1U) | (object ? 1U : 0U);
  return true;
}

void Skimmer::close() noexcept {
  kind_ = (objects_ & 1U) != 0 ? Kind::object : Kind::array;
  objects_ >>= 1U;
  --depth_;
}

void Skimmer::report() {
  const Value value{kind_, {starts_[depth_], static_cast<std::size_t>(at_ - starts_[depth_])}};
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

bool Skimmer::key() noexcept {
  const char *start = at_;
  if (!string())
    return false;
  if (depth_ == 1)
    key_ = {start, static_cast<std::size_t>(at_ - start)};
  skip_space();
  return take(':');
}

bool Skimmer::scalar() noexcept {
  switch (peek()) {
  case '"':
    kind_ = Kind::string;
    return string();
  case 't':
    return literal("true", Kind::boolean);
  case 'f':
    return literal("false", Kind::boolean);
  case 'n':
    return literal("null", Kind::null);
  default:
    kind_ = Kind::number;
    return number();
  }
}

bool Skimmer::string() noexcept {
  if (!take('"'))
    return false;
  for (;;) {
    skip_plain();
    const char c = peek();
    if (c == '"') {
      ++at_;
      return true;
    }
    if (c == '\\') {
      if (!escape())
        return false;
    } else if (c >= ' ') {
      ++at_;
    } else if (static_cast<unsigned char>(c) < 0x20) { // also the end of the text
      return false;
    } else {
      const std::size_t length = sequence_length({at_, static_cast<std::size_t>(end_ - at_)});
      if (length == 0)
        return false;
      at_ += length;
    }
  }
}

// To the next byte that is a quote, a backslash, a control character or no ASCII; where sixteen
// bytes cannot be looked at at once it is left to string() to get there.
void Skimmer::skip_plain() noexcept {
#ifdef __SSE2__
  constexpr std::ptrdiff_t kBlock = sizeof(__m128i);
  while (end_ - at_ >= kBlock) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i *>(at_));
    const __m128i quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
    const __m128i backslash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
    // As signed numbers the bytes that are no ASCII are below the control characters.
    const __m128i other = _mm_cmplt_epi8(block, _mm_set1_epi8(' '));
    const __m128i special = _mm_or_si128(_mm_or_si128(quote, backslash), other);
    const auto marks = static_cast<unsigned>(_mm_movemask_epi8(special));
    if (marks != 0) {
      at_ += std::countr_zero(marks);
      return;
    }
    at_ += kBlock;
  }
#endif
}

bool Skimmer::escape() noexcept {
  ++at_;
  const char c = peek();
  if (c != 'u') {
    constexpr std::string_view kSimple = "\"\\/bfnrt";
    if (at_ == end_ || kSimple.find(c) == std::string_view::npos)
      return false;
    ++at_;
    return true;
  }
  unsigned code = 0;
  if (!hex(code) || (code >= 0xDC00 && code <= 0xDFFF))
    return false;
  if (code < 0xD800 || code > 0xDFFF)
    return true;
  return take('\\') && hex(code) && code >= 0xDC00 && code <= 0xDFFF; // the other half of a pair
}

// A 'u' and four digits.
bool Skimmer::hex(unsigned &code) noexcept {
  constexpr std::size_t kDigits = 4;
  if (!take('u') || static_cast<std::size_t>(end_ - at_) < kDigits)
    return false;
  code = 0;
  for (std::size_t i = 0; i < kDigits; ++i, ++at_) {
    const char lower = static_cast<char>(*at_ | 0x20);
    if (is_digit(*at_))
      code = code * 16 + static_cast<unsigned>(*at_ - '0');
    else if (lower >= 'a' && lower <= 'f')
      code = code * 16 + static_cast<unsigned>(lower - 'a' + 10);
    else
      return false;
  }
  return true;
}

bool Skimmer::number() noexcept {
  take('-');
  if (!take('0') && !digits())
    return false;
  if (take('.') && !digits())
    return false;
  if (take('e') || take('E')) {
    if (!take('+'))
      take('-');
    return digits();
  }
  return true;
}

bool Skimmer::digits() noexcept {
  const char *start = at_;
  at_ = std::find_if_not(at_, end_, is_digit);
  return at_ != start;
}

bool Skimmer::literal(std::string_view word, Kind kind) noexcept {
  if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(word))
    return false;
  at_ += word.size();
  kind_ = kind;
  return true;
}

void Skimmer::skip_space() noexcept {
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r'))
    ++at_;
}

bool Skimmer::take(char c) noexcept {
  if (at_ == end_ || *at_ != c)
    return false;
  ++at_;
  return true;
}

} // namespace mistify::json
