// SPDX-License-Identifier: GPL-2.0
// Check, mount and unmount through libmount, libblkid and the file system's own checker.
#include "actions/mount.hpp"

#include "actions/device.hpp"
#include "actions/dry_mount.hpp"
#include "actions/ext4.hpp"
#include "actions/holders.hpp"
#include "util/handle.hpp"
#include "util/log.hpp"
#include "util/process.hpp"

#include <algorithm>
#include <blkid/blkid.h>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <libmount/libmount.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

namespace knell::actions {

namespace {

constexpr milliseconds busy_poll{50};		// between two attempts to unmount
constexpr milliseconds second_look{300};	// after a superblock that could not be understood
constexpr milliseconds free_patience{2000};	// unmounted to the device being free
constexpr milliseconds holder_patience{1000};	// holders leave by themselves, then by SIGTERM, then SIGKILL

using Table = Handle<libmnt_table, mnt_unref_table>;
using Context = Handle<libmnt_context, mnt_free_context>;
using Probe = Handle<blkid_struct_probe, blkid_free_probe>;

struct Mounted {
	dev_t device = 0;
	std::string type;
	bool read_only = false;
};

/// The topmost mount at `target`, from /proc/self/mountinfo; nothing if there is none.
Result<std::optional<Mounted>> mounted_at(const std::string &target)
{
	Table table(mnt_new_table());

	if (!table || mnt_table_parse_file(table.get(), "/proc/self/mountinfo") != 0)
		return Error::from_errno("cannot read /proc/self/mountinfo", errno);
	libmnt_fs *found = mnt_table_find_target(table.get(), target.c_str(), MNT_ITER_BACKWARD);
	if (!found)
		return std::optional<Mounted>{};
	Mounted mounted;
	mounted.device = mnt_fs_get_devno(found);
	if (const char *type = mnt_fs_get_fstype(found))
		mounted.type = type;
	mounted.read_only = mnt_fs_match_options(found, "ro") == 1;
	return std::optional<Mounted>(mounted);
}

Result<dev_t> number_of(const std::string &device)
{
	struct stat status;

	if (::stat(device.c_str(), &status) < 0)
		return Error::from_errno("cannot examine " + device, errno);
	if (!S_ISBLK(status.st_mode))
		return Error{"cannot use " + device, "it is not a block device", "check the cluster file"};
	return status.st_rdev;
}

/// First of the usual places where a program is.
std::string find_program(const std::string &name)
{
	for (const char *directory : {"/usr/sbin/", "/sbin/", "/usr/bin/", "/bin/"})
		if (::access((directory + name).c_str(), X_OK) == 0)
			return directory + name;
	return {};
}

std::string checker_of(const model::Volume &volume)
{
	if (volume.fsck == model::Fsck::never)
		return {};
	if (volume.type == "xfs")
		return volume.fsck == model::Fsck::force ? "xfs_repair" : "";
	return "fsck." + volume.type;
}

Result<process::Outcome> run_checker(const std::string &program, std::vector<std::string> arguments,
				     const Control &control)
{
	arguments.insert(arguments.begin(), program);
	return process::run({.argv = std::move(arguments), .deadline = control.remaining()});
}

/// The last reference to a file system may go a moment after its mount.
Status wait_free(const std::string &device, const Control &control)
{
	const auto patience = Clock::now() + free_patience;

	for (;;) {
		auto done = not_in_use(device);
		if (done || done.error().code != EBUSY || Clock::now() >= patience ||
		    !control.pause(busy_poll))
			return done;
	}
}

std::string last_line(std::string text)
{
	while (!text.empty() && text.back() == '\n')
		text.pop_back();
	auto newline = text.rfind('\n');
	return newline == std::string::npos ? text : text.substr(newline + 1);
}

} // namespace

std::string Mount::dry_run() const
{
	return fmt::format("check {} ({}, fsck {}), mount it on {} with options [{}]", volume_.device,
			   volume_.type,
			   volume_.fsck == model::Fsck::never   ? "never"
			   : volume_.fsck == model::Fsck::force ? "force"
								: "auto",
			   volume_.mount, fmt::join(volume_.options, ","));
}

Status Mount::test() const
{
	struct stat status;

	if (auto device = resolve_device(volume_.device); !device)
		return device.error();
	if (::stat(volume_.mount.c_str(), &status) < 0)
		return Error::from_errno("cannot use the mount point " + volume_.mount, errno,
					 "make the directory");
	if (!S_ISDIR(status.st_mode))
		return Error{"cannot use the mount point " + volume_.mount, "it is not a directory", ""};
	if (auto checker = checker_of(volume_); !checker.empty() && find_program(checker).empty())
		return Error{"cannot check " + volume_.device, checker + " is not installed",
			     "install it (e2fsprogs, xfsprogs) or set fsck: never"};
	return {};
}

Result<std::string> Mount::inspect(const Situation &) const
{
	if (auto done = test(); !done)
		return done.error();
	auto device = resolve_device(volume_.device);
	if (!device)
		return device.error();
	// A superblock that its owner is just writing may be read half; a moment later it is whole.
	auto done = check_type(*device, "cannot use");
	if (!done) {
		Control{Clock::now() + second_look, {}, false}.pause(second_look);
		done = check_type(*device, "cannot use");
	}
	if (!done)
		return done.error();
	if (auto ready = dry_mount(volume_.type, volume_.options); !ready)
		return ready.error();
	return "holds " + volume_.type;
}

Status Mount::check_type(const std::string &device, const char *doing) const
{
	Probe probe(blkid_new_probe_from_filename(device.c_str()));
	const char *type = nullptr;

	if (!probe)
		return Error::from_errno("cannot read " + device, errno);
	blkid_probe_enable_superblocks(probe.get(), 1);
	blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_TYPE);
	if (blkid_do_safeprobe(probe.get()) != 0 ||
	    blkid_probe_lookup_value(probe.get(), "TYPE", &type, nullptr) != 0)
		return Error{std::string(doing) + " " + volume_.device, "it holds no file system that is known",
			     "was it ever formatted? is it damaged?"};
	if (volume_.type != type)
		return Error{std::string(doing) + " " + volume_.device,
			     fmt::format("it holds {}, not {}", type, volume_.type), "check the cluster file"};
	return {};
}

