// SPDX-License-Identifier: Apache-2.0
#include "worker.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <memory>
#include <pthread.h>

namespace mdocker::network {

namespace asio = boost::asio;

Worker::~Worker() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable())
    thread_.join();
}

void Worker::post(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  if (!thread_.joinable()) {
    thread_ = std::thread([this] { work(); });
    pthread_setname_np(thread_.native_handle(), name_);
  }
  changed_.notify_one();
}

asio::awaitable<void> Worker::run(std::function<void()> job) {
  auto initiation = [this, &job](auto handler) {
    using Handler = decltype(handler);
    auto resume = std::make_shared<Handler>(std::move(handler));
    auto loop = asio::make_work_guard(asio::get_associated_executor(*resume));
    post([job = std::move(job), resume = std::move(resume), loop = std::move(loop)]() mutable {
      std::exception_ptr thrown;
      try {
        job();
      } catch (...) {
        thrown = std::current_exception();
      }
      job = nullptr;
      const auto executor = loop.get_executor();
      asio::post(executor,
                 [resume = std::move(resume), loop = std::move(loop),
                  thrown = std::move(thrown)]() mutable { (*resume)(std::move(thrown)); });
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr)>(
      std::move(initiation), asio::use_awaitable);
}

void Worker::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
    if (jobs_.empty())
      return;
    std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr; // what it holds goes before the next wait
    lock.lock();
  }
}

} // namespace mdocker::network
