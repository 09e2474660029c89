/* SPDX-License-Identifier: Apache-2.0
 *
 * The plugin's one export, from which every type of the ABI is reached. */
#include <mistify/plugin.h>

const mistify_plugin_api *mistify_plugin_entry_v1(void) {
  return NULL;
}
