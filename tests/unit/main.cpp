// SPDX-License-Identifier: GPL-2.0
// The unit test program: Catch2's own main function, compiled once.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
