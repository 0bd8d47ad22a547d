// SPDX-License-Identifier: GPL-2.0
// What the actions find out on demand: reservations, file system, starters of programs, addresses.
#include "actions/address.hpp"
#include "actions/dry_mount.hpp"
#include "actions/exec.hpp"
#include "actions/mount.hpp"
#include "actions/program.hpp"
#include "actions/scsi_path.hpp"
#include "fence_world.hpp"
#include "plan/plan.hpp"
#include "util/process.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

using namespace fence_world;

namespace {

/// A folder that goes with the test.
struct Folder {
	Folder()
	{
		char name[] = "/tmp/knell-inspect-XXXXXX";
		REQUIRE(mkdtemp(name));
		path = name;
	}
	Folder(const Folder &) = delete;
	~Folder() { std::filesystem::remove_all(path); }

	std::string program(const std::string &name, const std::string &content) const
	{
		const auto file = path + "/" + name;
		std::ofstream(file, std::ios::binary) << content;
		std::filesystem::permissions(file, std::filesystem::perms(0755));
		return file;
	}

	std::string path;
};

std::string head_of(const std::string &file)
{
	std::string head(program_head, 0);
	std::ifstream stream(file, std::ios::binary);

	stream.read(head.data(), program_head);
	head.resize(static_cast<std::size_t>(stream.gcount()));
	return head;
}

Result<std::string> inspect_program(const Site &site, const std::string &program)
{
	return Exec(site, "records", 1, {program, {}, {}}).inspect({});
}

} // namespace

TEST_CASE("REPORT CAPABILITIES is read, short answers refused")
{
	std::vector<std::uint8_t> all{0, 8, 0x1d, 0x80, 0xea, 0x01, 0, 0};
	auto can = parse_capabilities(all);

	REQUIRE(can);
	CHECK(can->outlives_restart);
	CHECK(can->types_told);
	CHECK(can->registrants_only);
	const std::vector<std::uint8_t> none{0, 8, 0x1c, 0, 0xca, 0x01, 0, 0};
	CHECK_FALSE(parse_capabilities(none)->outlives_restart);
	CHECK_FALSE(parse_capabilities(none)->types_told);
	CHECK_FALSE(parse_capabilities(none)->registrants_only);
	all[1] = 6;
	CHECK_FALSE(parse_capabilities(all));
	all.resize(7);
	CHECK_FALSE(parse_capabilities(all));
}

TEST_CASE("the Control mode page is read, whatever stands before it; short and other answers are refused")
{
	// LIO 6.1, emulate_tas=1: header, then the page
	std::vector<std::uint8_t> mode{15, 0, 0, 0, 0x0a, 0x0a, 0x02, 0, 0, 0x40, 0, 0, 0, 0, 0, 30};

	CHECK(parse_aborts(mode, "LIO-ORG ")->answered);
	CHECK(parse_aborts(mode, "LIO-ORG ")->waits);
	CHECK(parse_aborts(mode, "IBM     ")->answered);
	CHECK_FALSE(parse_aborts(mode, "IBM     ")->waits);
	mode[9] = 0;
	CHECK_FALSE(parse_aborts(mode, "LIO-ORG ")->answered);
	CHECK_FALSE(parse_aborts(mode, "LIO-ORG ")->waits);
	// with a block descriptor, parameters that can be saved
	mode.insert(mode.begin() + 4, 8, 0x40);
	mode[3] = 8;
	mode[12] = 0x8a;
	CHECK_FALSE(parse_aborts(mode, "LIO-ORG ")->answered);
	mode[17] = 0x40;
	CHECK(parse_aborts(mode, "LIO-ORG ")->waits);
	mode[3] = 200;
	CHECK_FALSE(parse_aborts(mode, "LIO-ORG "));
	mode[3] = 0;
	CHECK_FALSE(parse_aborts(mode, "LIO-ORG "));
	CHECK_FALSE(parse_aborts({}, "LIO-ORG "));
	mode.resize(9);
	CHECK_FALSE(parse_aborts(mode, "LIO-ORG "));
}

