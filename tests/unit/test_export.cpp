// SPDX-License-Identifier: GPL-2.0
// Exporting through LIO: what is made in which order, reservations that come back, locking when they cannot.
#include <catch2/catch.hpp>

#include "replica_world.hpp"

#include "actions/aptpl.hpp"
#include "actions/export.hpp"

#include <fstream>
#include <set>

using namespace replica_world;

namespace {

/// LIO's tree, as far as the action sees it: what is not empty cannot be removed, what is enabled twice fails.
struct Tree {
	std::set<std::string> directories{"core"};
	std::map<std::string, std::string> links;
	std::map<std::string, std::string> attributes;
	std::vector<std::string> log;
	std::string broken;	// an attribute that refuses
};

class FakeLio : public ConfigTree {
public:
	explicit FakeLio(std::shared_ptr<Tree> tree) : tree_(std::move(tree)) {}

	bool exists(const std::string &path) const override
	{
		return tree_->directories.count(path) || tree_->links.count(path);
	}
	Status make(const std::string &directory) override
	{
		for (auto slash = directory.find('/');; slash = directory.find('/', slash + 1)) {
			tree_->directories.insert(directory.substr(0, slash));
			if (slash == std::string::npos)
				break;
		}
		tree_->log.push_back("make " + directory);
		return {};
	}
	Status remove(const std::string &directory) override
	{
		for (const auto &link : tree_->links)
			if (link.first.starts_with(directory + "/") || link.second == directory)
				return Error{"cannot remove " + directory, "busy", "", EBUSY};
		std::erase_if(tree_->attributes, [&](const auto &a) { return a.first.starts_with(directory + "/"); });
		// A group's own folders (acls, lun, np) go with it.
		std::erase_if(tree_->directories, [&](const auto &d) { return d == directory || d.starts_with(directory + "/"); });
		tree_->log.push_back("remove " + directory);
		return {};
	}
	Status link(const std::string &target, const std::string &path) override
	{
		if (!tree_->directories.count(target))
			return Error{"cannot link " + path, "no target", "", ENOENT};
		tree_->links[path] = target;
		tree_->log.push_back("link " + path);
		return {};
	}
	Status unlink(const std::string &path) override
	{
		tree_->links.erase(path);
		return {};
	}
	Status write(const std::string &attribute, const std::string &text) override
	{
		if (attribute == tree_->broken)
			return Error{"cannot write " + attribute, "refused", "", EINVAL};
		tree_->attributes[attribute] = text;
		tree_->log.push_back("write " + attribute + " " + text);
		return {};
	}
	Result<std::string> read(const std::string &attribute) const override
	{
		auto found = tree_->attributes.find(attribute);
		if (found == tree_->attributes.end())
			return Error{"cannot read " + attribute, "", "", ENOENT};
		return found->second;
	}
	std::vector<std::string> list(const std::string &directory) const override
	{
		std::set<std::string> names;
		for (const auto &path : tree_->directories)
			if (path.starts_with(directory + "/"))
				names.insert(path.substr(directory.size() + 1, path.find('/', directory.size() + 1) -
										       directory.size() - 1));
		return {names.begin(), names.end()};
	}

private:
	std::shared_ptr<Tree> tree_;
};

const std::string serial = "0000000000000000000000001";
const std::string target = "iqn.2026-11.example:array";

struct Array {
	World world;
	Site site = world.site(4, 10);
	Folder database, volume;
	std::shared_ptr<Tree> tree = std::make_shared<Tree>();

	Array()
	{
		std::filesystem::create_directory(database.path + "/pr");
		tree->attributes["dbroot"] = database.path;
	}
	std::string saved() const { return volume.path + "/aptpl_" + serial; }
	std::string link() const { return database.path + "/pr/aptpl_" + serial; }
	void save(const std::string &text) const { std::ofstream(saved(), std::ios::binary) << text; }
	Export make()
	{
		return {site, app, 0,
			{target, "/dev/drbd0", serial, 1, "10.0.9.1", volume.path,
			 {"iqn.2026-11.example:a", "iqn.2026-11.example:b"}},
			std::make_unique<FakeLio>(tree)};
	}
	std::size_t position(const std::string &begin) const
	{
		for (std::size_t i = 0; i < tree->log.size(); i++)
			if (tree->log[i].starts_with(begin))
				return i;
		FAIL("never: " + begin);
		return 0;
	}
	std::string restored() const { return tree->attributes["core/iblock_7/knell0/pr/res_aptpl_metadata"]; }
};

const std::string registration = "PR_REG_START: 0\ninitiator_fabric=iSCSI\ninitiator_node=iqn.2026-11.example:a\n"
				 "sa_res_key=5425512966458900490\nres_holder=1\nres_type=05\n"
				 "res_scope=00\nres_all_tg_pt=0\nmapped_lun=1\ntarget_fabric=iSCSI\n"
				 "target_node=iqn.2026-11.example:array\ntpgt=1\nport_rtpi=1\ntarget_lun=1\n"
				 "PR_REG_END: 0\n";
const std::string end{"\0", 1};

} // namespace

