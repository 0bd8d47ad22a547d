// SPDX-License-Identifier: GPL-2.0
// What the daemon's coroutines need beside Asio: blocking work on another thread, and a lock
// that suspends instead of blocking.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <deque>
#include <optional>
#include <type_traits>
#include <utility>

namespace knell::daemon {

/// Arguments of a coroutine that own something are named variables, moved in: GCC 12 destroys
/// some temporaries of a co_await expression twice.
template <class T>
using Task = asio::awaitable<T>;

/// Run `work` in the pool and resume here with what it returned.
template <class Work>
Task<std::invoke_result_t<Work>> run_on(asio::thread_pool &pool, Work work)
{
	std::optional<std::invoke_result_t<Work>> result;
	auto body = [&]() -> Task<void> {
		result.emplace(work());
		co_return;
	};

	co_await asio::co_spawn(pool, body(), asio::use_awaitable);
	co_return std::move(*result);
}

/// Suspend for a time.
inline Task<void> pause(std::chrono::milliseconds time)
{
	asio::steady_timer timer(co_await asio::this_coro::executor, time);
	asio::error_code ignored;

	co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

/// Mutual exclusion between coroutines of one event loop, first come first served. Holds no
/// object of the loop itself, so that it may outlive it.
class AsyncMutex {
public:
	/// Holds the mutex as long as it lives.
	class Guard {
	public:
		explicit Guard(AsyncMutex &mutex) : mutex_(&mutex) {}
		Guard(Guard &&other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
		Guard(const Guard &) = delete;
		Guard &operator=(const Guard &) = delete;
		Guard &operator=(Guard &&) = delete;
		~Guard()
		{
			if (!mutex_)
				return;
			mutex_->held_ = false;
			if (!mutex_->waiting_.empty())
				mutex_->waiting_.front()->cancel();
		}

	private:
		AsyncMutex *mutex_;
	};

	Task<Guard> lock()
	{
		asio::error_code ignored;

		while (held_) {
			// The timer never expires; who lets go of the mutex cancels it.
			asio::steady_timer wake(co_await asio::this_coro::executor,
						asio::steady_timer::time_point::max());
			Waiting entry(waiting_, wake);
			co_await wake.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
		}
		held_ = true;
		co_return Guard(*this);
	}

private:
	using Queue = std::deque<asio::steady_timer *>;

	/// A place in the queue, given up also when the coroutine is destroyed.
	class Waiting {
	public:
		Waiting(Queue &queue, asio::steady_timer &timer) : queue_(queue), timer_(&timer)
		{
			queue_.push_back(timer_);
		}
		Waiting(const Waiting &) = delete;
		Waiting &operator=(const Waiting &) = delete;
		~Waiting() { std::erase(queue_, timer_); }

	private:
		Queue &queue_;
		asio::steady_timer *timer_;
	};

	Queue waiting_;
	bool held_ = false;
};

} // namespace knell::daemon
