// SPDX-License-Identifier: GPL-2.0
// LIO's configfs, in the order the kernel wants: store, reservations, target, LUN, initiators, portal.
#include "actions/export.hpp"

#include "actions/aptpl.hpp"
#include "actions/reservation.hpp"
#include "util/log.hpp"

#include <cerrno>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>

namespace knell::actions {

namespace {

namespace fs = std::filesystem;

constexpr unsigned iscsi_port = 3260;

} // namespace

Export::Export(const Site &site, std::uint16_t app, std::size_t index, model::Export what,
	       std::unique_ptr<ConfigTree> lio)
	: site_(site), what_(std::move(what)), lio_(std::move(lio)), hba_(fmt::format("core/iblock_{}", app)),
	  store_(fmt::format("{}/knell{}", hba_, index)), tpg_(fmt::format("iscsi/{}/tpgt_1", what_.target)),
	  lun_(fmt::format("{}/lun/lun_{}", tpg_, what_.lun))
{
}

std::string Export::dry_run() const
{
	return fmt::format("export {} as LUN {} of {} on {}, with the reservations of {}", what_.device, what_.lun,
			   what_.target, what_.portal, what_.reservations);
}

Status Export::test() const
{
	if (!lio_->exists("core"))
		return Error{"cannot export " + what_.device, "LIO is not there",
			     "modprobe target_core_mod; name it in /etc/modules-load.d"};
	if (auto link = database_link(); !link)
		return link.error();
	return {};
}

/// Where LIO will look for the saved reservations of this volume.
Result<std::string> Export::database_link() const
{
	auto root = lio_->read("dbroot");
	if (!root)
		return root.error().within("LIO's database");
	std::error_code error;
	if (!fs::is_directory(*root + "/pr", error))
		return Error{"LIO cannot keep reservations", *root + "/pr is not a directory", "make it"};
	return *root + "/pr/aptpl_" + what_.serial;
}

Status Export::make_store()
{
	if (auto done = lio_->make(store_); !done)
		return done;
	if (auto on = lio_->read(store_ + "/enable"); on && *on == "1")
		return {};
	// emulate_tas: who is preempted and dead never takes the status TASK ABORTED of what was under way, and
	// PREEMPT AND ABORT would wait for that.
	for (const auto &[attribute, text] :
	     {std::pair{"control", "udev_path=" + what_.device}, std::pair{"udev_path", what_.device},
	      std::pair{"attrib/emulate_tas", std::string("0")}, std::pair{"enable", std::string("1")},
	      std::pair{"wwn/vpd_unit_serial", what_.serial}})
		if (auto done = lio_->write(store_ + "/" + attribute, text); !done)
			return done;
	return {};
}

Status Export::restore_reservations()
{
	const auto link = database_link();
	if (!link)
		return link.error();
	const std::string saved = what_.reservations + "/aptpl_" + what_.serial;
	std::error_code error;

	if (fs::is_symlink(*link, error))
		fs::remove(*link, error);
	if (fs::exists(*link, error))
		return Error{"cannot export " + what_.device, *link + " is there already",
			     "does something else export a volume with this serial? else remove the file"};
	fs::create_symlink(saved, *link, error);
	if (error)
		return Error::from_errno("cannot make " + *link, error.value());
	// Never written: nobody has ever registered.
	if (!fs::exists(saved, error)) {
		if (error)
			return Error::from_errno("cannot look for " + saved, error.value(), "check the volume");
		return {};
	}
	std::ifstream file(saved, std::ios::binary);
	const std::string text{std::istreambuf_iterator<char>(file), {}};
	auto registrations = parse_aptpl(text);
	if (!file.is_open() || !registrations) {
		log::error("{}: {}: nobody may write until a node has fenced anew", what_.target,
			   registrations ? "cannot open " + saved : registrations.error().text());
		const Key nobody{site_.cluster, site_.node, 0};
		registrations = std::vector{locked_aptpl(locked_initiator(), what_.target, what_.lun, nobody.number())};
	}
	for (const auto &line : *registrations)
		if (auto done = lio_->write(store_ + "/pr/res_aptpl_metadata", line); !done)
			return done;
	return {};
}

Status Export::allow(const std::string &initiator)
{
	const auto acl = fmt::format("{}/acls/{}", tpg_, initiator);
	const auto mapped = fmt::format("{}/lun_{}", acl, what_.lun);

	if (auto done = lio_->make(mapped); !done)
		return done;
	return lio_->link(lun_, mapped + "/lun");
}

Status Export::make_target()
{
	if (auto done = lio_->make(lun_); !done)
		return done;
	if (auto done = lio_->write(tpg_ + "/attrib/generate_node_acls", "0"); !done)
		return done;
	if (auto done = lio_->write(tpg_ + "/attrib/authentication", "0"); !done)
		return done;
	if (auto done = lio_->link(store_, lun_ + "/store"); !done)
		return done;
	// A saved registration is in force from here on, before anybody can log in. The initiator that
	// never logs in is there for the case that the reservations were not readable; and always, so that
	// what was locked stays so on the other array.
	if (auto done = allow(locked_initiator()); !done)
		return done;
	for (const auto &initiator : what_.initiators)
		if (auto done = allow(initiator); !done)
			return done;
	const bool v6 = what_.portal.find(':') != std::string::npos;
	const auto address = v6 ? "[" + what_.portal + "]" : what_.portal;
	if (auto done = lio_->make(fmt::format("{}/np/{}:{}", tpg_, address, iscsi_port)); !done)
		return done;
	return lio_->write(tpg_ + "/enable", "1");
}

Status Export::run(const Control &control)
{
	// What an earlier life left may hold reservations of then.
	if (lio_->exists(store_) || lio_->exists(tpg_))
		if (auto done = undo(Release::abandon, control); !done)
			return done.error().within("a former export is in the way");
	if (auto done = make_store(); !done)
		return done;
	if (auto done = restore_reservations(); !done)
		return done;
	if (control.over())
		return control.expired("cannot export " + what_.device);
	return make_target();
}

Status Export::undo(Release, const Control &)
{
	const auto acls = tpg_ + "/acls";
	const std::string mapped = fmt::format("lun_{}", what_.lun);
	Status first;
	auto note = [&first](Status done) {
		if (!done && first)
			first = std::move(done);
	};

	// No new session first, and the living ones end.
	if (lio_->exists(tpg_)) {
		if (auto on = lio_->read(tpg_ + "/enable"); !on || *on != "0")
			note(lio_->write(tpg_ + "/enable", "0"));
		for (const auto &portal : lio_->list(tpg_ + "/np"))
			note(lio_->remove(tpg_ + "/np/" + portal));
		for (const auto &initiator : lio_->list(acls)) {
			const auto place = fmt::format("{}/{}/{}", acls, initiator, mapped);
			note(lio_->unlink(place + "/lun"));
			note(lio_->remove(place));
			note(lio_->remove(acls + "/" + initiator));
		}
		note(lio_->unlink(lun_ + "/store"));
		note(lio_->remove(lun_));
		note(lio_->remove(tpg_));
		note(lio_->remove("iscsi/" + what_.target));
	}
	if (lio_->exists(store_)) {
		note(lio_->remove(store_));
		note(lio_->remove(hba_));
	}
	if (auto link = database_link(); link) {
		std::error_code error;
		if (fs::is_symlink(*link, error))
			fs::remove(*link, error);
	}
	return first;
}

Status Export::verify()
{
	auto on = lio_->read(tpg_ + "/enable");

	if (!on)
		return on.error();
	if (*on != "1" || !lio_->exists(lun_ + "/store"))
		return Error{what_.target + " is not exported", "somebody took it away", ""};
	return {};
}

} // namespace knell::actions
