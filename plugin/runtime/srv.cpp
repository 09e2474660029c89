// SPDX-License-Identifier: Apache-2.0
#include "srv.hpp"

#include "../host_name.hpp"

#include <ares.h>
#include <ares_nameser.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>
#include <stdexcept>

namespace mdocker::runtime {
namespace {

constexpr std::size_t kMostRecords = 256;
constexpr std::uint32_t kMostTtl = 0x7FFF'FFFF; // more is 0, by RFC 2181

// Walks through a reply; names may point to anywhere in it.
class Reader {
public:
  explicit Reader(std::string_view reply) : all_(reply) {}

  std::uint16_t u16() { return static_cast<std::uint16_t>((u8() << 8U) | u8()); }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return (high << 16U) | u16();
  }
  void skip(std::size_t bytes) {
    if (bytes > all_.size() - at_)
      throw std::invalid_argument("the reply is cut short");
    at_ += bytes;
  }
  std::string name() {
    const auto *const begin = reinterpret_cast<const unsigned char *>(all_.data());
    char *text = nullptr;
    long used = 0;
    if (at_ >= all_.size() || ares_expand_name(begin + at_, begin, static_cast<int>(all_.size()),
                                               &text, &used) != ARES_SUCCESS)
      throw std::invalid_argument("the reply holds a malformed name");
    const std::unique_ptr<void, decltype(&ares_free_string)> owned(text, &ares_free_string);
    skip(static_cast<std::size_t>(used));
    return text;
  }
  [[nodiscard]] std::size_t at() const noexcept { return at_; }

private:
  std::uint32_t u8() {
    skip(1);
    return static_cast<unsigned char>(all_[at_ - 1]);
  }

  std::string_view all_;
  std::size_t at_ = 0;
};

SrvRecord read_record(Reader &reader, std::size_t length) {
  const std::size_t begin = reader.at();
  SrvRecord record;
  record.priority = reader.u16();
  record.weight = reader.u16();
  record.port = reader.u16();
  record.target = reader.name();
  if (reader.at() - begin != length)
    throw std::invalid_argument("the reply holds an SRV record of a wrong length");
  if (record.target.empty())
    return record;
  if (!is_host(record.target) || is_address(record.target))
    throw std::invalid_argument("the target of its SRV record is no host: \"" + record.target +
                                "\"");
  if (record.port == 0)
    throw std::invalid_argument("its SRV record for " + record.target + " has the port 0");
  return record;
}

// One of the list, by weight; those with weight 0 come first, so that they have a small chance.
std::vector<SrvRecord>::iterator draw(std::vector<SrvRecord>::iterator begin,
                                      std::vector<SrvRecord>::iterator end, const Random &random) {
  std::stable_partition(begin, end, [](const SrvRecord &record) { return record.weight == 0; });
  const std::uint32_t all =
      std::accumulate(begin, end, std::uint32_t{0}, [](std::uint32_t sum, const SrvRecord &record) {
        return sum + record.weight;
      });
  const std::uint32_t drawn = random(all);
  std::uint32_t sum = 0;
  return std::find_if(begin, end, [&](const SrvRecord &record) {
    sum += record.weight;
    return sum >= drawn;
  });
}

} // namespace

SrvRecords parse_srv(std::string_view reply) {
  constexpr std::size_t kIdAndFlags = 4;
  Reader reader(reply);
  reader.skip(kIdAndFlags);
  const std::uint16_t questions = reader.u16();
  const std::uint16_t answers = reader.u16();
  reader.skip(4); // how many there are in the sections that follow
  if (answers > kMostRecords)
    throw std::invalid_argument("the reply holds " + std::to_string(answers) +
                                " records, expected at most " + std::to_string(kMostRecords));
  for (std::uint16_t i = 0; i < questions; ++i) {
    reader.name();
    reader.skip(4); // type and class
  }
  SrvRecords found;
  std::uint32_t ttl = kMostTtl;
  for (std::uint16_t i = 0; i < answers; ++i) {
    reader.name();
    const std::uint16_t type = reader.u16();
    const std::uint16_t dns_class = reader.u16();
    const std::uint32_t of_record = reader.u32();
    const std::uint16_t length = reader.u16();
    ttl = std::min(ttl, of_record > kMostTtl ? 0 : of_record);
    if (type == ns_t_srv && dns_class == ns_c_in)
      found.records.push_back(read_record(reader, length));
    else
      reader.skip(length); // a CNAME on the way
  }
  found.kept = std::chrono::seconds(found.records.empty() ? 0 : ttl);
  return found;
}

std::vector<SrvRecord> in_order(std::vector<SrvRecord> records, const Random &random) {
  std::stable_sort(records.begin(), records.end(),
                   [](const SrvRecord &a, const SrvRecord &b) { return a.priority < b.priority; });
  for (auto next = records.begin(); next != records.end(); ++next) {
    const auto end = std::find_if(next, records.end(), [&](const SrvRecord &record) {
      return record.priority != next->priority;
    });
    const auto drawn = draw(next, end, random);
    std::rotate(next, drawn, std::next(drawn));
  }
  return records;
}

} // namespace mdocker::runtime
