// SPDX-License-Identifier: Apache-2.0
//
// Work for an event loop, from any thread. asio::post() wakes a loop while it holds the loop's
// lock; the thread that wakes runs into that, often at once and on the same CPU, so that both sleep
// and wake once more. Here nothing is held while the loop is woken. Internal; the plugin and the
// mock host use it.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <cerrno>
#include <memory>
#include <mutex>
#include <sys/eventfd.h>
#include <system_error>
#include <utility>
#include <vector>

namespace mistify {

class Inbox {
public:
  /// Throws std::system_error where there is no descriptor left. The loop runs, waiting for work,
  /// until close() or its stop().
  explicit Inbox(boost::asio::io_context &io) : event_(io, open_event()) { wait(); }
  /// Nothing that is left is done; the loop has ended.
  ~Inbox() = default;
  Inbox(const Inbox &) = delete;
  Inbox &operator=(const Inbox &) = delete;

  /// [any thread] Has work() called on the loop, soon and never inside of this; in the order of the
  /// posts. Throws std::bad_alloc.
  template <class Work> void post(Work work) {
    auto item = std::make_unique<ItemOf<Work>>(std::move(work));
    bool first = false;
    {
      const std::lock_guard lock(mutex_);
      first = items_.empty();
      items_.push_back(std::move(item));
    }
    if (first)
      eventfd_write(event_.native_handle(), 1);
  }

  /// [the loop] What is posted from now on is not done any more.
  void close() {
    closed_ = true;
    event_.cancel();
  }

private:
  struct Item {
    Item() = default;
    virtual ~Item() = default;
    Item(const Item &) = delete;
    Item &operator=(const Item &) = delete;
    virtual void run() = 0;
  };
  template <class Work> struct ItemOf final : Item {
    explicit ItemOf(Work work) : work_(std::move(work)) {}
    void run() override { work_(); }
    Work work_;
  };
  using Items = std::vector<std::unique_ptr<Item>>;

  static int open_event() {
    const int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (descriptor < 0)
      throw std::system_error(errno, std::system_category(), "eventfd");
    return descriptor;
  }

  void wait() {
    event_.async_read_some(boost::asio::buffer(count_),
                           [this](const boost::system::error_code &failed, std::size_t) {
                             if (failed)
                               return;
                             run_all();
                             if (!closed_)
                               wait();
                           });
  }

  void run_all() {
    {
      const std::lock_guard lock(mutex_);
      items_.swap(running_);
    }
    for (auto &item : running_)
      std::exchange(item, nullptr)->run();
    running_.clear();
  }

  boost::asio::posix::stream_descriptor event_;
  std::array<char, sizeof(eventfd_t)> count_{};
  bool closed_ = false;
  Items running_;
  std::mutex mutex_;
  Items items_; // guarded by mutex_
};

} // namespace mistify