TEST_CASE("a volume is exported, and taken back without a trace", "[export]")
{
	Array array;
	auto exported = array.make();

	REQUIRE(exported.test());
	REQUIRE(exported.run(soon()));
	CHECK(exported.verify());
	CHECK(array.tree->attributes["core/iblock_7/knell0/udev_path"] == "/dev/drbd0");
	CHECK(array.tree->attributes["core/iblock_7/knell0/attrib/emulate_tas"] == "0");
	CHECK(array.tree->attributes["core/iblock_7/knell0/wwn/vpd_unit_serial"] == serial);
	const std::string tpg = "iscsi/" + target + "/tpgt_1";
	CHECK(array.tree->attributes[tpg + "/enable"] == "1");
	CHECK(array.tree->links.count(tpg + "/acls/iqn.2026-11.example:b/lun_1/lun"));
	CHECK(array.tree->directories.count(tpg + "/np/10.0.9.1:3260"));
	CHECK(std::filesystem::read_symlink(array.link()) == array.saved());
	// The target listens last of all.
	CHECK(array.tree->log.back() == "write " + tpg + "/enable 1");
	REQUIRE(exported.undo(Release::orderly, soon()));
	CHECK(array.tree->directories == std::set<std::string>{"core", "iscsi"});
	CHECK(array.tree->links.empty());
	CHECK_FALSE(std::filesystem::is_symlink(array.link()));
	CHECK(exported.undo(Release::abandon, soon()));
	CHECK_FALSE(exported.verify());
}

TEST_CASE("reservations are in force before anybody can log in", "[export]")
{
	Array array;
	auto exported = array.make();

	array.save(registration + end);
	REQUIRE(exported.run(soon()));
	CHECK(array.restored().find("sa_res_key=5425512966458900490,res_holder=1") != std::string::npos);
	CHECK(array.restored().find('\n') == std::string::npos);
	const auto restored = array.position("write core/iblock_7/knell0/pr/res_aptpl_metadata");
	CHECK(restored < array.position("link iscsi/"));
	CHECK(array.position("write core/iblock_7/knell0/wwn/vpd_unit_serial") < restored);
}

TEST_CASE("reservations that were cut off while LIO wrote them lock the volume", "[export]")
{
	Array array;
	auto exported = array.make();
	const auto text = GENERATE(std::string(), registration, registration.substr(0, 100) + end,
				   std::string("garbage\n") + end);

	array.save(text);
	REQUIRE(exported.run(soon()));
	CHECK(array.restored().find("initiator_node=" + target + ".locked,") != std::string::npos);
	CHECK(array.restored().find("res_holder=1,res_type=05") != std::string::npos);
	const Key nobody{cluster, 4, 0};
	CHECK(nobody.parked());
	CHECK(array.restored().find("sa_res_key=" + std::to_string(nobody.number()) + ",") != std::string::npos);
	CHECK(array.tree->directories.count("iscsi/" + target + "/tpgt_1/acls/" + target + ".locked"));
}

TEST_CASE("a volume nobody registered at is not locked", "[export]")
{
	Array array;
	auto exported = array.make();

	SECTION("never written")
	{
		REQUIRE(exported.run(soon()));
	}
	SECTION("all have unregistered")
	{
		array.save("No Registrations or Reservations" + end);
		REQUIRE(exported.run(soon()));
	}
	CHECK(array.restored().empty());
}

TEST_CASE("an export that LIO refuses is not enabled", "[export]")
{
	Array array;
	auto exported = array.make();

	array.save(registration + end);
	SECTION("the reservations")
	{
		array.tree->broken = "core/iblock_7/knell0/pr/res_aptpl_metadata";
	}
	SECTION("whether there are any cannot be told")
	{
		std::filesystem::remove(array.saved());
		std::filesystem::create_symlink(array.saved(), array.saved());
	}
	SECTION("another volume has the serial")
	{
		std::ofstream(array.link()) << "other";
	}
	REQUIRE_FALSE(exported.run(soon()));
	CHECK_FALSE(array.tree->attributes.count("iscsi/" + target + "/tpgt_1/enable"));
	CHECK(exported.undo(Release::orderly, soon()));
	CHECK(array.tree->directories.count("core/iblock_7/knell0") == 0);
}

TEST_CASE("without LIO or its database the pre-join test fails", "[export]")
{
	Array array;
	auto exported = array.make();

	SECTION("no LIO") { array.tree->directories.clear(); }
	SECTION("no database") { std::filesystem::remove_all(array.database.path + "/pr"); }
	CHECK_FALSE(exported.test());
}

TEST_CASE("saved reservations are read as LIO writes them", "[export]")
{
	auto two = parse_aptpl(registration + registration + end);

	REQUIRE(two);
	CHECK(two->size() == 2);
	CHECK(two->front().starts_with("initiator_fabric=iSCSI,initiator_node="));
	CHECK(two->front().ends_with(",target_lun=1"));
	CHECK_FALSE(parse_aptpl(registration + "PR_REG_START: 1\n" + registration + end));
	CHECK_FALSE(parse_aptpl("PR_REG_START: 0\nPR_REG_END: 0\n" + end));
}