Status Mount::repair_xfs(const std::string &device, const Control &control) const
{
	auto outcome = run_checker(find_program("xfs_repair"), {device}, control);

	// Status 2: the log is dirty; a mount replays it.
	if (outcome && outcome->exit_status == 2) {
		if (auto done = attach(device, 0); !done)
			return done;
		if (auto done = detach(Release::orderly, control); !done)
			return done;
		outcome = run_checker(find_program("xfs_repair"), {device}, control);
	}
	if (!outcome)
		return outcome.error();
	if (!outcome->ok())
		return Error{"cannot repair " + volume_.device, outcome->text() + ": " + last_line(outcome->output),
			     "run xfs_repair by hand"};
	return {};
}

Status Mount::check_files(const std::string &device, bool demanded, const Control &control) const
{
	auto checker = checker_of(volume_);

	if (checker.empty())
		return {};
	if (volume_.fsck == model::Fsck::automatic && volume_.type == "ext4" && !demanded) {
		auto wanted = ext4_wants_check(device);
		if (!wanted)
			return wanted.error();
		if (!*wanted)
			return {};
	}
	auto program = find_program(checker);
	if (program.empty())
		return Error{"cannot check " + volume_.device, checker + " is not installed",
			     "install it or set fsck: never"};
	// A checker must not be let loose on what is something else.
	if (auto done = check_type(device); !done)
		return done;
	if (volume_.type == "xfs")
		return repair_xfs(device, control);
	std::vector<std::string> arguments{"-p"};
	if (volume_.fsck == model::Fsck::force)
		arguments.emplace_back("-f");
	arguments.push_back(device);
	auto outcome = run_checker(program, std::move(arguments), control);
	if (!outcome)
		return outcome.error();
	// fsck(8): 0 = no errors, 1 = errors corrected.
	if (outcome->exit_status == 0 || outcome->exit_status == 1)
		return {};
	return Error{"cannot check " + volume_.device, outcome->text() + ": " + last_line(outcome->output),
		     "run " + checker + " by hand on the node that holds the volume"};
}

Status Mount::attach(const std::string &device, unsigned long flags) const
{
	Context context(mnt_new_context());

	if (!context)
		return Error{"cannot mount " + volume_.device, "out of memory", "", ENOMEM};
	mnt_context_disable_helpers(context.get(), 1);
	mnt_context_disable_mtab(context.get(), 1);
	mnt_context_set_source(context.get(), device.c_str());
	mnt_context_set_target(context.get(), volume_.mount.c_str());
	mnt_context_set_fstype(context.get(), volume_.type.c_str());
	mnt_context_set_mflags(context.get(), flags);
	auto options = fmt::format("{}", fmt::join(volume_.options, ","));
	if (!options.empty())
		mnt_context_set_options(context.get(), options.c_str());
	int result = mnt_context_mount(context.get());
	char why[256] = {};
	if (result == 0 && mnt_context_get_status(context.get()) == 1)
		return {};
	mnt_context_get_excode(context.get(), result, why, sizeof(why));
	std::string reason = why;
	if (auto type = check_type(device); !type)
		reason += "; " + type.error().why;
	return Error{fmt::format("cannot mount {} on {}", volume_.device, volume_.mount), reason,
		     "the kernel log may say more", mnt_context_get_syscall_errno(context.get())};
}

