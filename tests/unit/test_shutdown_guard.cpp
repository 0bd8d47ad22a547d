// SPDX-License-Identifier: GPL-2.0
// Which units systemd is told to leave to knelld, and how.
#include "actions/shutdown_guard.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace knell;

namespace {

struct Folder {
	std::filesystem::path path;

	Folder()
	{
		char name[] = "/tmp/knell-guard.XXXXXX";
		path = ::mkdtemp(name);
	}
	Folder(const Folder &) = delete;
	Folder &operator=(const Folder &) = delete;
	~Folder() { std::filesystem::remove_all(path); }
};

std::string text_of(const std::filesystem::path &path)
{
	std::ifstream file(path);

	return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace

TEST_CASE("a mount point's unit is named as by systemd-escape --path --suffix=mount")
{
	// What systemd-escape 252 prints.
	CHECK(actions::mount_unit("/srv/records") == "srv-records.mount");
	CHECK(actions::mount_unit("/srv//records/") == "srv-records.mount");
	CHECK(actions::mount_unit("/srv/my-data") == "srv-my\\x2ddata.mount");
	CHECK(actions::mount_unit("/.hidden/.x") == "\\x2ehidden-.x.mount");
	CHECK(actions::mount_unit("/srv/a b/ä") == "srv-a\\x20b-\\xc3\\xa4.mount");
	CHECK(actions::mount_unit("/a:b_c.d@e") == "a:b_c.d\\x40e.mount");
	CHECK(actions::mount_unit("/") == "-.mount");
}

TEST_CASE("an application's units are those of its volumes and of its executables that are units")
{
	model::Application app;

	app.volumes.resize(1);
	app.volumes[0].mount = "/srv/records";
	app.executables.resize(2);
	app.executables[0].unit = "recordd.service";
	app.executables[1].program = "/usr/bin/true";
	CHECK(actions::units_of(app) == std::vector<std::string>{"srv-records.mount", "recordd.service"});
}

TEST_CASE("drop-ins are written once, and again when they say something else")
{
	Folder folder;
	const auto file = folder.path / "recordd.service.d/50-knell.conf";

	auto first = actions::guard_units({"recordd.service"}, folder.path);
	REQUIRE(first);
	CHECK(*first);
	CHECK(text_of(file).find("\n[Unit]\nDefaultDependencies=no\n[Service]\nRestart=no\n") != std::string::npos);
	REQUIRE(actions::guard_units({"srv-records.mount"}, folder.path));
	CHECK(text_of(folder.path / "srv-records.mount.d/50-knell.conf").find("[Service]") == std::string::npos);
	auto second = actions::guard_units({"recordd.service"}, folder.path);
	REQUIRE(second);
	CHECK_FALSE(*second);
	std::ofstream(file) << "[Unit]\nBefore=knelld.service\n";
	auto third = actions::guard_units({"recordd.service"}, folder.path);
	REQUIRE(third);
	CHECK(*third);
	CHECK(text_of(file).find("Before") == std::string::npos);
}

TEST_CASE("a drop-in that cannot be written is an error that names it")
{
	Folder folder;

	std::ofstream(folder.path / "recordd.service.d") << "a file is in the way";
	auto done = actions::guard_units({"recordd.service"}, folder.path);
	REQUIRE_FALSE(done);
	CHECK(done.error().text().find("recordd.service.d/50-knell.conf") != std::string::npos);
}
