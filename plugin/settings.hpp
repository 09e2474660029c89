// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/endpoint.hpp"
#include "image/service_address.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mdocker {

/// How long things may take; keys "timeouts.NAME_ms".
struct Timeouts {
  std::chrono::milliseconds connect{2'000};      ///< A connection to the engine.
  std::chrono::milliseconds read{15'000};        ///< Calls that only ask: get, list, info.
  std::chrono::milliseconds change{60'000};      ///< Create, start, pause, unpause, delete.
  std::chrono::milliseconds save{600'000};       ///< Save: the engine writes a layer.
  std::chrono::milliseconds image_idle{30'000};  ///< The image service sends nothing.
  std::chrono::milliseconds load{600'000};       ///< The engine is silent while it loads an image.
  std::chrono::milliseconds stop_grace{10'000};  ///< From the stop signal to the kill.
  std::chrono::milliseconds stop_margin{20'000}; ///< What a stop may take beyond its grace.
};

/// How much at most; keys "limits.NAME".
struct Bounds {
  std::size_t engine_answer = std::size_t{64} << 20U; ///< Bytes of one answer of the engine.
  std::size_t engine_reads = 64;                      ///< Requests that only read, at once.
  std::size_t list_inspects = 8;                      ///< Inspects of one ListContainers, at once.
  std::size_t loads = 2;                              ///< Loads of images, at once: a thread each.
};

/// How guests are connected; keys "network.NAME".
struct Network {
  std::string driver = "ovs";                         ///< Or "none".
  std::string ovsdb = "/var/run/openvswitch/db.sock"; ///< The switch's database: a unix socket.
  std::string datapath_type;     ///< Of bridges that are made; empty for the switch's default.
  bool static_addresses = false; ///< Whether guests get the addresses of their NICs.
};

/// The plugin's configuration, checked.
struct Settings {
  engine::Endpoint endpoint;
  image::ServiceAddress image_service;
  std::string image_resolver; ///< ADDRESS:PORT of a name server; empty for the system's.
  std::string image_ca;       ///< A file of PEM, for an https service; empty for the machine's CAs.
  std::vector<std::string> devices = {"/dev/zfs"}; ///< Mapped into guests where they exist.
  Network network;
  /// Of the host's among those on one engine: it follows the guests that it has made.
  std::string instance;
  Timeouts timeouts;
  Bounds bounds;

  /// Reads the host's JSON object. Throws std::invalid_argument with one line that names the key
  /// and what was expected; for an unknown key also the nearest known one.
  static Settings parse(std::string_view json);
};

} // namespace mdocker
