// SPDX-License-Identifier: Apache-2.0
#include "library.hpp"
#include "mistify/host.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <link.h>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace mistify::detail {
namespace {

using Header = ElfW(Ehdr);
using Segment = ElfW(Phdr);

constexpr unsigned char kClass = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
constexpr unsigned char kByteOrder =
    __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;

#if defined(__x86_64__)
constexpr unsigned kMachine = EM_X86_64;
constexpr const char *kMachineName = "x86-64";
#elif defined(__aarch64__)
constexpr unsigned kMachine = EM_AARCH64;
constexpr const char *kMachineName = "AArch64";
#elif defined(__riscv)
constexpr unsigned kMachine = EM_RISCV;
constexpr const char *kMachineName = "RISC-V";
#elif defined(__powerpc64__)
constexpr unsigned kMachine = EM_PPC64;
constexpr const char *kMachineName = "PowerPC64";
#elif defined(__s390x__)
constexpr unsigned kMachine = EM_S390;
constexpr const char *kMachineName = "S/390";
#elif defined(__i386__)
constexpr unsigned kMachine = EM_386;
constexpr const char *kMachineName = "x86";
#elif defined(__arm__)
constexpr unsigned kMachine = EM_ARM;
constexpr const char *kMachineName = "ARM";
#else
#error "name this machine's ELF kind here"
#endif

[[noreturn]] void refuse(const std::filesystem::path &file, const std::string &what) {
  throw LoadError(LoadFailure::not_a_shared_object, file.string() + ": " + what +
                                                        ", expected an ELF shared object for " +
                                                        kMachineName);
}

std::string error_text(int error) {
  return std::generic_category().message(error);
}

class File {
public:
  explicit File(const std::filesystem::path &path)
      // O_NONBLOCK: a FIFO put there after stat() must not hold us.
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~File() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  File(const File &) = delete;
  File &operator=(const File &) = delete;
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }

  [[nodiscard]] bool read_at(off_t offset, void *to, std::size_t size) const noexcept {
    auto *at = static_cast<char *>(to);
    while (size > 0) {
      const ssize_t got = ::pread(fd_, at, size, offset);
      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        return false;
      at += got;
      offset += got;
      size -= static_cast<std::size_t>(got);
    }
    return true;
  }

private:
  int fd_;
};

std::uint64_t size_of_regular_file(const std::filesystem::path &path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR)
      throw LoadError(LoadFailure::no_such_file, path.string() + ": no such file");
    throw LoadError(LoadFailure::not_loadable,
                    path.string() + ": cannot be looked at: " + error_text(errno));
  }
  if (S_ISDIR(info.st_mode))
    refuse(path, "is a folder");
  if (!S_ISREG(info.st_mode))
    refuse(path, "is no regular file");
  return static_cast<std::uint64_t>(info.st_size);
}

void check_identity(const std::filesystem::path &path, const Header &header) {
  if (header.e_ident[EI_CLASS] != kClass)
    refuse(path, "is an ELF file of another word size");
  if (header.e_ident[EI_DATA] != kByteOrder)
    refuse(path, "is an ELF file of another byte order");
  if (header.e_machine != kMachine)
    refuse(path,
           "is an ELF file for another machine (number " + std::to_string(header.e_machine) + ")");
  if (header.e_type != ET_DYN)
    refuse(path, "is an ELF file of another type (number " + std::to_string(header.e_type) + ")");
}

void check_segments(const std::filesystem::path &path, const File &file, const Header &header,
                    std::uint64_t size) {
  const std::uint64_t table = std::uint64_t{header.e_phnum} * sizeof(Segment);
  if (header.e_phnum == 0 || header.e_phentsize != sizeof(Segment))
    refuse(path, "is an ELF file without segments");
  if (header.e_phoff > size || table > size - header.e_phoff)
    refuse(path, "is a truncated ELF file");
  std::vector<Segment> segments(header.e_phnum);
  if (!file.read_at(static_cast<off_t>(header.e_phoff), segments.data(),
                    static_cast<std::size_t>(table)))
    refuse(path, "is a truncated ELF file");
  for (const Segment &segment : segments) {
    if (segment.p_type == PT_LOAD &&
        (segment.p_offset > size || segment.p_filesz > size - segment.p_offset))
      refuse(path, "is a truncated ELF file");
  }
}

} // namespace

void require_shared_object(const std::filesystem::path &file) {
  const std::uint64_t size = size_of_regular_file(file);
  const File opened(file);
  if (!opened.is_open())
    throw LoadError(LoadFailure::not_loadable,
                    file.string() + ": cannot be opened: " + error_text(errno));
  Header header{};
  std::array<unsigned char, SELFMAG> magic{};
  if (!opened.read_at(0, magic.data(), magic.size()) ||
      std::memcmp(magic.data(), ELFMAG, SELFMAG) != 0)
    refuse(file, "is no ELF file");
  if (!opened.read_at(0, &header, sizeof header))
    refuse(file, "is a truncated ELF file");
  check_identity(file, header);
  check_segments(file, opened, header, size);
}

} // namespace mistify::detail
