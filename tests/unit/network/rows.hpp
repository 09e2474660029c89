// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/switch_rows.hpp"

namespace mdocker::network::test {

// A bridge br0 with its own port, and one of the guest g1's NIC eth1.
inline constexpr const char *kRows = R"({
  "Open_vSwitch":{"root":{"new":{"cur_cfg":4}}},
  "Bridge":{"b0":{"new":{"name":"br0","datapath_type":"netdev",
                         "ports":["set",[["uuid","p0"],["uuid","p1"]]]}}},
  "Port":{"p0":{"new":{"name":"br0","interfaces":["uuid","i0"],"trunks":["set",[]],"tag":["set",[]]}},
          "p1":{"new":{"name":"mda","interfaces":["uuid","i1"],"trunks":["set",[20,10]],"tag":["set",[]]}}},
  "Interface":{"i0":{"new":{"name":"br0","external_ids":["map",[]],"ofport":65534,"error":["set",[]],
                            "mtu":9000}},
               "i1":{"new":{"name":"mda","external_ids":["map",[["container_id","g1"],
                            ["container_iface","eth1"]]],"ofport":["set",[]],"error":["set",[]],
                            "mtu":["set",[]]}}}})";

inline SwitchRows rows(const char *text = kRows) {
  SwitchRows rows;
  rows.apply(json::parse(text));
  return rows;
}

} // namespace mdocker::network::test