TEST_CASE("the inspection of a volume's reservations changes nothing, whoever holds it")
{
	World world;
	Site a = world.site(2, 7), b = world.site(3, 9);
	Fence owner(a, "/dev/x", fake::finder(world.unit, {"a1", "a2"}));
	Fence other(b, "/dev/x", fake::finder(world.unit, {"b1"}));

	CHECK(other.inspect({}).value() == "1 path, held by nobody");
	CHECK(world.unit->generation == 0);
	REQUIRE(owner.run(soon()));
	const auto generation = world.unit->generation;
	CHECK(other.inspect({}).value() == "1 path, held by " + Key{cluster, 2, 7}.text());
	CHECK(owner.inspect({}).value().starts_with("2 paths"));
	CHECK(world.unit->generation == generation);
	CHECK(world.unit->aborts == 0);
	CHECK_FALSE(world.unit->may_write("b1"));
	CHECK(owner.verify());
}

TEST_CASE("a volume that could not be fenced fails its inspection")
{
	World world;
	Site b = world.site(3, 9);
	Fence fence(b, "/dev/x", fake::finder(world.unit, {"b1"}));
	auto why = [&] {
		auto seen = fence.inspect({});
		return seen ? *seen : seen.error().why;
	};

	SECTION("its target forgets")
	{
		world.unit->can = Capabilities{false, true, true};
		CHECK(why() == "its target does not keep reservations over a restart");
	}
	SECTION("its target has no such type")
	{
		world.unit->can = Capabilities{true, true, false};
		CHECK(why().find("no reservations of type") != std::string::npos);
	}
	SECTION("its target does not tell")
	{
		world.unit->can.reset();
		CHECK(why() == "1 path, held by nobody, its target does not tell its capabilities");
	}
	SECTION("its target would hold up a takeover")
	{
		world.unit->told_of_aborts = Aborts{true, true};
		CHECK(why().find("wait until the dead node") != std::string::npos);
	}
	SECTION("its target answers what is aborted, and waits for nobody")
	{
		world.unit->told_of_aborts = Aborts{true, false};
		CHECK(why() == "1 path, held by nobody");
	}
	SECTION("its target does not tell what it does with what is aborted")
	{
		world.unit->told_of_aborts.reset();
		CHECK(why() == "1 path, held by nobody");
	}
	SECTION("its target does not let this node register")
	{
		world.unit->forbidden["b1"] = true;
		CHECK(why() == "access denied");
		CHECK(fence.inspect({}).error().what.find("/dev/x through b1") != std::string::npos);
	}
	SECTION("another cluster uses it")
	{
		world.unit->registered["z"] = Key{cluster + 1, 2, 7}.number();
		CHECK(why().find("is not of this cluster") != std::string::npos);
	}
	SECTION("something else holds it")
	{
		world.unit->registered["z"] = key(2, 7);
		world.unit->held = true;
		world.unit->holder = "z";
		world.unit->type = 1;
		CHECK(why() == "it is reserved with type 1 by something else");
	}
	SECTION("a path does not answer")
	{
		world.unit->broken["b1"] = true;
		CHECK(why() == "the path failed");
	}
}

TEST_CASE("a file system is mounted up to the point where its device would be opened")
{
	CHECK(dry_mount("ext4", {}));
	CHECK(dry_mount("ext4", {"noatime", "ro", "errors=remount-ro", "nodelalloc", "_netdev", "x-anything"}));
	auto option = dry_mount("ext4", {"noatime", "no_such_thing"});
	REQUIRE_FALSE(option);
	CHECK(option.error().what == "cannot mount ext4 with option no_such_thing");
	CHECK_FALSE(option.error().why.empty());
	auto value = dry_mount("ext4", {"errors=dance"});
	REQUIRE_FALSE(value);
	CHECK(value.error().what == "cannot mount ext4 with option errors=dance");
	auto type = dry_mount("nosuchfs", {});
	REQUIRE_FALSE(type);
	CHECK(type.error().text().find("no such file system") != std::string::npos);
}

TEST_CASE("a volume's file system is looked at, and only looked at")
{
	Folder folder;
	const auto image = folder.path + "/image";
	std::ofstream(image) << "";
	std::filesystem::resize_file(image, 4 << 20);
	model::Volume volume{image, folder.path, "ext4", {}, model::Fsck::never};

	auto blank = Mount(volume).inspect({});
	REQUIRE_FALSE(blank);
	CHECK(blank.error().why == "it holds no file system that is known");
	CHECK(Mount(volume).test());	// what all candidates share keeps none from joining

	auto made = process::run({.argv = {"/usr/sbin/mkfs.ext4", "-q", "-F", image}});
	REQUIRE(made);
	REQUIRE(made->ok());
	const auto before = head_of(image);
	CHECK(Mount(volume).inspect({}).value() == "holds ext4");
	CHECK(head_of(image) == before);
	volume.type = "xfs";
	CHECK(Mount(volume).inspect({}).error().why == "it holds ext4, not xfs");
	volume.mount = folder.path + "/missing";
	CHECK_FALSE(Mount(volume).inspect({}));
}

