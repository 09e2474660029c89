// SPDX-License-Identifier: Apache-2.0
#include "json.hpp"

#include "json_skim.hpp"

// A namespace of our own: another library of the process may use RapidJSON with other settings.
#define RAPIDJSON_NAMESPACE mistify_rapidjson
#define RAPIDJSON_NAMESPACE_BEGIN namespace mistify_rapidjson {
#define RAPIDJSON_NAMESPACE_END }
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace mistify::json {
namespace rapidjson = mistify_rapidjson;
namespace {

// Numbers stay text: nothing is rounded. The iterative parser keeps hostile nesting off the stack.
constexpr unsigned kFlags = rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag |
                            rapidjson::kParseNumbersAsStringsFlag;

// RapidJSON grows its stack of open values in chunks of this size; most texts need one.
constexpr std::size_t kStackBytes = 512;

bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// A type of its own, for which the reader makes no local copies: a handler can ask where it is.
struct Stream : rapidjson::MemoryStream {
  using rapidjson::MemoryStream::MemoryStream;
};

using Reader = rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>>;

// The length of the number at the begin of text, by the JSON grammar, no minus; 0: malformed.
std::size_t number_length(std::string_view text) noexcept {
  std::size_t at = 0;
  const auto take = [&](std::string_view any) {
    const bool there = at < text.size() && any.find(text[at]) != std::string_view::npos;
    at += there ? 1 : 0;
    return there;
  };
  const auto digits = [&] {
    const std::size_t from = at;
    at = std::min(text.find_first_not_of("0123456789", at), text.size());
    return at != from;
  };
  if (!take("0") && !digits())
    return 0;
  if (take(".") && !digits())
    return 0;
  if (take("eE")) {
    take("+-");
    if (!digits())
      return 0;
  }
  return at;
}

// A copy in which each number of three and more bytes reads "0e00", as long as it was: what may not
// follow the number may not follow its exponent either. The reader refuses what is beyond a
// double's range, although nobody wants the double.
std::string with_small_numbers(std::string_view text) {
  std::string copy(text);
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string && c == '\\') {
      ++at;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && c >= '0' && c <= '9') { // a minus before it stays
      const std::size_t length = number_length(text.substr(at));
      if (length == 0)
        break; // the reader comes no further than this either
      if (length > 2)
        copy.replace(at, length, "0e" + std::string(length - 2, '0'));
      at += length - 1;
    }
  }
  return copy;
}

// The reader turns an escape such as \udc00 without its other half into bytes that are no UTF-8.
bool has_surrogate(std::string_view text) noexcept {
  for (std::size_t at = text.find('\xED'); at != std::string_view::npos;
       at = text.find('\xED', at + 1))
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0)
      return true;
  return false;
}

// Watches a parse and reports the root's children, if anybody asks, as slices of the text. Some of
// them may have been reported already.
class Scanner {
public:
  Scanner(std::string_view text, unsigned depth, const Visitor *child, std::size_t reported)
      : text_(text), stream_(text.data(), text.size()), max_depth_(depth), child_(child),
        reported_(reported) {}

  // The whole text is one value.
  void run() {
    read<kFlags>();
    if (stream_.Tell() != text_.size()) // the reader takes a NUL byte for the end
      throw ParseError("text after the value", stream_.Tell());
  }

  // The first value of the text, whatever follows it.
  void run_prefix() { read<kFlags | rapidjson::kParseStopWhenDoneFlag>(); }

  [[nodiscard]] const Value &root() const noexcept { return root_; }

  // RapidJSON's handler concept.
  bool Null() { return scalar(Kind::null, 4); }
  bool Bool(bool value) { return scalar(Kind::boolean, value ? 4 : 5); }
  bool RawNumber(const char *, rapidjson::SizeType length, bool) {
    return scalar(Kind::number, length);
  }
  bool String(const char *text, rapidjson::SizeType length, bool) {
    return is_clean({text, length}) && value(Kind::string, string_start());
  }
  bool Key(const char *text, rapidjson::SizeType length, bool) {
    if (!is_clean({text, length}))
      return false;
    if (depth_ == 1 && child_)
      key_.assign(text, length);
    after_ = stream_.Tell();
    return true;
  }
  bool StartObject() { return open(); }
  bool EndObject(rapidjson::SizeType) { return close(Kind::object); }
  bool StartArray() { return open(); }
  bool EndArray(rapidjson::SizeType) { return close(Kind::array); }
  // Numbers come as RawNumber; the concept wants these all the same.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

private:
  template <unsigned flags> void read() {
    Reader reader(nullptr, kStackBytes);
    rapidjson::ParseResult result = reader.Parse<flags>(stream_, *this);
    if (result.Code() == rapidjson::kParseErrorNumberTooBig) {
      restart();
      result = reader.Parse<flags>(stream_, *this);
    }
    if (refusal_)
      throw ParseError(*refusal_, stream_.Tell());
    if (!result)
      throw ParseError(rapidjson::GetParseError_En(result.Code()), result.Offset());
  }
  // Reads a text of the same shape in the place of the first; what was reported stays reported.
  void restart() {
    copy_ = with_small_numbers(text_);
    stream_ = Stream(copy_.data(), copy_.size());
    reported_ = std::max(reported_, std::exchange(children_, 0));
    depth_ = 0;
    after_ = 0;
  }
  bool refuse(std::string why) {
    refusal_ = std::move(why);
    return false;
  }
  bool is_clean(std::string_view text) {
    return !has_surrogate(text) || refuse("half of a surrogate pair in a string");
  }
  // A string's begin cannot be told from its end and its unescaped length: so where the value
  // before it (or its key) ended is remembered.
  std::size_t string_start() const noexcept {
    std::size_t at = after_;
    while (at < text_.size() && text_[at] != '"')
      ++at;
    return at;
  }
  bool scalar(Kind kind, std::size_t length) { return value(kind, stream_.Tell() - length); }
  bool value(Kind kind, std::size_t start) { return value(kind, start, stream_.Tell()); }
  bool value(Kind kind, std::size_t start, std::size_t end) {
    if (depth_ == 0)
      root_ = {kind, text_.substr(start, end - start)};
    else if (depth_ == 1 && child_ && ++children_ > reported_)
      (*child_)(key_, {kind, text_.substr(start, end - start)});
    after_ = end;
    return true;
  }
  // The iterative reader tells of a bracket before it has taken it.
  bool open() {
    if (depth_ == max_depth_)
      return refuse("nested more than " + std::to_string(max_depth_) + " deep");
    if (depth_ <= 1)
      starts_[depth_] = stream_.Tell();
    ++depth_;
    after_ = stream_.Tell() + 1;
    return true;
  }
  bool close(Kind kind) {
    --depth_;
    return value(kind, depth_ <= 1 ? starts_[depth_] : 0, stream_.Tell() + 1);
  }

