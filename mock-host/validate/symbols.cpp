// SPDX-License-Identifier: Apache-2.0
#include "symbols.hpp"

#include <cstring>
#include <elf.h>
#include <fstream>
#include <iterator>
#include <link.h>
#include <stdexcept>

namespace mistify::mock_host::validation {
namespace {

template <class T> T read_at(const std::string &bytes, std::size_t offset) {
  T value;
  if (offset > bytes.size() || sizeof value > bytes.size() - offset)
    throw std::runtime_error("the ELF file is cut");
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::string name_at(const std::string &bytes, std::size_t offset) {
  if (offset >= bytes.size())
    throw std::runtime_error("the ELF file is cut");
  return bytes.c_str() + offset;
}

} // namespace

std::vector<Symbol> exported_symbols(const std::filesystem::path &file) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const auto header = read_at<ElfW(Ehdr)>(bytes, 0);
  const auto section = [&](std::size_t number) {
    return read_at<ElfW(Shdr)>(bytes, header.e_shoff + number * sizeof(ElfW(Shdr)));
  };
  std::vector<Symbol> out;
  for (std::size_t i = 0; i < header.e_shnum; ++i) {
    const auto table = section(i);
    if (table.sh_type != SHT_DYNSYM)
      continue;
    const auto names = section(table.sh_link);
    for (std::size_t at = 0; at < table.sh_size; at += sizeof(ElfW(Sym))) {
      const auto symbol = read_at<ElfW(Sym)>(bytes, table.sh_offset + at);
      if (symbol.st_shndx != SHN_UNDEF)
        out.push_back({name_at(bytes, names.sh_offset + symbol.st_name),
                       (symbol.st_info >> 4U) == STB_GNU_UNIQUE});
    }
  }
  return out;
}

} // namespace mistify::mock_host::validation
