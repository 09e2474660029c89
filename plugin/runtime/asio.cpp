// SPDX-License-Identifier: Apache-2.0
// Asio, compiled once for the plugin.
#include <boost/asio/impl/src.hpp>
