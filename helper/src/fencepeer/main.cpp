// SPDX-License-Identifier: GPL-2.0
// knell-fence-peer: the kernel's DRBD asks, and waits, whether it may go on without the other array.
// Arguments: the question, and the resource or minor it is about. It is also told that a disk failed:
// then this array dies, aloud. All other questions concern nobody.
//
// Exit status of fence-peer: 7, "the peer was shot", is yes; 1 is no, and I/O stays frozen.
#include "actions/device.hpp"
#include "actions/exclusion.hpp"
#include "actions/replication.hpp"
#include "util/log.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <sys/reboot.h>
#include <unistd.h>

namespace {

using namespace knell;
using namespace knell::actions;

constexpr int peer_is_out = 7;
constexpr int refused = 1;
constexpr milliseconds try_again{500};
constexpr milliseconds include_limit{30000};

/// One attempt to rule the peer out. Code EAGAIN: the witness does not answer.
Status exclude(const std::string &resource, bool &frozen)
{
	auto lock = lock_grant(grants_directory, resource);
	if (!lock)
		return lock.error();
	auto grant = load_grant(grants_directory, resource);
	if (!grant)
		return grant.error();
	auto state = Drbd(grant->resource, grant->devices).state();
	if (!state)
		return state.error();
	frozen = state->frozen && state->primary;
	// The peer is back: nothing is to be decided, DRBD goes on by itself.
	if (state->connected)
		return Error{"the peer of " + resource + " is back", "", "", ECANCELED};
	WitnessDevice witness(grant->witness);
	auto done = exclude_peers(*grant, find_units, witness);
	if (!done && done.error().code != reservation_conflict && done.error().code != witness_damaged)
		return Error{done.error().what, done.error().why, done.error().hint, EAGAIN};
	return done;
}

int fence_peer(const std::string &resource)
{
	for (;;) {
		bool frozen = false;
		auto done = exclude(resource, frozen);
		if (done) {
			log::notice("{}: the peer is ruled out, this node goes on alone", resource);
			return peer_is_out;
		}
		log::warning("{}: the peer cannot be ruled out: {}", resource, done.error().text());
		// Nobody waits for a frozen volume but its users; a promotion has a deadline.
		if (done.error().code != EAGAIN || !frozen)
			return refused;
		const Control patience{Clock::now() + 10 * try_again, {}, false};
		patience.pause(try_again);
	}
}

/// The kernel's worker waits for the answer: it gets one at once, the work is done behind it.
int unfence_peer(const std::string &resource)
{
	const pid_t child = ::fork();

	if (child != 0)
		return 0;
	::setsid();
	const Control limit{Clock::now() + include_limit, {}, false};
	do {
		auto lock = lock_grant(grants_directory, resource);
		auto grant = load_grant(grants_directory, resource);
		if (!lock || !grant)
			return 0;
		auto state = Drbd(grant->resource, grant->devices).state();
		WitnessDevice witness(grant->witness);
		if (state && include_peers(*grant, find_units, witness, *state))
			return 0;
	} while (limit.pause(try_again));
	log::warning("{}: the witness does not know yet that the peer has caught up", resource);
	return 0;
}

/// A copy that misses a block must not stay connected: its peer would acknowledge what is nowhere else.
int local_error(const char *minor)
{
	log::error("{}: the disk below it failed: this array is of no use any more", minor);
	// A panic: the notice goes out, and the peer is asked what to do before it goes on.
	const UniqueFd trigger(::open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC));
	if (!trigger || ::write(trigger.get(), "c", 1) != 1)
		::reboot(RB_AUTOBOOT);
	return 0;
}

/// The kernel starts this without any descriptor: what is opened first would be standard error.
bool open_standard_descriptors()
{
	for (int fd = -1; fd <= STDERR_FILENO;)
		if ((fd = ::open("/dev/null", O_RDWR)) < 0)
			return false;
	const UniqueFd kernel_log(::open("/dev/kmsg", O_WRONLY | O_CLOEXEC));
	return !kernel_log || ::dup2(kernel_log.get(), STDERR_FILENO) == STDERR_FILENO;
}

} // namespace

int main(int argc, char **argv)
{
	if (!open_standard_descriptors())
		return refused;
	if (argc != 3) {
		log::error("knell-fence-peer is started by DRBD: knell-fence-peer QUESTION RESOURCE");
		return 2;
	}
	const std::string_view question = argv[1];
	if (question == "fence-peer")
		return fence_peer(argv[2]);
	if (question == "unfence-peer")
		return unfence_peer(argv[2]);
	if (question == "local-io-error")
		return local_error(argv[2]);
	return 0;
}
