// SPDX-License-Identifier: Apache-2.0
#include "worker.hpp"

#include "../runtime/no_signals.hpp"
#include "../runtime/reached.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace mdocker::image {
namespace {

class Checked final : public Source {
public:
  Checked(Source &in, Checksum &checksum) : in_(in), checksum_(checksum) {}
  std::string_view read() override {
    const std::string_view bytes = in_.read();
    if (!bytes.empty())
      checksum_.update(bytes);
    else if (!std::exchange(checked_, true))
      checksum_.check();
    return bytes;
  }

private:
  Source &in_;
  Checksum &checksum_;
  bool checked_ = false;
};

} // namespace

Worker::Worker(const boost::asio::any_io_executor &executor, Inflow &in, Outflow &out,
               Checksum checksum, Options options, Done done) {
  const runtime::NoSignals none;
  thread_ = std::thread([executor, &in, &out, checksum = std::move(checksum),
                         options = std::move(options), done = std::move(done)]() mutable {
    std::exception_ptr thrown;
    Result result;
    try {
      Checked checked(in, checksum);
      result = rewrite(checked, out, options);
      out.close();
      runtime::reached(runtime::Step::archive_good);
    } catch (...) {
      thrown = std::current_exception();
    }
    boost::asio::post(executor, [done = std::move(done), thrown, result = std::move(result)] {
      done(thrown, result);
    });
  });
  pthread_setname_np(thread_.native_handle(), "mdocker-load");
}

Worker::~Worker() {
  if (thread_.joinable())
    thread_.join();
}

} // namespace mdocker::image
