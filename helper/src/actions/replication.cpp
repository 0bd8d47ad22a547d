// SPDX-License-Identifier: GPL-2.0
// DRBD's state from /proc/drbd, its orders through drbdadm.
#include "actions/replication.hpp"

#include "util/process.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <sstream>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace knell::actions {

namespace {

constexpr unsigned drbd_major = 147;
constexpr const char *drbdadm = "/usr/sbin/drbdadm";
constexpr const char *drbdsetup = "/usr/sbin/drbdsetup";
constexpr const char *helper_parameter = "/sys/module/drbd/parameters/usermode_helper";
constexpr milliseconds show_limit{10000};

/// "ro:Primary/Secondary" -> both words, if the field has this name.
bool pair_of(const std::string &field, std::string_view name, std::string &own, std::string &peer)
{
	if (!field.starts_with(name))
		return false;
	const auto slash = field.find('/');
	if (slash == std::string::npos)
		return false;
	own = field.substr(name.size(), slash - name.size());
	peer = field.substr(slash + 1);
	return true;
}

Result<unsigned> minor_of(const std::string &device)
{
	struct stat status;

	if (::stat(device.c_str(), &status) < 0)
		return Error::from_errno("cannot examine " + device, errno, "is the resource up? (drbdadm up)");
	if (!S_ISBLK(status.st_mode) || major(status.st_rdev) != drbd_major)
		return Error{"cannot use " + device, "it is no volume of DRBD", "check the cluster file"};
	return minor(status.st_rdev);
}

} // namespace

Result<ReplicationState> parse_drbd(const std::string &text, const std::vector<unsigned> &minors)
{
	ReplicationState all{.connected = true, .connecting = true, .up_to_date = true, .whole = true, .peer_up_to_date = true,
			     .text = {}};

	for (unsigned minor : minors) {
		std::istringstream lines(text);
		const auto begin = fmt::format("{}:", minor);
		std::string line, word;
		bool found = false;
		while (!found && std::getline(lines, line)) {
			std::istringstream words(line);
			if (!(words >> word) || word != begin)
				continue;
			std::string connection, own_role, peer_role, own_disk, peer_disk, flags;
			while (words >> word) {
				if (word.starts_with("cs:"))
					connection = word.substr(3);
				else if (pair_of(word, "ro:", own_role, peer_role) || pair_of(word, "ds:", own_disk, peer_disk))
					continue;
				else if (word.size() >= 6 && (word[0] == 'r' || word[0] == 's'))
					flags = word;
			}
			if (connection == "Unconfigured" || own_role.empty() || own_disk.empty() || flags.empty())
				break;
			found = true;
			const bool met = connection == "Connected";
			all.primary |= own_role == "Primary";
			all.peer_primary |= peer_role == "Primary";
			all.connected &= met;
			all.connecting &= connection != "StandAlone" && connection != "Disconnecting";
			all.up_to_date &= own_disk == "UpToDate";
			all.whole &= own_disk == "UpToDate" || own_disk == "Consistent";
			all.peer_up_to_date &= met && peer_disk == "UpToDate";
			all.frozen |= flags[0] == 's';
			all.text += fmt::format("{}{} {}/{} {}/{}", all.text.empty() ? "" : ", ", connection,
						own_role, peer_role, own_disk, peer_disk);
		}
		if (!found)
			return Error{fmt::format("cannot tell the state of DRBD's minor {}", minor),
				     "it is not configured", "drbdadm up its resource", ENODEV};
	}
	return all;
}

Result<ReplicationState> Drbd::state() const
{
	std::vector<unsigned> minors;

	for (const auto &device : devices_) {
		auto minor = minor_of(device);
		if (!minor)
			return minor.error();
		minors.push_back(*minor);
	}
	std::ifstream file("/proc/drbd");
	if (!file)
		return Error::from_errno("cannot read /proc/drbd", errno, "modprobe drbd; only DRBD 8.4 has it");
	const std::string text{std::istreambuf_iterator<char>(file), {}};
	return parse_drbd(text, minors);
}

Status check_drbd_policy(const std::string &resource, const std::string &shown, const std::string &program)
{
	const std::string what = "the replication of " + resource + " is not safe";
	std::istringstream words(shown);
	std::string word, value;
	bool asks = false, dies = false;

	while (words >> word) {
		if (word != "fencing" && word != "protocol" && word != "allow-two-primaries" && word != "on-io-error")
			continue;
		words >> value;
		if (value.ends_with(';'))
			value.pop_back();
		if (word == "fencing" && value != "resource-and-stonith")
			return Error{what, "its fencing is " + value, "write 'fencing resource-and-stonith;'", EINVAL};
		asks |= word == "fencing";
		if (word == "protocol" && value != "C")
			return Error{what, "it acknowledges before the peer has written (protocol " + value + ")",
				     "write 'protocol C;'", EINVAL};
		dies |= word == "on-io-error" && value == "call-local-io-error";
		if (word == "allow-two-primaries" && value != "no")
			return Error{what, "it allows two primaries", "remove 'allow-two-primaries'", EINVAL};
	}
	if (!asks)
		return Error{what, "a primary that loses its peer goes on without asking",
			     "write 'fencing resource-and-stonith;'", EINVAL};
	// Else a copy whose disk failed would stay connected, and be called current.
	if (!dies)
		return Error{what, "an array whose disk fails goes on", "write 'on-io-error call-local-io-error;'", EINVAL};
	if (program != fence_peer_program)
		return Error{what, "DRBD asks " + (program.empty() ? "nobody" : program),
			     fmt::format("options drbd usermode_helper={} in /etc/modprobe.d", fence_peer_program),
			     EINVAL};
	return {};
}

Status Drbd::policy() const
{
	const auto shown = process::run({.argv = {drbdsetup, "show", resource_}, .deadline = show_limit});
	if (!shown)
		return shown.error();
	if (!shown->ok())
		return Error{"drbdsetup show " + resource_, shown->text() + ": " + shown->output, ""};
	std::ifstream parameter(helper_parameter);
	std::string program;
	std::getline(parameter, program);
	return check_drbd_policy(resource_, shown->output, program);
}

Status Drbd::command(std::vector<std::string> arguments, const Control &control) const
{
	const std::string what = arguments.front();

	arguments.insert(arguments.begin(), drbdadm);
	arguments.push_back(resource_);
	auto outcome = process::run({.argv = std::move(arguments), .deadline = control.remaining()});
	if (!outcome)
		return outcome.error();
	if (outcome->ok())
		return {};
	auto said = outcome->output;
	while (!said.empty() && said.back() == '\n')
		said.pop_back();
	return Error{fmt::format("drbdadm {} {}", what, resource_), outcome->text() + ": " + said, ""};
}

Status Drbd::promote(const Control &control)
{
	return command({"primary"}, control);
}

Status Drbd::demote(const Control &control)
{
	return command({"secondary"}, control);
}

Status Drbd::disconnect(const Control &control)
{
	return command({"disconnect", "--force"}, control);
}

Status Drbd::connect(const Control &control)
{
	return command({"connect"}, control);
}

} // namespace knell::actions
