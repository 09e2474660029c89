#include "mistify/jsonrpc.hpp"
