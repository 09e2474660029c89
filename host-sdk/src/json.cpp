// SPDX-License-Identifier: Apache-2.0
#include "json.hpp"

// A namespace of our own: another library of the process may use RapidJSON with other settings.
#define RAPIDJSON_NAMESPACE mistify_rapidjson
#define RAPIDJSON_NAMESPACE_BEGIN namespace mistify_rapidjson {
#define RAPIDJSON_NAMESPACE_END }
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>

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

// Watches a parse and reports the root's children, if anybody asks, as slices of the text.
class Scanner {
public:
  Scanner(std::string_view text, unsigned depth, const Visitor *child)
      : text_(text), stream_(text.data(), text.size()), max_depth_(depth), child_(child) {}

  void run() {
    rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>> reader(nullptr, kStackBytes);
    const rapidjson::ParseResult result = reader.Parse<kFlags>(stream_, *this);
    if (too_deep_)
      throw ParseError("nested more than " + std::to_string(max_depth_) + " deep", stream_.Tell());
    if (!result)
      throw ParseError(rapidjson::GetParseError_En(result.Code()), result.Offset());
    if (stream_.Tell() != text_.size()) // the reader takes a NUL byte for the end
      throw ParseError("text after the value", stream_.Tell());
  }

  // The first value of the text, whatever follows it.
  void run_prefix() {
    rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>> reader(nullptr, kStackBytes);
    reader.Parse<kFlags | rapidjson::kParseStopWhenDoneFlag>(stream_, *this);
  }

  [[nodiscard]] const Value &root() const noexcept { return root_; }

  // RapidJSON's handler concept.
  bool Null() { return scalar(Kind::null, 4); }
  bool Bool(bool value) { return scalar(Kind::boolean, value ? 4 : 5); }
  bool RawNumber(const char *, rapidjson::SizeType length, bool) {
    return scalar(Kind::number, length);
  }
  bool String(const char *, rapidjson::SizeType, bool) {
    return value(Kind::string, string_start());
  }
  bool Key(const char *text, rapidjson::SizeType length, bool) {
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
  // A string's begin cannot be told from its end and its
  // unescaped length: so where the value before it (or its key) ended is remembered.
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
    else if (depth_ == 1 && child_)
      (*child_)(key_, {kind, text_.substr(start, end - start)});
    after_ = end;
    return true;
  }
  // The iterative reader tells of a bracket before it has taken it.
  bool open() {
    if (depth_ == max_depth_) {
      too_deep_ = true;
      return false;
    }
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
  Stream stream_;
  unsigned max_depth_;
  const Visitor *child_;
  unsigned depth_ = 0;
  bool too_deep_ = false;
  std::size_t starts_[2] = {0, 0};
  std::size_t after_ = 0;
  std::string key_;
  Value root_;
};

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

// How many bytes of a well-formed UTF-8 sequence stand at the begin of text; 0: none.
std::size_t sequence_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto tail = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0U) == 0x80U; };
  const unsigned char lead = byte(0);
  if (lead < 0x80)
    return 1;
  if (lead >= 0xC2 && lead <= 0xDF)
    return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!tail(1) || !tail(2) || (lead == 0xE0 && byte(1) < 0xA0) ||
        (lead == 0xED && byte(1) > 0x9F))
      return 0;
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!tail(1) || !tail(2) || !tail(3) || (lead == 0xF0 && byte(1) < 0x90) ||
        (lead == 0xF4 && byte(1) > 0x8F))
      return 0;
    return 4;
  }
  return 0;
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
  Scanner scanner(text, depth, nullptr);
  scanner.run();
  return scanner.root();
}

Value scan(std::string_view text, const Visitor &child, unsigned depth) {
  Scanner scanner(text, depth, &child);
  scanner.run();
  return scanner.root();
}

std::optional<Value> first_element(const Value &array) {
  const std::string_view inner = trim(array.raw.substr(1, array.raw.size() - 2));
  if (inner.empty())
    return std::nullopt;
  Scanner scanner(inner, kMaxDepth, nullptr);
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

void append_string(std::string &out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  while (!text.empty()) {
    const char c = text.front();
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
      text.remove_prefix(1);
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      switch (c) {
      case '\n':
        out.append("\\n");
        break;
      case '\r':
        out.append("\\r");
        break;
      case '\t':
        out.append("\\t");
        break;
      default:
        out.append("\\u00");
        out.push_back(kHex[static_cast<unsigned char>(c) >> 4U]);
        out.push_back(kHex[static_cast<unsigned char>(c) & 15U]);
      }
      text.remove_prefix(1);
    } else if (const std::size_t length = sequence_length(text); length != 0) {
      out.append(text.substr(0, length));
      text.remove_prefix(length);
    } else {
      out.append("\xEF\xBF\xBD");
      text.remove_prefix(1);
    }
  }
  out.push_back('"');
}

std::string quoted(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_string(out, text);
  return out;
}

} // namespace mistify::json
