// SPDX-License-Identifier: Apache-2.0
#include "holdings.hpp"

#include "json_at.hpp"

#include <ostream>

namespace wire {

void PrintTo(const Holdings &holdings, std::ostream *out) {
  for (const std::string &name : holdings.names)
    *out << name << ' ';
  for (const std::string &id : holdings.ids)
    *out << id << ' ';
}

Holdings holdings(const EngineApi &engine) {
  Holdings all;
  for (const std::string &image : elements(engine.get("/images/json?all=1"))) {
    all.ids.insert(text_at(image, {"Id"}));
    if (at(image, {"RepoTags"}) == "null")
      continue;
    for (const std::string &name : elements(at(image, {"RepoTags"})))
      all.names.insert(name);
  }
  return all;
}

} // namespace wire