TEST_CASE("what starts a program is read from its head")
{
	auto of = [](std::string_view head) { return starter_of(std::span<const char>(head.data(), head.size())); };

	CHECK(of("#!/bin/sh\nexit").value() == Starter{Starter::Kind::script, "/bin/sh"});
	CHECK(of("#! \t/usr/bin/env python3\n").value().path == "/usr/bin/env");
	CHECK(of("#!/bin/sh").value().path == "/bin/sh");
	CHECK_FALSE(of("#!\n/bin/sh"));
	CHECK_FALSE(of(""));
	CHECK(of("something that binfmt_misc may know").value() == Starter{});

	const auto own = head_of("/proc/self/exe");
	auto starter = of(own);
	REQUIRE(starter);
	CHECK(starter->kind == Starter::Kind::loader);
	CHECK(std::filesystem::exists(starter->path));
	// Whatever is missing of it is said, and nothing beyond it is read.
	for (std::size_t size = 4; size < own.size(); size++) {
		const std::vector<char> cut(own.begin(), own.begin() + static_cast<std::ptrdiff_t>(size));
		auto part = starter_of(std::span<const char>(cut.data(), cut.size()));
		CHECK((!part || part->kind != Starter::Kind::loader || part->path == starter->path));
	}
}

TEST_CASE("a program is started dry")
{
	Folder folder;
	const Site site;

	CHECK(inspect_program(site, "/bin/ls").value() == "its libraries are there");
	CHECK(inspect_program(site, folder.program("script", "#!/bin/sh\ntouch " + folder.path + "/ran\n")).value() ==
	      "interpreter /bin/sh");
	CHECK_FALSE(std::filesystem::exists(folder.path + "/ran"));
	auto gone = inspect_program(site, folder.program("orphan", "#!/no/such/interpreter\n"));
	REQUIRE_FALSE(gone);
	CHECK(gone.error().what.find("its interpreter /no/such/interpreter") != std::string::npos);
	CHECK_FALSE(inspect_program(site, folder.program("empty", "")));
	CHECK_FALSE(inspect_program(site, folder.path + "/missing"));
	// A binary whose library has gone: its name is changed where the loader reads it.
	std::ifstream real("/bin/ls", std::ios::binary);
	std::string binary((std::istreambuf_iterator<char>(real)), {});
	const auto at = binary.find("libc.so.6");
	REQUIRE(at != std::string::npos);
	binary[at + 3] = 'X';
	auto lame = inspect_program(site, folder.program("lame", binary));
	REQUIRE_FALSE(lame);
	CHECK(lame.error().why.find("libX.so.6") != std::string::npos);
}

TEST_CASE("an address that is served must be answered for, any other must not")
{
	const Address v4({"192.0.2.1", 24, "lan0"}), v6({"2001:db8::1", 64, "lan0"});

	CHECK(v4.judge_answer(Served::nobody, false));
	CHECK(v4.judge_answer(Served::here, false));
	CHECK(v4.judge_answer(Served::elsewhere, true));
	CHECK(v4.judge_answer(Served::changing, true));
	CHECK(v4.judge_answer(Served::changing, false));
	CHECK(v4.judge_answer(Served::nobody, true).error().hint.starts_with("find it: arping"));
	CHECK(v6.judge_answer(Served::nobody, true).error().hint.starts_with("find it: ping"));
	CHECK(v4.judge_answer(Served::here, true).error().code == EADDRINUSE);	// two have it
	CHECK(v4.judge_answer(Served::elsewhere, false).error().hint.find("network") != std::string::npos);
}

TEST_CASE("a plan inspects every action, also after one that failed")
{
	Folder folder;
	const Site site;
	Actions actions;

	for (const char *program : {"/no/such/program", "/bin/ls"})
		actions.push_back(std::make_unique<Exec>(site, "records", 1, model::Executable{program, {}, {}}));
	const plan::Plan plan(1, "records", std::move(actions), {});
	const auto findings = plan.inspect({});
	REQUIRE(findings.size() == 2);
	CHECK_FALSE(findings[0].seen);
	CHECK(findings[0].kind == "exec");
	CHECK(findings[1].subject == "/bin/ls");
	CHECK(findings[1].seen);
}