Status Mount::run(const Control &control)
{
	auto device = resolve_device(volume_.device);
	if (!device)
		return device.error();
	auto mounted = mounted_at(volume_.mount);
	if (!mounted)
		return mounted.error();
	// Whatever is mounted here was mounted before the fence: its view of the volume is stale.
	if (*mounted)
		if (auto done = detach(Release::abandon, control); !done)
			return done.error().within("a former mount is in the way");
	if (auto done = wait_free(*device, control); !done)
		return done;
	if (auto done = drop_cache(*device); !done)
		return done;
	if (auto done = check_files(*device, false, control); !done)
		return done;
	if (control.over())
		return control.expired("cannot mount " + volume_.device);
	if (auto done = attach(*device, 0); !done)
		return done;
	if (volume_.type == "ext4" && volume_.fsck != model::Fsck::never && ext4_has_errors(*device)) {
		// The journal, replayed by now, had an error on record: not to be served unchecked.
		log::warning("{} asks for a check", volume_.device);
		if (auto done = detach(Release::orderly, control); !done)
			return done;
		if (auto done = check_files(*device, true, control); !done)
			return done;
		if (auto done = attach(*device, 0); !done)
			return done;
	}
	auto now = mounted_at(volume_.mount);
	if (now && *now && (*now)->read_only && std::find(volume_.options.begin(), volume_.options.end(),
							  "ro") == volume_.options.end())
		return Error{"cannot use " + volume_.mount, "it came up read-only",
			     "the volume is write-protected or damaged"};
	return {};
}

Status Mount::detach(Release how, const Control &control) const
{
	const std::string &target = volume_.mount;
	auto start = Clock::now();

	for (;;) {
		auto mounted = mounted_at(target);
		if (!mounted)
			return mounted.error();
		if (!*mounted)
			return {};
		if (::umount2(target.c_str(), UMOUNT_NOFOLLOW) == 0)
			continue;
		const int why = errno;
		// Somebody was faster, systemd or an administrator.
		if (why == EINVAL && control.pause(busy_poll))
			continue;
		if (why != EBUSY)
			return Error::from_errno("cannot unmount " + target, why);
		auto waited = Clock::now() - start;
		auto holders = holders_of(target);
		int signal = waited > 2 * holder_patience || how == Release::abandon ? SIGKILL
			     : waited > holder_patience				     ? SIGTERM
										     : 0;
		if (signal && !holders.empty())
			log::warning("{} is busy: ending {}", target, text(holders));
		for (const auto &holder : holders)
			if (signal)
				::kill(holder.pid, signal);
		if (control.pause(busy_poll))
			continue;
		if (how == Release::abandon) {
			log::error("{} stays busy ({}): detaching it, its device is fenced", target, text(holders));
			if (::umount2(target.c_str(), MNT_FORCE | MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
				continue;
		}
		return Error{"cannot unmount " + target,
			     holders.empty() ? "it is busy" : "it is used by " + text(holders),
			     "end them, or restart the node", EBUSY};
	}
}

Status Mount::undo(Release how, const Control &control)
{
	if (auto done = detach(how, control); !done)
		return done;
	// A mount that was detached while busy, or one in another namespace, still writes.
	auto device = resolve_device(volume_.device);
	if (!device)
		return {};
	return wait_free(*device, control);
}

Status Mount::verify()
{
	auto device = resolve_device(volume_.device);
	if (!device)
		return device.error();
	auto number = number_of(*device);
	if (!number)
		return number.error();
	auto mounted = mounted_at(volume_.mount);
	if (!mounted)
		return mounted.error();
	if (!*mounted || (*mounted)->device != *number || (*mounted)->type != volume_.type)
		return Error{volume_.device + " is not mounted on " + volume_.mount, "", ""};
	if ((*mounted)->read_only &&
	    std::find(volume_.options.begin(), volume_.options.end(), "ro") == volume_.options.end())
		return Error{volume_.mount + " became read-only", "the file system met an error", ""};
	return {};
}

} // namespace knell::actions
