// SPDX-License-Identifier: Apache-2.0
//
// A load is cancelled at each of many moments, up to the last ones: whose call is answered as
// cancelled finds nothing at the engine, neither id nor name.
#include "image_fixture.hpp"
#include "image_in_process.hpp"

#include <future>
#include <memory>
#include <optional>

namespace wire {
namespace {

using namespace std::chrono_literals;
using mdocker::test::Gate;

class Moments : public testing::Test {
protected:
  Moments() : host_(in_process(test_engine().endpoint(), service_)) {
    remove_loaded(test_engine());
    before_ = holdings(test_engine());
    host_.load(WIRE_PLUGIN);
  }
  ~Moments() override {
    host_.shutdown(10s);
    remove_loaded(test_engine());
  }

  /// So much of it comes, then is the moment, and then the rest comes.
  void serve(std::size_t until) {
    service_.answer(kUuid, Reply()
                               .send(archive_head(archive_.size()))
                               .send(archive_.substr(0, until))
                               .then([moment = moment_.emplace()] {
                                 moment.open();
                                 return Reply();
                               })
                               .wait(go_on_.emplace())
                               .send(archive_.substr(until))
                               .close());
  }
  /// The moment is that of the first progress of that phase, in the middle of it.
  void serve(std::string_view phase) {
    moment_.emplace();
    go_on_.emplace();
    phase_ = phase;
    service_.serve(kUuid, archive_);
  }

  /// Begins a load, cancels it at the moment, and waits until nothing of it is under way.
  void load() {
    const std::string params = by_id(kUuid);
    mistify::CallRequest request{.method = "MDocker.LoadImage", .params_json = params};
    std::promise<mistify::CallId> begun;
    const auto cancelled = std::make_shared<std::promise<bool>>();
    request.progress = [this, moment = *moment_](std::string_view json) {
      if (text_at(json, {"phase"}) == phase_)
        moment.open();
    };
    moment_->on_open([this, call = begun.get_future().share(), cancelled] {
      cancelled->set_value(host_.cancel(call.get()));
    });
    begun.set_value(
        host_.dispatch(request, [this, moment = *moment_](const mistify::Answer &answer) {
          error_ = answer.error ? answer.error->data_json : std::string();
          moment.open(); // it has come too late
        }));
    auto done = cancelled->get_future();
    ASSERT_EQ(done.wait_for(20s), std::future_status::ready);
    cancelled_ = done.get();
    go_on_->open();
    ASSERT_TRUE(host_.drain(20s));
  }

  /// Either nothing is there and it was cancelled, or the image is, and it came too late.
  void expect_one_of_both() {
    if (cancelled_) {
      EXPECT_EQ(text_at(error_, {"kind"}), "cancelled") << error_;
      EXPECT_EQ(holdings(test_engine()), before_) << "it was cancelled, and is there";
      ++cancelled_loads_;
    } else {
      EXPECT_EQ(error_, "");
      EXPECT_TRUE(is_image(test_engine(), kName, image_));
      remove_loaded(test_engine());
    }
  }

  const ImageParts image_{"moments"};
  const std::string archive_ = docker_archive(image_);
  ImageService service_;
  Holdings before_;
  std::optional<Gate> moment_;
  std::optional<Gate> go_on_;
  std::string phase_ = "none";
  std::string error_;
  bool cancelled_ = false;
  int cancelled_loads_ = 0;
  mistify::Host host_;
};

TEST_F(Moments, AfterSoManyBytesOfTheArchive) {
  const std::size_t size = archive_.size();
  for (const std::size_t until :
       {std::size_t{0}, std::size_t{1}, std::size_t{512}, size / 4, size / 2, size - 2'048,
        size - 1'025, size - 1'024, size - 1'023, size - 512, size - 1}) {
    SCOPED_TRACE(until);
    serve(until);

    load();

    EXPECT_TRUE(cancelled_);
    expect_one_of_both();
  }
}

TEST_F(Moments, AfterTheLastByteOfTheArchive) {
  for (int i = 0; i < 40; ++i) {
    SCOPED_TRACE(i);
    serve(archive_.size());

    load();

    expect_one_of_both();
  }
  EXPECT_GT(cancelled_loads_, 0) << "each came too late";
}

TEST_F(Moments, InEachPhase) {
  for (const std::string_view phase : {"download", "load", "verify"})
    for (int i = 0; i < 10; ++i) {
      SCOPED_TRACE(std::string(phase) + " " + std::to_string(i));
      serve(phase);

      load();

      expect_one_of_both();
    }
  EXPECT_GT(cancelled_loads_, 0) << "each came too late";
}

TEST_F(Moments, AtTheDeadline) {
  int late = 0;
  for (auto deadline = 10ms; deadline <= 400ms; deadline += 15ms) {
    SCOPED_TRACE(deadline.count());
    serve("none");
    const std::string params = by_id(kUuid);
    mistify::CallRequest request{.method = "MDocker.LoadImage", .params_json = params};
    request.deadline = deadline;
    std::promise<std::string> answered;
    host_.dispatch(request, [&answered](const mistify::Answer &answer) {
      answered.set_value(answer.error ? text_at(answer.error->data_json, {"kind"}) : "loaded");
    });
    const std::string came = answered.get_future().get();
    ASSERT_TRUE(host_.drain(20s));

    if (came == "loaded") {
      EXPECT_TRUE(is_image(test_engine(), kName, image_));
    } else if (came != "unknown_outcome") { // of which the host tells when we are late
      EXPECT_EQ(holdings(test_engine()), before_) << came;
    }
    late += came == "loaded" ? 0 : 1;
    remove_loaded(test_engine());
  }
  EXPECT_GT(late, 0) << "each was loaded in time";
}

} // namespace
} // namespace wire
