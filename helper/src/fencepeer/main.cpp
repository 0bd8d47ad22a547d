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

#include <algorithm>
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
constexpr milliseconds look_again{2000};	// for the peer that is out
constexpr milliseconds connect_limit{10000};
constexpr milliseconds connect_seldom{60000};

/// The kernel waits for as long as it takes.
Control patient()
{
	return {Clock::time_point::max(), {}, false};
}

/// One attempt to rule the peer out. Code EAGAIN: the witness does not answer.
Result<Grant> exclude(const std::string &resource, bool &frozen)
{
	auto lock = lock_grant(grants_directory, resource, patient());
	if (!lock)
		return lock.error();
	auto grant = load_grant(grants_directory, resource);
	if (!grant)
		return grant;
	auto state = Drbd(grant->resource, grant->devices).state();
	if (!state)
		return state.error();
	frozen = state->frozen && state->primary;
	// The peer is back: nothing is to be decided, DRBD goes on by itself.
	if (state->connected)
		return Error{"the peer of " + resource + " is back", "", "", ECANCELED};
	WitnessDevice witness(grant->witness);
	auto done = exclude_peers(*grant, find_units, witness, *state);
	if (done)
		return grant;
	if (done.error().code != reservation_conflict && done.error().code != witness_damaged)
		return Error{done.error().what, done.error().why, done.error().hint, EAGAIN};
	return done.error();
}

/// What became of a peer that was ruled out.
enum class Peer { away, unconnected, current, nobodys };

/// One look at it; if it has caught up, the witness names it again.
Peer look(const Grant &grant)
{
	auto lock = lock_grant(grants_directory, grant.resource, patient());
	auto now = load_grant(grants_directory, grant.resource);
	if (!lock || !now || *now != grant)
		return Peer::nobodys;
	auto state = Drbd(grant.resource, grant.devices).state();
	if (!state)
		return Peer::away;
	if (!state->connecting)
		return Peer::unconnected;
	WitnessDevice witness(grant.witness);
	if (!include_peers(grant, find_units, witness, *state))
		return Peer::away;
	return state->primary && state->connected && state->up_to_date && state->peer_up_to_date ? Peer::current :
												   Peer::away;
}

/// Until the peer is current again, or this node does not serve any more. DRBD gives the connection up when it meets
/// a peer that is still primary; here it is tried again, ever less often.
void await_peer(const Grant &grant)
{
	// One process is enough.
	auto alone = lock_grant(grants_directory, grant.resource + ".peer", {});
	if (!alone)
		return;
	milliseconds between = look_again, wait = look_again;
	for (;;) {
		patient().pause(wait);
		wait = look_again;
		switch (look(grant)) {
		case Peer::nobodys:
		case Peer::current:
			return;
		case Peer::away:
			break;
		case Peer::unconnected:
			const Control limit{Clock::now() + connect_limit, {}, false};
			if (auto done = Drbd(grant.resource, grant.devices).connect(limit); !done)
				log::warning("{}", done.error().text());
			wait = between;
			between = std::min(2 * between, connect_seldom);
		}
	}
}

/// The kernel's worker waits for an answer, not for this.
void await_peer_behind(const Grant &grant)
{
	if (::fork() != 0)
		return;
	::setsid();
	await_peer(grant);
	::_exit(0);
}

int fence_peer(const std::string &resource)
{
	for (;;) {
		bool frozen = false;
		auto grant = exclude(resource, frozen);
		if (grant) {
			log::notice("{}: the peer is ruled out, this node goes on alone", resource);
			await_peer_behind(*grant);
			return peer_is_out;
		}
		log::warning("{}: the peer cannot be ruled out: {}", resource, grant.error().text());
		// Nobody waits for a frozen volume but its users; a promotion has a deadline.
		if (grant.error().code != EAGAIN || !frozen)
			return refused;
		patient().pause(try_again);
	}
}

int unfence_peer(const std::string &resource)
{
	if (auto grant = load_grant(grants_directory, resource))
		await_peer_behind(*grant);
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
