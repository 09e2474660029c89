// SPDX-License-Identifier: Apache-2.0
#include "dns_message.hpp"

#include <arpa/inet.h>
#include <stdexcept>

namespace mdocker::test {
namespace {

constexpr std::size_t kHead = 12;

// Where the question's name ends.
std::size_t end_of_name(const std::string &message) {
  std::size_t at = kHead;
  while (message.at(at) != '\0')
    at += 1U + static_cast<unsigned char>(message.at(at));
  return at + 1;
}

std::string u32(std::uint32_t number) {
  return dns_u16(static_cast<std::uint16_t>(number >> 16U)) +
         dns_u16(static_cast<std::uint16_t>(number & 0xFFFFU));
}

} // namespace

std::string dns_u16(std::uint16_t number) {
  return {static_cast<char>(number >> 8U), static_cast<char>(number & 0xFFU)};
}

std::string dns_name(std::string_view name) {
  std::string labels;
  while (!name.empty() && name != ".") {
    const std::size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    labels += static_cast<char>(label.size());
    labels += label;
    name.remove_prefix(dot == std::string_view::npos ? name.size() : dot + 1);
  }
  return labels + '\0';
}

std::string DnsQuestion::name() const {
  std::string text;
  for (std::size_t at = kHead; message.at(at) != '\0';) {
    const std::size_t length = static_cast<unsigned char>(message.at(at));
    text += (text.empty() ? "" : ".") + message.substr(at + 1, length);
    at += 1 + length;
  }
  return text;
}

std::uint16_t DnsQuestion::type() const {
  const std::size_t at = end_of_name(message);
  return static_cast<std::uint16_t>((static_cast<unsigned char>(message.at(at)) << 8U) |
                                    static_cast<unsigned char>(message.at(at + 1)));
}

DnsRecord srv_record(const std::string &owner, const SrvData &data, std::uint32_t ttl) {
  return {owner, kDnsSrv, ttl,
          dns_u16(data.priority) + dns_u16(data.weight) + dns_u16(data.port) +
              dns_name(data.target)};
}

DnsRecord a_record(const std::string &owner, const std::string &address) {
  in_addr bytes{};
  if (::inet_pton(AF_INET, address.c_str(), &bytes) != 1)
    throw std::invalid_argument("no IPv4 address: " + address);
  return {owner, kDnsA, 60, {reinterpret_cast<const char *>(&bytes), sizeof bytes}};
}

std::string dns_reply(const DnsQuestion &question, Rcode rcode,
                      const std::vector<DnsRecord> &records, bool tc) {
  const char flags = static_cast<char>(0x81 | (tc ? 0x02 : 0)); // a response, recursion desired
  const char more = static_cast<char>(0x80 | static_cast<int>(rcode)); // recursion available
  const std::size_t end = end_of_name(question.message) + 4;
  std::string reply = question.message.substr(0, 2) + flags + more + dns_u16(1) +
                      dns_u16(static_cast<std::uint16_t>(records.size())) + dns_u16(0) +
                      dns_u16(0) + question.message.substr(kHead, end - kHead);
  for (const DnsRecord &record : records)
    reply += dns_name(record.owner) + dns_u16(record.type) + dns_u16(1) + u32(record.ttl) +
             dns_u16(static_cast<std::uint16_t>(record.data.size())) + record.data;
  return reply;
}

} // namespace mdocker::test
