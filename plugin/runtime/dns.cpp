// SPDX-License-Identifier: Apache-2.0
#include "dns.hpp"

#include "../error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <ares_nameser.h>
#include <arpa/inet.h>
#include <array>
#include <list>
#include <netdb.h>
#include <stdexcept>
#include <utility>

namespace mdocker::runtime {

// What is asked, for all who want to know it.
struct Dns::Question {
  std::string name;
  bool begun = false;
  bool answered = false;
  int status = ARES_SUCCESS;
  std::string reply;
  std::vector<std::string> addresses;
  std::list<asio::steady_timer *> waiters;

  void end(int with) noexcept {
    status = with;
    answered = true;
    for (asio::steady_timer *waiter : waiters)
      waiter->cancel();
  }
};

// Lives in the coroutine that waits. The timer is its deadline, and cancelling it wakes it. With
// the last one goes the channel, and what it still asks.
class Dns::Waiter {
public:
  Waiter(Dns &dns, Shared question, Deadline deadline)
      : timer(dns.executor_, deadline), dns_(dns), question_(std::move(question)),
        place_(question_->waiters.insert(question_->waiters.end(), &timer)) {
    ++dns_.waiters_;
  }
  ~Waiter() {
    question_->waiters.erase(place_);
    if (--dns_.waiters_ > 0)
      return;
    dns_.questions_.clear();
    dns_.channel_.reset();
  }
  Waiter(const Waiter &) = delete;
  Waiter &operator=(const Waiter &) = delete;

  asio::steady_timer timer;

private:
  Dns &dns_;
  Shared question_;
  std::list<asio::steady_timer *>::iterator place_;
};

namespace {

std::string meaning_of(int status) {
  switch (status) {
  case ARES_ESERVFAIL:
    return "the name server failed (SERVFAIL)";
  case ARES_EREFUSED:
    return "the name server refuses to answer (REFUSED)";
  case ARES_ENOTIMP:
  case ARES_EFORMERR:
    return "the name server does not understand the question";
  case ARES_ECONNREFUSED:
    return "no name server can be reached, or none answers without an error";
  case ARES_ETIMEOUT:
    return "the name server does not answer in time";
  case ARES_EBADRESP:
    return "the name server's answer is malformed";
  default:
    return ares_strerror(status);
  }
}

bool says_none(int status) noexcept {
  return status == ARES_ENOTFOUND || status == ARES_ENODATA;
}

// Empty for what is no address.
std::string text_of(const sockaddr &address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void *bytes = nullptr;
  if (address.sa_family == AF_INET)
    bytes = &reinterpret_cast<const sockaddr_in &>(address).sin_addr;
  else if (address.sa_family == AF_INET6)
    bytes = &reinterpret_cast<const sockaddr_in6 &>(address).sin6_addr;
  if (bytes == nullptr ||
      ::inet_ntop(address.sa_family, bytes, text.data(), text.size()) == nullptr)
    return {};
  return text.data();
}

} // namespace

Dns::Dns(asio::any_io_executor executor, std::string server, const DnsPatience &patience)
    : executor_(std::move(executor)), server_(std::move(server)), patience_(patience) {
  if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
    throw std::runtime_error("c-ares cannot be set up");
}

Dns::~Dns() {
  channel_.reset();
  ares_library_cleanup();
}

std::string Dns::failure(const std::string &name, const std::string &why) const {
  return "cannot look up \"" + name + "\"" + (server_.empty() ? "" : " at " + server_) + ": " + why;
}

asio::awaitable<Dns::Shared> Dns::ask(std::string name, char type, Begin begin, Deadline deadline) {
  Shared &known = questions_[type + name];
  if (!known || known->answered) {
    known = std::make_shared<Question>();
    known->name = name;
  }
  const Shared question = known;
  Waiter waiter(*this, question, deadline);
  if (!channel_)
    channel_.emplace(executor_, server_, patience_);
  if (!question->begun)
    channel_->begin([&](ares_channel channel) { begin(channel, question); });
  question->begun = true;
  if (!question->answered)
    co_await waiter.timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if (question->answered) {
    if (question->status != ARES_SUCCESS && !says_none(question->status))
      throw Error(Kind::unavailable, failure(name, meaning_of(question->status)))
          .in_phase("resolve");
    co_return question;
  }
  const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
  if (cancelled != asio::cancellation_type::none)
    throw Error(Kind::cancelled, "cancelled while \"" + name + "\" was looked up")
        .in_phase("resolve");
  throw Error(Kind::timeout, failure(name, "no answer in time")).in_phase("resolve");
}

asio::awaitable<std::string> Dns::srv(std::string name, Deadline deadline) {
  const Begin begin = [](ares_channel channel, const Shared &question) {
    ares_query(channel, question->name.c_str(), ns_c_in, ns_t_srv, &on_reply, new Shared(question));
  };
  const Shared question = co_await ask(std::move(name), 's', begin, deadline);
  co_return says_none(question->status) ? std::string() : question->reply;
}

asio::awaitable<std::vector<std::string>> Dns::addresses(std::string host, Deadline deadline) {
  const Begin begin = [](ares_channel channel, const Shared &question) {
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    ares_getaddrinfo(channel, question->name.c_str(), nullptr, &hints, &on_addresses,
                     new Shared(question));
  };
  const Shared question = co_await ask(host, 'a', begin, deadline);
  if (question->addresses.empty())
    throw Error(Kind::unavailable, failure(host, "the name is not known")).in_phase("resolve");
  co_return question->addresses;
}

void Dns::on_reply(void *question, int status, int, unsigned char *reply, int length) noexcept {
  const std::unique_ptr<Shared> shared(static_cast<Shared *>(question));
  try {
    if (status == ARES_SUCCESS)
      (*shared)->reply.assign(reinterpret_cast<const char *>(reply),
                              static_cast<std::size_t>(length));
  } catch (const std::bad_alloc &) {
    status = ARES_ENOMEM;
  }
  (*shared)->end(status);
}

void Dns::on_addresses(void *question, int status, int, ares_addrinfo *found) noexcept {
  const std::unique_ptr<Shared> shared(static_cast<Shared *>(question));
  const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> owned(found,
                                                                           &ares_freeaddrinfo);
  try {
    for (const ares_addrinfo_node *node = found == nullptr ? nullptr : found->nodes;
         node != nullptr; node = node->ai_next) {
      std::string address = text_of(*node->ai_addr);
      if (!address.empty())
        (*shared)->addresses.push_back(std::move(address));
    }
  } catch (const std::bad_alloc &) {
    status = ARES_ENOMEM;
  }
  (*shared)->end(status);
}

} // namespace mdocker::runtime
