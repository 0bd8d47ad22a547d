// SPDX-License-Identifier: GPL-2.0
// The cluster as its administrator described it: passive data, no status.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include <linux/knell.h>
#include <linux/knell_wire.h>

#include "model/watching.hpp"

namespace knell::model {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

using NodeId = std::uint16_t; ///< 1..KNELL_NODE_MAX
using AppId = std::uint16_t;  ///< 1..KNELL_APP_MAX

enum class Role : std::uint8_t {
	server = KNELL_ROLE_SERVER,
	router = KNELL_ROLE_ROUTER,
	array = KNELL_ROLE_ARRAY,
};

enum class Supervision : std::uint8_t {
	off = KNELL_SUPERVISION_OFF,
	nop = KNELL_SUPERVISION_NOP,
};

enum class OnDown : std::uint8_t {
	none = KNELL_ON_DOWN_NONE,
	isolate = KNELL_ON_DOWN_ISOLATE,
	reboot = KNELL_ON_DOWN_REBOOT,
	panic = KNELL_ON_DOWN_PANIC,
};

enum class Takeover : std::uint8_t {
	standby, ///< only a node that serves nothing, or the home node
	any,     ///< an active node too, when no standby is left
};

enum class Fence : std::uint8_t {
	reservation, ///< SCSI-3 persistent reservation on every volume
	none,	     ///< the application has no volume and nothing to fence
};

enum class Fsck : std::uint8_t {
	automatic, ///< what the file system asks for
	never,
	force,
};

/// Timeouts and policies; Documentation/timeouts.md tells how they relate.
struct Options {
	milliseconds helper_timeout = 1s;     ///< 200ms..600s; 0 = not watched
	milliseconds lost_grace = 6s;	      ///< 0..600s
	milliseconds link_grace = 4s;	      ///< 0 = an isolated node never gives up
	milliseconds start_grace = 60s;	      ///< wait for a node not heard of yet
	milliseconds takeover_deadline = 60s; ///< grant to RUNNING
	milliseconds release_deadline = 20s;  ///< order to everything let go
	milliseconds cpu_timeout = 10s;	      ///< 0 = not watched
	OnDown on_down = OnDown::reboot;
	Supervision supervision = Supervision::nop;
	bool oops_down = true;
	bool gasp_iscsi = true;	      ///< last gasp inside the iSCSI connection
	bool gasp_certificate = true; ///< last gasp as a UDP death certificate

	bool operator==(const Options &) const = default;
};

struct Node {
	std::string name; ///< shorter than KNELL_NAME_MAX
	NodeId id = 0;
	Role role = Role::server;
	std::string initiator;		    ///< iSCSI name; servers have one
	std::vector<std::string> addresses; ///< numeric, where certificates reach it
	std::vector<NodeId> standby;	    ///< who takes its applications, in order

	bool operator==(const Node &) const = default;
};

struct Volume {
	std::string device; ///< absolute path, stable across nodes
	std::string mount;  ///< absolute path of an existing directory
	std::string type;   ///< "ext4" or "xfs"
	std::vector<std::string> options;
	Fsck fsck = Fsck::automatic;

	bool operator==(const Volume &) const = default;
};

/// Either program (with arguments) or unit is set, never both.
struct Executable {
	std::string program; ///< absolute path
	std::vector<std::string> arguments;
	std::string unit; ///< systemd unit
	milliseconds start_timeout = 10s;
	milliseconds stop_timeout = 10s;

	bool operator==(const Executable &) const = default;
};

struct FloatingAddress {
	std::string address; ///< numeric IPv4 or IPv6
	unsigned prefix = 0; ///< 0..32 or 0..128
	std::string interface;

	bool operator==(const FloatingAddress &) const = default;
};

/// A volume that two arrays have a copy of each, by DRBD.
struct Replica {
	std::string resource;		  ///< DRBD's name of it
	std::vector<std::string> devices; ///< every volume of the resource, "/dev/drbd0"
	std::string witness;		  ///< absolute path of a small shared volume that is on neither array
	std::vector<NodeId> nodes;	  ///< who has a copy: the application's candidates, ascending

	bool operator==(const Replica &) const = default;
};

/// A volume that is served to initiators, through LIO.
struct Export {
	std::string target;		     ///< iSCSI name, not used by anything else on the arrays
	std::string device;		     ///< absolute path of a block device
	std::string serial;		     ///< hexadecimal; initiators know the volume by it
	std::uint16_t lun = 0;
	std::string portal;		     ///< numeric, one of the application's addresses
	std::string reservations;	     ///< directory within one of the application's volumes
	std::vector<std::string> initiators; ///< iSCSI names that may log in

	bool operator==(const Export &) const = default;
};

struct Application {
	std::string name;
	AppId id = 0;
	NodeId home = 0;
	std::optional<std::vector<NodeId>> standby; ///< instead of the home node's
	Takeover takeover = Takeover::standby;
	Fence fence = Fence::reservation;
	std::vector<Volume> volumes;
	std::vector<Executable> executables;
	std::vector<FloatingAddress> addresses;
	std::vector<Replica> replicas;
	std::vector<Export> exports;
	/// A program and its arguments that asks it something as a client would; empty = it is not asked.
	std::vector<std::string> response;

	bool operator==(const Application &) const = default;
};

struct Cluster {
	std::string name;
	std::uint32_t id = 0;	      ///< not 0; upper half of every reservation key
	std::uint32_t generation = 1; ///< raised by the administrator with every change
	std::string secret_file;      ///< path of the certificate key; never its content
	Options options;
	std::vector<Node> nodes;
	std::vector<Application> applications;
	Watching watching;

	bool operator==(const Cluster &) const = default;
};

/// The key of the death certificates, as read from secret_file; wiped when it goes.
class Secret {
    public:
	Secret() = default;
	Secret(const Secret &) = default;
	Secret(Secret &&) = default;
	Secret &operator=(const Secret &) = default;
	Secret &operator=(Secret &&) = default;
	~Secret() { explicit_bzero(octets.data(), octets.size()); }

	std::array<std::uint8_t, KNELL_KEY_LEN> octets{};
};

} // namespace knell::model
