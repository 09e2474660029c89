// SPDX-License-Identifier: Apache-2.0
#include "image_settle.hpp"

#include "images.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace mdocker::methods {
namespace {

using std::chrono::steady_clock;

struct Heard {};

/// What the engine tells of its images: that there is something is enough.
class ImageEvents final : public engine::BodyStream {
public:
  bool take(std::string_view) override { throw Heard(); }
};

// With nobody at its socket an engine has ended, and with it all that it was doing. Of another
// machine the network between may be gone.
bool is_gone(const Environment &environment, const Error &error) {
  return error.phase() == "connect" &&
         environment.engine.endpoint().transport == engine::Endpoint::Transport::unix_socket;
}

// Waits until something happens to an image, but not longer than that. Whether the engine has ended
// meanwhile.
asio::awaitable<bool> await_event(Environment &environment, engine::Deadline until) {
  bool gone = false;
  ImageEvents events;
  try {
    engine::Query query;
    query.add("filters", R"({"type":["image"]})");
    std::string path = "/events" + query.text();
    co_await environment.engine.follow(std::move(path), events, until);
  } catch (const Heard &) {
    co_return false;
  } catch (const Error &error) {
    if (error.kind() == Kind::cancelled)
      throw;
    gone = is_gone(environment, error);
  }
  asio::steady_timer rest(co_await asio::this_coro::executor, until); // it tells nothing
  co_await rest.async_wait(asio::use_awaitable);
  co_return gone;
}

// The request itself goes out piece by piece, see ImageUpload.
class Loading final : public Change {
public:
  explicit Loading(const GivenArchive &archive) : image_(archive.name) {
    name = kLoad;
    id = archive.given;
    check = "GetImage " + archive.given;
    repeatable = true; // an image that is there is not loaded again
  }

  asio::awaitable<Finding> look(Environment &environment, engine::Deadline until) const override {
    const std::optional<Image> after = co_await inspect_image_if_any(environment, image_, until);
    co_return Finding{after.has_value(),
                      "the engine has " + std::string(after ? "" : "no ") + image_};
  }
  // The engine unpacks on, with or without its connection, and names the image when it has done so.
  asio::awaitable<Finding> await_end(Environment &environment,
                                     engine::Deadline until) const override {
    const engine::Deadline last_look = until - (until - steady_clock::now()) / 4;
    bool ended = false;
    while (steady_clock::now() < last_look) {
      try {
        Finding finding = co_await look(environment, last_look);
        if (finding.done)
          co_return finding;
      } catch (const Error &error) {
        if (error.kind() == Kind::cancelled)
          throw;
        ended = ended || is_gone(environment, error);
      }
      const bool gone = co_await await_event(environment, last_look);
      ended = ended || gone;
    }
    Finding finding = co_await look(environment, until);
    finding.may_come = !ended;
    co_return finding;
  }

private:
  std::string image_;
};

bool is_of(const Image &image, const image::Result &said) {
  if (said.config_digest.empty() && said.target_digest.empty()) // a legacy archive says nothing
    return true;
  for (const std::string *digest :
       {&said.config_digest, &said.manifest_digest, &said.target_digest})
    if (!digest->empty() && image.id == *digest)
      return true;
  // Of a docker-archive without manifests such an engine makes a manifest of its own.
  return image.known_by_manifest && said.target_digest.empty() && said.manifest_digest.empty();
}

struct TakenBack {
  bool done;
  std::string words;
};

// The name was not there before, and nobody changes it through us meanwhile: we hold its turn.
asio::awaitable<TakenBack> take_back(Environment &environment, std::string name, Image image) {
  const Timeouts &timeouts = environment.settings.timeouts;
  const auto work = steady_clock::now() + timeouts.change;
  std::string words = "the engine had named it " + name + " by then";
  std::string why;
  try {
    const Done done =
        co_await remove_name(environment, name, std::move(image), {work, work + timeouts.read});
    if (!done.answer || done.answer->ok() || done.answer->status == engine::kNotFound)
      co_return TakenBack{true, words + ", which is undone"};
    why = ", and does not undo it: " + done.answer->message();
  } catch (const Error &error) {
    why = (error.kind() == Kind::unknown_outcome ? "; " : ", and does not undo it: ") +
          std::string(error.what());
  }
  environment.log.warning(words.append(why));
  co_return TakenBack{false, std::move(words)};
}

// A failure that the engine has told of, or that we have come to.
Error failed(const Error &why, const GivenArchive &archive, const std::string &words) {
  std::string what = why.what();
  if (archive.said.legacy_only && why.kind() == Kind::engine)
    what +=
        "; the archive names its image in the file repositories alone, which Docker takes up to "
        "version 28, and with no containerd image store";
  if (!words.empty())
    what.append("; ").append(words);
  return Error(why.kind(), what)
      .with_status(why.engine_status())
      .in_phase(why.phase())
      .that_may_be_retried(why.retryable())
      .with_details_of(why);
}

// How it failed; none where the engine has answered that all is well.
std::optional<Error> failure_of(const GivenArchive &archive) {
  if (!archive.failure)
    return std::nullopt;
  try {
    std::rethrow_exception(archive.failure);
  } catch (const Error &error) {
    return error;
  } catch (const std::exception &error) {
    return Error(Kind::internal, std::string("cannot load the image: ") + error.what())
        .in_phase(std::string(kLoad));
  }
}

Error not_there(const GivenArchive &archive) {
  return Error(Kind::engine,
               "cannot load the image: the engine took the archive and has no image " +
                   archive.name + "; its last word was: " + archive.last_word)
      .in_phase(std::string(kVerify));
}

Error another(const Image &image, const GivenArchive &archive) {
  return Error(Kind::engine, "cannot load the image: the engine made " + image.id +
                                 " of the archive that names " +
                                 (archive.said.config_digest.empty() ? archive.said.target_digest
                                                                     : archive.said.config_digest))
      .in_phase(std::string(kVerify));
}

Error unwanted() {
  return Error(Kind::cancelled, "cancelled while loading the image").in_phase(std::string(kVerify));
}

} // namespace

