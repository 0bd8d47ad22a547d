// SPDX-License-Identifier: GPL-2.0
// Accepting, reading, answering, on an event loop of its own.
#include "metrics/server.hpp"

#include "metrics/http.hpp"
#include "util/log.hpp"

#include <algorithm>
#include <array>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
#include <list>
#include <thread>

namespace knell::metrics {

namespace {

using asio::ip::tcp;

constexpr std::chrono::seconds accept_pause{1};	// after accept() failed, mostly for want of descriptors
constexpr std::size_t leftover_max = 65536;	// octets behind the request that are read and forgotten
constexpr int backlog = 64;

} // namespace

/// One peer and its one request. Alive while an operation of it is under way.
class Connection : public std::enable_shared_from_this<Connection> {
public:
	Connection(tcp::socket socket, const Server::Body &body)
		: socket_(std::move(socket)), timer_(socket_.get_executor(), Server::deadline), body_(body)
	{
	}

	void start()
	{
		timer_.async_wait([self = weak_from_this()](const asio::error_code &error) {
			if (const auto alive = self.lock(); alive && !error)
				alive->stop();
		});
		read();
	}

	/// Every operation under way ends with an error, and with the last one the connection.
	void stop()
	{
		asio::error_code ignored;

		timer_.cancel(ignored);
		socket_.close(ignored);
	}

private:
	void read()
	{
		socket_.async_read_some(asio::buffer(buffer_),
					[self = shared_from_this()](const asio::error_code &error, std::size_t got) {
						if (error)
							return self->stop();
						self->add({self->buffer_.data(), got});
					});
	}

	void add(std::string_view octets)
	{
		const auto searched = std::min(head_.size(), end_of_head.size() - 1);
		const auto from = head_.size() - searched;

		head_ += octets.substr(0, request_max - head_.size());
		if (const auto end = head_.find(end_of_head, from); end != head_.npos)
			return write(judge(std::string_view(head_).substr(0, end + end_of_head.size())));
		if (head_.size() == request_max)
			return write(HttpStatus::fields_too_large);
		read();
	}

	void write(HttpStatus status)
	{
		answer_ = answer(status, status == HttpStatus::ok ? body_() : std::string());
		asio::async_write(socket_, asio::buffer(answer_),
				  [self = shared_from_this()](const asio::error_code &error, std::size_t) {
					  asio::error_code failed = error;
					  if (!failed)
						  self->socket_.shutdown(tcp::socket::shutdown_send, failed);
					  if (failed)
						  return self->stop();
					  self->drain();
				  });
	}

	/// A socket closed over unread octets resets the connection, and the answer may be lost by it.
	void drain()
	{
		socket_.async_read_some(asio::buffer(buffer_),
					[self = shared_from_this()](const asio::error_code &error, std::size_t got) {
						self->drained_ += got;
						if (error || self->drained_ > leftover_max)
							return self->stop();
						self->drain();
					});
	}

	tcp::socket socket_;
	asio::steady_timer timer_;
	const Server::Body &body_;	// the server's, which outlives its connections
	std::array<char, 4096> buffer_{};
	std::string head_, answer_;
	std::size_t drained_ = 0;
};

class Server::Impl {
public:
	explicit Impl(Body body) : body_(std::move(body)) {}
	Impl(const Impl &) = delete;
	Impl &operator=(const Impl &) = delete;
	~Impl()
	{
		loop_.stop();
		if (thread_.joinable())
			thread_.join();
	}

	asio::error_code open(const std::string &address, std::uint16_t port)
	{
		asio::error_code error;
		const auto ip = asio::ip::make_address(address, error);
		if (error)
			return error;
		const tcp::endpoint where(ip, port);
		for (const auto &step : std::initializer_list<std::function<void()>>{
			     [&] { acceptor_.open(where.protocol(), error); },
			     [&] { acceptor_.set_option(tcp::acceptor::reuse_address(true), error); },
			     [&] { acceptor_.bind(where, error); },
			     [&] { acceptor_.listen(backlog, error); },
			     [&] { port_ = acceptor_.local_endpoint(error).port(); }}) {
			step();
			if (error)
				return error;
		}
		accept();
		thread_ = std::thread([this] { run(); });
		return {};
	}

	[[nodiscard]] std::uint16_t port() const { return port_; }

private:
	/// What a handler throws, for want of memory, ends its connection and nothing else.
	void run()
	{
		while (!loop_.stopped()) {
			try {
				loop_.run();
			} catch (const std::exception &e) {
				log::warning("a request for metrics was dropped: {}", e.what());
			}
		}
	}

	void accept()
	{
		acceptor_.async_accept([this](const asio::error_code &error, tcp::socket socket) {
			if (error)
				return wait();
			accept();
			admit(std::move(socket));
		});
	}

	void wait()
	{
		pause_.expires_after(accept_pause);
		pause_.async_wait([this](const asio::error_code &) { accept(); });
	}

	void admit(tcp::socket socket)
	{
		std::erase_if(connections_, [](const auto &each) { return each.expired(); });
		while (connections_.size() >= connections_max) {
			if (const auto oldest = connections_.front().lock())
				oldest->stop();
			connections_.pop_front();
		}
		const auto connection = std::make_shared<Connection>(std::move(socket), body_);
		connections_.push_back(connection);
		connection->start();
	}

	const Body body_;
	std::uint16_t port_ = 0;
	asio::io_context loop_{1};
	tcp::acceptor acceptor_{loop_};
	asio::steady_timer pause_{loop_};
	std::list<std::weak_ptr<Connection>> connections_;	// oldest first
	std::thread thread_;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::listen(const std::string &address, std::uint16_t port, Body body)
{
	auto impl = std::make_unique<Impl>(std::move(body));

	if (const auto error = impl->open(address, port))
		return Error{"cannot listen at " + address + " port " + std::to_string(port), error.message(),
			     "is the address this machine's and the port free? (ss -ltnp)"};
	return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const
{
	return impl_->port();
}

} // namespace knell::metrics
