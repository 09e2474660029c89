// SPDX-License-Identifier: Apache-2.0
#include "library.hpp"
#include "mistify/host.hpp"
#include "trusted_file.hpp"

#include <array>
#include <cstring>
#include <link.h>
#include <string>
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

void check_segments(const TrustedFile &file, const Header &header) {
  const std::filesystem::path &path = file.named();
  const std::uint64_t size = file.size();
  const std::uint64_t table = std::uint64_t{header.e_phnum} * sizeof(Segment);
  if (header.e_phnum == 0 || header.e_phentsize != sizeof(Segment))
    refuse(path, "is an ELF file without segments");
  if (header.e_phoff > size || table > size - header.e_phoff)
    refuse(path, "is a truncated ELF file");
  std::vector<Segment> segments(header.e_phnum);
  if (!file.read_at(header.e_phoff, segments.data(), static_cast<std::size_t>(table)))
    refuse(path, "is a truncated ELF file");
  for (const Segment &segment : segments) {
    if (segment.p_type == PT_LOAD &&
        (segment.p_offset > size || segment.p_filesz > size - segment.p_offset))
      refuse(path, "is a truncated ELF file");
  }
}

} // namespace

void require_shared_object(const TrustedFile &file) {
  Header header{};
  std::array<unsigned char, SELFMAG> magic{};
  if (!file.read_at(0, magic.data(), magic.size()) ||
      std::memcmp(magic.data(), ELFMAG, SELFMAG) != 0)
    refuse(file.named(), "is no ELF file");
  if (!file.read_at(0, &header, sizeof header))
    refuse(file.named(), "is a truncated ELF file");
  check_identity(file.named(), header);
  check_segments(file, header);
}

} // namespace mistify::detail