asio::awaitable<std::uint64_t> settle(Environment &environment, const GivenArchive &archive,
                                      const std::function<bool()> &wanted) {
  const Loading loading(archive);
  const auto patience = environment.settings.timeouts.read;
  std::optional<Error> failure = failure_of(archive);
  if (failure && failure->kind() == Kind::unknown_outcome) {
    const bool goes_on = failure->phase() != kLoad; // else the engine has answered to its end
    co_await find_out(environment, loading, *failure, goes_on, steady_clock::now() + patience);
    failure.reset(); // it is done
  }
  const bool engine_failed = failure.has_value();
  std::optional<Image> image;
  std::optional<Error> blind;
  try {
    image =
        co_await inspect_image_if_any(environment, archive.name, steady_clock::now() + patience);
  } catch (const Error &error) {
    blind = error;
  }
  if (blind)
    throw unknown_outcome(loading, failure.value_or(*blind),
                          "looking at it failed: " + std::string(blind->what()));
  if (!failure && !image)
    failure = not_there(archive);
  else if (!failure && !is_of(*image, archive.said))
    failure = another(*image, archive);
  else if (!failure && !wanted())
    failure = unwanted();
  if (!failure)
    co_return image->size;
  if (!image)
    throw failed(*failure, archive, {});
  if (engine_failed && !is_of(*image, archive.said))
    throw failed(*failure, archive,
                 "the engine has another image named " + archive.name + ", which stays");
  const TakenBack taken = co_await take_back(environment, archive.name, *image);
  const bool left = failure->kind() == Kind::cancelled && !taken.done;
  throw left ? unsettled(archive, taken.words) : failed(*failure, archive, taken.words);
}

Error unsettled(const GivenArchive &archive, const std::string &why) {
  return unknown_outcome(Loading(archive), unwanted(), why);
}

} // namespace mdocker::methods
