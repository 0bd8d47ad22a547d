// SPDX-License-Identifier: GPL-2.0
// The replication of a volume between two arrays, as the replica action needs it.
#pragma once

#include "actions/action.hpp"

#include <string>
#include <vector>

namespace knell::actions {

/// State of all volumes of a replicated resource, as this node sees it: the worst of them.
struct ReplicationState {
	bool primary = false;		///< any volume may be opened here
	bool peer_primary = false;	///< the peer said so of any
	bool connected = false;		///< every volume
	bool connecting = false;	///< every volume is connected, or waits for the peer
	bool up_to_date = false;	///< the own disk of every volume
	bool whole = false;		///< nothing is known that any volume lacks: up to date, or it was when last seen
	bool peer_up_to_date = false;	///< the peer's disk of every volume, while connected
	bool frozen = false;		///< any: I/O waits for the word about a lost peer
	std::string text;		///< for people
};

class Replication {
public:
	virtual ~Replication() = default;

	virtual Result<ReplicationState> state() const = 0;
	/// Error: it is set up in a way that could go on alone without asking, or acknowledge too early.
	virtual Status policy() const = 0;
	/// Refused while the peer is primary, and without a peer unless the exclusion of it succeeds. A peer that
	/// is connected has agreed.
	virtual Status promote(const Control &control) = 0;
	virtual Status demote(const Control &control) = 0;
	/// End the connection although the peer may not agree.
	virtual Status disconnect(const Control &control) = 0;
	virtual Status connect(const Control &control) = 0;
};

/// DRBD 8.4, the one in the kernel. The resource is configured in /etc/drbd.d and brought up by its own
/// service; its volumes say "fencing resource-and-stonith".
class Drbd : public Replication {
public:
	/// `devices`: every volume of the resource.
	Drbd(std::string resource, std::vector<std::string> devices)
		: resource_(std::move(resource)), devices_(std::move(devices))
	{
	}

	Result<ReplicationState> state() const override;
	Status policy() const override;
	Status promote(const Control &control) override;
	Status demote(const Control &control) override;
	Status disconnect(const Control &control) override;
	Status connect(const Control &control) override;

private:
	Status command(std::vector<std::string> arguments, const Control &control) const;

	std::string resource_;
	std::vector<std::string> devices_;
};

/// The program that answers DRBD's questions, as the module parameter usermode_helper names it.
inline constexpr const char *fence_peer_program = "/usr/sbin/knell-fence-peer";

/// policy() of the text of "drbdsetup show RESOURCE" and of the module parameter usermode_helper.
Status check_drbd_policy(const std::string &resource, const std::string &shown, const std::string &program);

/// The lines of these minors in the text of /proc/drbd.
Result<ReplicationState> parse_drbd(const std::string &text, const std::vector<unsigned> &minors);

} // namespace knell::actions
