// SPDX-License-Identifier: Apache-2.0
//
// A plugin shows its entry and nothing else, and nothing in it keeps it from being unmapped.
#include "support.hpp"

#include <cstring>
#include <elf.h>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <link.h>

namespace {

struct Symbol {
  std::string name;
  unsigned char binding;
};

template <class T> T read_at(const std::string &bytes, std::size_t offset) {
  T value;
  if (offset > bytes.size() || sizeof value > bytes.size() - offset)
    throw std::runtime_error("the ELF file is cut");
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

/// The dynamic symbols that the file defines.
std::vector<Symbol> exports_of(const std::filesystem::path &file) {
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
        out.push_back({bytes.c_str() + names.sh_offset + symbol.st_name,
                       static_cast<unsigned char>(symbol.st_info >> 4U)});
    }
  }
  return out;
}

class Exports : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(Exports, AreTheEntryAlone) {
  const std::vector<Symbol> exports = exports_of(GetParam());
  ASSERT_EQ(exports.size(), 1U);
  EXPECT_EQ(exports[0].name, "mistify_plugin_entry_v1");
  EXPECT_EQ(exports[0].binding, STB_GLOBAL) << "STB_GNU_UNIQUE would pin the library";
}

std::vector<std::filesystem::path> libraries() {
  return {
#if defined(SDK_TEST_MDOCKER)
    SDK_TEST_MDOCKER,
#endif
        sdk_test::plugin("example_c"), sdk_test::plugin("example_cpp"), sdk_test::plugin("puppet"),
  };
}

INSTANTIATE_TEST_SUITE_P(Of, Exports, testing::ValuesIn(libraries()),
                         [](const auto &test) { return test.param.stem().string(); });

} // namespace