  std::string_view text_;
  std::string copy_;
  Stream stream_;
  unsigned max_depth_;
  const Visitor *child_;
  unsigned depth_ = 0;
  std::optional<std::string> refusal_;
  std::size_t children_ = 0;
  std::size_t reported_; // by an attempt before this one
  std::size_t starts_[2] = {0, 0};
  std::size_t after_ = 0;
  std::string key_;
  Value root_;
};

// Nearly every text is well-formed, and a skimmer reads it more than ten times as fast. RapidJSON
// has the last word on all others, and says what is wrong with them.
Value read(std::string_view text, unsigned depth, const Visitor *child) {
  Skimmer skimmer(text, depth, child);
  if (skimmer.whole())
    return skimmer.root();
  Scanner scanner(text, depth, child, skimmer.children());
  scanner.run();
  return scanner.root();
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}

void require(Kind wanted, const Value &value) {
  if (value.kind != wanted)
    throw std::invalid_argument("expected " + std::string(kind_name(wanted)) + ", got " +
                                std::string(kind_name(value.kind)));
}

template <class Int> std::optional<Int> to_integer(const Value &value) noexcept {
  Int number = 0;
  const char *end = value.raw.data() + value.raw.size();
  if (value.kind != Kind::number)
    return std::nullopt;
  const auto [at, error] = std::from_chars(value.raw.data(), end, number);
  if (error != std::errc() || at != end)
    return std::nullopt;
  return number;
}

} // namespace

std::string_view kind_name(Kind kind) noexcept {
  switch (kind) {
  case Kind::null:
    return "null";
  case Kind::boolean:
    return "a boolean";
  case Kind::number:
    return "a number";
  case Kind::string:
    return "a string";
  case Kind::array:
    return "an array";
  case Kind::object:
    return "an object";
  }
  return "an unknown kind";
}

Value parse(std::string_view text, unsigned depth) {
  return read(text, depth, nullptr);
}

Value scan(std::string_view text, const Visitor &child, unsigned depth) {
  return read(text, depth, &child);
}

std::optional<Value> first_element(const Value &array) {
  const std::string_view inner = trim(array.raw.substr(1, array.raw.size() - 2));
  if (inner.empty())
    return std::nullopt;
  // As deep as it was let in.
  constexpr unsigned kAnyDepth = std::numeric_limits<unsigned>::max();
  Skimmer skimmer(inner, kAnyDepth, nullptr);
  if (skimmer.prefix())
    return skimmer.root();
  Scanner scanner(inner, kAnyDepth, nullptr, 0);
  scanner.run_prefix();
  return scanner.root();
}

Members members(std::string_view object, unsigned depth) {
  Members members;
  const Value root = scan(
      object,
      [&](std::string_view key, const Value &value) {
        members.push_back({std::string(key), value});
      },
      depth);
  require(Kind::object, root);
  return members;
}

std::vector<Value> elements(std::string_view array, unsigned depth) {
  std::vector<Value> elements;
  const Value root = scan(
      array, [&](std::string_view, const Value &value) { elements.push_back(value); }, depth);
  require(Kind::array, root);
  return elements;
}

bool same_key(std::string_view a, std::string_view b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

const Value *find_folded(const Members &members, std::string_view key) noexcept {
  const auto it = std::find_if(members.rbegin(), members.rend(),
                               [&](const Member &member) { return same_key(member.key, key); });
  return it == members.rend() ? nullptr : &it->value;
}

const Value *find(const Members &members, std::string_view key) noexcept {
  const auto it = std::find_if(members.rbegin(), members.rend(),
                               [&](const Member &member) { return member.key == key; });
  return it == members.rend() ? nullptr : &it->value;
}

std::string text(const Value &value) {
  const std::string_view inner = value.raw.substr(1, value.raw.size() - 2);
  if (inner.find('\\') == std::string_view::npos)
    return std::string(inner);
  struct Handler : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Handler> {
    std::string out;
    bool String(const char *text, rapidjson::SizeType length, bool) {
      out.assign(text, length);
      return true;
    }
  } handler;
  rapidjson::MemoryStream stream(value.raw.data(), value.raw.size());
  rapidjson::Reader reader;
  reader.Parse<kFlags>(stream, handler);
  return std::move(handler.out);
}

std::optional<std::int64_t> to_int64(const Value &value) noexcept {
  return to_integer<std::int64_t>(value);
}
std::optional<std::uint64_t> to_uint64(const Value &value) noexcept {
  return to_integer<std::uint64_t>(value);
}

} // namespace mistify::json
