// SPDX-License-Identifier: GPL-2.0
// knellctl: the console.
#include <exception>
#include <iostream>

#include "cli/commands.hpp"

int main(int argc, char **argv)
{
	try {
		return knell::cli::run(argc, argv, std::cout, std::cerr);
	} catch (const std::exception &e) {
		std::cerr << "knellctl: " << e.what() << "\n";
		return knell::cli::exit_failed;
	}
}
