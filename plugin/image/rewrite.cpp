// SPDX-License-Identifier: Apache-2.0
#include "rewrite.hpp"

#include "contents.hpp"
#include "decode.hpp"
#include "digest.hpp"
#include "naming.hpp"
#include "refuse.hpp"
#include "tar_reader.hpp"
#include "tar_writer.hpp"

#include <locale.h> // NOLINT(modernize-deprecated-headers): newlocale() is POSIX

namespace mdocker::image {
namespace {

// libarchive turns names from and to UTF-8 by the thread's locale. Ours for as long as it lives.
class Utf8Locale {
public:
  Utf8Locale() : ours_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (ours_ != nullptr)
      before_ = uselocale(ours_);
  }
  ~Utf8Locale() {
    if (ours_ == nullptr)
      return;
    uselocale(before_);
    freelocale(ours_);
  }
  Utf8Locale(const Utf8Locale &) = delete;
  Utf8Locale &operator=(const Utf8Locale &) = delete;

private:
  locale_t ours_;
  locale_t before_ = nullptr;
};

// Counts what comes in.
class Counted final : public Source {
public:
  Counted(Source &in, const Options &options) : in_(in), options_(options) {}
  std::string_view read() override {
    const std::string_view bytes = in_.read();
    progress_.in += bytes.size();
    if (options_.progress)
      options_.progress(progress_);
    return bytes;
  }
  Progress &progress() noexcept { return progress_; }

private:
  Source &in_;
  const Options &options_;
  Progress progress_;
};

// And what goes out.
class CountedSink final : public Sink {
public:
  CountedSink(Sink &out, Progress &progress) : out_(out), progress_(progress) {}
  void write(std::string_view bytes) override {
    out_.write(bytes);
    progress_.out += bytes.size();
  }

private:
  Sink &out_;
  Progress &progress_;
};

class Rewriter {
public:
  Rewriter(Source &in, Sink &out, const Options &options)
      : options_(options), in_(in, options), out_(out, in_.progress()), plain_(decoded(in_)),
        reader_(*plain_, options.limits), writer_(out_), contents_(options.limits),
        naming_(options) {}

  Result run() {
    while (archive_entry *entry = reader_.next())
      take(entry);
    reader_.finish();
    Result result;
    for (const NewFile &added : naming_.finish(contents_, result))
      writer_.file(added.path, added.text);
    writer_.finish();
    result.bytes = in_.progress();
    return result;
  }

private:
  void take(archive_entry *entry) {
    const Contents::Added added = contents_.add(entry);
    const NamingFile file = naming_file(added.path);
    if (file != NamingFile::none)
      return rename(entry, added, file);
    if (added.path == kLayoutFile && added.type != Contents::Type::file)
      refuse(kRename, std::string(kLayoutFile) + " in the archive is no file");
    const std::optional<std::string> digest = digest_of_blob(added.path);
    pass(entry, added.size,
         digest && added.type == Contents::Type::file && added.size <= options_.limits.json_blob
             ? *digest
             : std::string());
  }

  void rename(archive_entry *entry, const Contents::Added &added, NamingFile file) {
    if (added.type != Contents::Type::file)
      refuse(kRename, std::string(name_of(file)) + " in the archive is no file");
    if (added.size > options_.limits.naming_file)
      refuse(kRename, std::string(name_of(file)) + " in the archive is larger than " +
                          std::to_string(options_.limits.naming_file) + " bytes");
    std::string text;
    text.reserve(added.size); // it would double while it grows
    for (std::string_view bytes = reader_.data(); !bytes.empty(); bytes = reader_.data())
      text += bytes;
    const std::optional<Naming::Taken> taken = naming_.take(file, text);
    if (!taken)
      return;
    archive_entry_set_size(entry, static_cast<la_int64_t>(taken->text.size()));
    writer_.entry(entry);
    for (const std::string_view piece : taken->text.pieces())
      writer_.data(piece);
    if (taken->beside)
      writer_.file(taken->beside->path, taken->beside->text);
  }

  // The digest is that of a file that may be a manifest; empty where it cannot be one.
  void pass(archive_entry *entry, std::uint64_t size, const std::string &digest) {
    writer_.entry(entry);
    std::string text;
    bool may_be_json = !digest.empty();
    for (std::string_view bytes = reader_.data(); !bytes.empty(); bytes = reader_.data()) {
      writer_.data(bytes);
      if (may_be_json && text.empty())
        may_be_json = bytes.find_first_not_of(" \t\r\n{") != 0;
      if (may_be_json && text.empty())
        text.reserve(size);
      if (may_be_json)
        text += bytes;
    }
    if (may_be_json && !text.empty())
      naming_.take_blob(digest, text);
  }

  const Options &options_;
  Counted in_;
  CountedSink out_;
  std::unique_ptr<Source> plain_;
  TarReader reader_;
  TarWriter writer_;
  Contents contents_;
  Naming naming_;
};

} // namespace

std::string_view own_platform() noexcept {
#if defined(__x86_64__)
  return "linux/amd64";
#elif defined(__aarch64__)
  return "linux/arm64";
#elif defined(__arm__)
  return "linux/arm";
#elif defined(__powerpc64__)
  return "linux/ppc64le";
#elif defined(__s390x__)
  return "linux/s390x";
#elif defined(__riscv)
  return "linux/riscv64";
#else
  return "linux/386";
#endif
}

Result rewrite(Source &in, Sink &out, const Options &options) {
  const Utf8Locale locale;
  return Rewriter(in, out, options).run();
}

} // namespace mdocker::image
