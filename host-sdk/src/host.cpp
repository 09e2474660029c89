#include "mistify/host.hpp"
