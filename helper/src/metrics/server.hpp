// SPDX-License-Identifier: GPL-2.0
// An HTTP server that answers one path, made for peers that mean harm: what one of them may
// have of octets and time is fixed, and so is how many are served at once.
//
// Context and locking: one thread, its own, runs everything but construction and destruction.
#pragma once

#include "util/result.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace knell::metrics {

class Server {
public:
	/// The text of the moment. Called in the server's thread.
	using Body = std::function<std::string()>;

	/// From a connection's begin to its end, whatever it does.
	static constexpr std::chrono::seconds deadline{5};
	/// Served at once; one more ends the oldest, so that silent ones keep nobody out.
	static constexpr std::size_t connections_max = 32;

	/// Listen at a numeric address, port 0 = any that is free. Error: cannot.
	static Result<std::unique_ptr<Server>> listen(const std::string &address, std::uint16_t port, Body body);

	/// Ends every connection.
	~Server();
	Server(const Server &) = delete;
	Server &operator=(const Server &) = delete;

	[[nodiscard]] std::uint16_t port() const;

private:
	class Impl;
	explicit Server(std::unique_ptr<Impl> impl);

	std::unique_ptr<Impl> impl_;
};

} // namespace knell::metrics
