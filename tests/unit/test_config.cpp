// SPDX-License-Identifier: GPL-2.0
// The cluster file: what is accepted, and what is refused at which line and why.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "config/config.hpp"
#include "config/trust.hpp"
#include "model/order.hpp"

using namespace knell;
using namespace std::chrono_literals;

namespace {

/// A file that is right; the tests below spoil one line each.
const std::string good = R"(version: 1
cluster:
  name: demo
  id: 0x4b4e0001
  secret_file: /etc/knell/secret
options:
  lost_grace: 7s
nodes:
  - name: r
    id: 1
    role: router
    addresses: [10.0.2.1]
  - name: a
    id: 2
    role: server
    initiator: iqn.2026-11.example:a
    addresses: [10.0.2.2]
    standby: [c, b]
  - name: b
    id: 3
    role: server
    initiator: iqn.2026-11.example:b
    addresses: [10.0.3.2]
  - name: c
    id: 4
    role: server
    initiator: iqn.2026-11.example:c
    addresses: [10.0.4.2]
applications:
  - name: records
    id: 1
    node: a
    takeover: any
    volumes:
      - device: /dev/disk/by-id/wwn-0x6001
        mount: /srv/records
        type: ext4
        options: [noatime]
    executables:
      - program: /usr/bin/recordd
        arguments: [--directory, /srv/records]
    addresses:
      - address: 192.168.77.100/24
        interface: lan0
  - name: web
    id: 2
    node: b
    standby: [a]
    fence: none
    executables:
      - unit: web.service
        start_timeout: 500ms
)";

struct Spoiled {
	const char *find;    ///< text of the good file
	const char *replace; ///< what stands there instead
	int line;	     ///< where the problem is told, 0 = the whole file
	const char *what;    ///< part of the message
};

const Spoiled table[] = {
	// structure
	{"version: 1\n", "", 1, "key 'version' is missing"},
	{"version: 1", "version: 2", 1, "'2' is out of range"},
	{"version: 1", "version: one", 1, "'one' is not a number"},
	{"version: 1", "version: [1]", 1, "a single value is expected here, not a list"},
	{"version: 1", "version: 1\nversion: 1", 2, "key 'version' stands here twice"},
	{"cluster:\n", "cluster: x\nextra:\n", 2, "a mapping is expected here, not a single value"},
	{"  lost_grace: 7s", "  lost_graze: 3s", 7, "unknown key 'lost_graze'"},
	{"  lost_grace: 7s", "  ? [a]\n  : 1", 7, "a key is a word, not a list"},
	{"    standby: [c, b]", "    standby: c", 18, "a list is expected here, not a single value"},
	{"    standby: [c, b]", "    standby:", 18, "a list is expected here, not nothing"},
	{"    standby: [c, b]", "    standby: [c, [b]]", 18, "a single value is expected here, not a list"},
	{"    standby: [c, b]", "    standby: [c, b", 19, "YAML: "},
	{"version: 1", "\tversion: 1", 1, "YAML: "},
	{"version: 1", "version: 1\x01", 1, "a control character stands here"},
	{"name: demo", "name: \xff", 3, "this is not UTF-8 text"},
	{"name: demo", "name: \"de\\0mo\"", 3, "NUL character"},
	{"start_timeout: 500ms", "start_timeout: 500ms\n---\nversion: 1", 53, "another one begins"},
	// cluster
	{"name: demo", "name: 12", 3, "'12' has no letter"},
	{"name: demo", "name: -demo", 3, "'-demo' is not a name"},
	{"name: demo", "name: de mo", 3, "'de mo' is not a name"},
	{"id: 0x4b4e0001", "id: 0", 4, "'0' is out of range"},
	{"id: 0x4b4e0001", "id: 0x1ffffffff", 4, "out of range"},
	{"id: 0x4b4e0001", "id: 0123", 4, "begins with a zero"},
	{"id: 0x4b4e0001", "id: -1", 4, "'-1' is not a number"},
	{"id: 0x4b4e0001", "id: 1\n  generation: 0", 5, "'0' is out of range"},
	{"/etc/knell/secret", "etc/secret", 5, "not an absolute path"},
	{"/etc/knell/secret", "/etc//secret", 5, "not in normal form"},
	{"/etc/knell/secret", "/etc/../secret", 5, "not in normal form"},
	{"/etc/knell/secret", "/etc/secret/", 5, "not in normal form"},
	// options
	{"lost_grace: 7s", "lost_grace: 3", 7, "'3' has no unit"},
	{"lost_grace: 7s", "lost_grace: 3d", 7, "'3d' has an unknown unit"},
	{"lost_grace: 7s", "lost_grace: s", 7, "'s' is not a duration"},
	{"lost_grace: 7s", "lost_grace: -3s", 7, "'-3s' is not a duration"},
	{"lost_grace: 7s", "lost_grace: 99999999999999999999h", 7, "is too long"},
	{"lost_grace: 7s", "lost_grace: 601s", 7, "'601s' is out of range"},
	{"lost_grace: 7s", "helper_timeout: 100ms", 7, "'100ms' is out of range"},
	{"lost_grace: 7s", "on_down: explode", 7, "'explode' is not known here"},
	{"lost_grace: 7s", "oops: yes", 7, "'yes' is not known here"},
	{"lost_grace: 7s", "lastgasp: [smoke]", 7, "'smoke' is not a way of the last gasp"},
	{"lost_grace: 7s", "supervision: heartbeat", 7, "'heartbeat' is not known here"},
	{"lost_grace: 7s", "lost_grace: 5900ms", 7, "lost_grace (5900ms) is shorter than 6s"},
	{"lost_grace: 7s", "link_grace: 5s", 6, "lost_grace (6s) is shorter than 7250ms"},
	{"lost_grace: 7s", "start_grace: 13s", 7, "start_grace (13s) is shorter than 14s"},
	{"lost_grace: 7s", "link_grace: 0\n  start_grace: 6s", 8,
	 "start_grace (6s) is shorter than 6001ms"},
	{"lost_grace: 7s", "takeover_deadline: 1s", 7, "not longer than helper_timeout (1s)"},
	{"lost_grace: 7s", "takeover_deadline: 10s", 39, "the start timeouts add up to 10s"},
	{"lost_grace: 7s", "release_deadline: 10s", 39, "the stop timeouts add up to 10s"},
	// nodes
	{"    id: 3", "    id: 2", 20, "id 2 belongs to node a already"},
	{"    id: 3", "    id: 1024", 20, "'1024' is out of range"},
	{"    id: 3", "    id: 0", 20, "'0' is out of range"},
	{"  - name: b", "  - name: a", 19, "name a belongs to node a already"},
	{"role: router", "role: server", 9, "server r has no initiator"},
	{"role: router", "role: king", 11, "'king' is not known here"},
	{"    role: router", "    role: server\n    initiator: iqn.2026-11.example:r", 8,
	 "no node is a router or an array"},
	{"example:b", "example:a", 22, "initiator iqn.2026-11.example:a belongs to node a already"},
	{"iqn.2026-11.example:b", "iqn.2026-11.Example:b", 22, "has capital letters"},
	{"iqn.2026-11.example:b", "iqn.example:b", 22, "is not an iSCSI initiator name"},
	{"iqn.2026-11.example:b", "b", 22, "is not an iSCSI initiator name"},
	{"    initiator: iqn.2026-11.example:b\n", "", 19, "server b has no initiator"},
	{"[10.0.3.2]", "[10.0.2.2]", 23, "address 10.0.2.2 belongs to node a already"},
	{"[10.0.3.2]", "[10.0.3]", 23, "'10.0.3' is not an IP address"},
	{"[10.0.3.2]", "[b.example]", 23, "'b.example' is not an IP address"},
	{"[10.0.3.2]", "[127.0.0.1]", 23, "is a loopback address"},
	{"[10.0.3.2]", "[\"ff02::1\"]", 23, "is a multicast address"},
	{"[10.0.3.2]", "[\"::\"]", 23, "is not the address of a host"},
	{"[10.0.3.2]", "[10.9.0.1, 10.9.0.2, 10.9.0.3, 10.9.0.4, 10.9.0.5, 10.9.0.6, 10.9.0.7, 10.9.0.8, 10.9.0.9]",
	 23, "node b has more than 8 addresses"},
	{"[10.0.3.2]", "[]", 23, "node b has no address"},
	{"[10.0.3.2]", "[\"fd00::3\"]", 23, "server b is without any router: its addresses are IPv6"},
	{"[10.0.2.1]", "[\"fd00::1\"]", 17, "server a is without any router: its addresses are IPv4"},
	{"standby: [c, b]", "standby: [c, x]", 18, "node 'x' is not in the list of nodes"},
	{"standby: [c, b]", "standby: [c, a]", 18, "node 'a' cannot stand by for itself"},
	{"standby: [c, b]", "standby: [c, c]", 18, "node 'c' stands in this order twice"},
	{"standby: [c, b]", "standby: [r]", 18, "node 'r' is not a server"},
	{"addresses: [10.0.2.1]", "addresses: [10.0.2.1]\n    standby: [a]", 13,
	 "a router has no applications"},
	// applications
	{"    id: 2\n    node: b", "    id: 1\n    node: b", 46, "id 1 belongs to application records already"},
	{"name: web", "name: records", 45, "name records belongs to application records already"},
	{"    node: b", "    node: r", 47, "node 'r' is not a server"},
	{"    node: b", "    node: x", 47, "node 'x' is not in the list of nodes"},
	{"    node: b\n", "", 45, "key 'node' is missing"},
	{"    standby: [a]", "    standby: [b]", 48, "node 'b' cannot stand by for itself"},
	{"    fence: none\n", "", 45, "application web has no volume that could be fenced"},
	{"    takeover: any", "    fence: none", 33, "has a volume and must be fenced"},
	{"    takeover: any", "    takeover: all", 33, "'all' is not known here"},
	{"    executables:\n      - unit: web.service\n        start_timeout: 500ms\n", "", 45,
	 "has nothing to take over"},
	{"    fence: none", "    fence: none\n    response: /bin/ask", 50, "a list is expected here, not a single value"},
	{"    fence: none", "    fence: none\n    response: []", 50, "there is no program that could ask the application"},
	{"    fence: none", "    fence: none\n    response: [ask, -x]", 50, "'ask' is not an absolute path"},
	{"    fence: none", "    fence: none\n    response:\n      - /bin/../ask", 51, "'/bin/../ask' is not in normal form"},
	{"    fence: none", "    fence: none\n    response:\n      - /bin/ask\n      - [x]", 52,
	 "a single value is expected here, not a list"},
	{"    fence: none", "    fence: none\n    response_: [/bin/ask]", 50, "unknown key 'response_'"},
	// volumes
	{"/dev/disk/by-id/wwn-0x6001", "/dev/sda", 35, "may be another disk on the next start"},
	{"/dev/disk/by-id/wwn-0x6001", "/srv/disk", 35, "is not below /dev"},
	{"mount: /srv/records", "mount: srv", 36, "not an absolute path"},
	{"mount: /srv/records", "mount: /", 36, "the root directory is in use"},
	{"type: ext4", "type: vfat", 37, "'vfat' is not a file system knell mounts"},
	{"options: [noatime]", "options: [\"a,b\"]", 38, "'a,b' is not one mount option"},
	{"options: [noatime]", "fsck: maybe", 38, "'maybe' is not known here"},
	{"        type: ext4\n        options: [noatime]\n",
	 "        type: ext4\n      - {device: /dev/disk/by-id/wwn-0x6001, mount: /x, type: xfs}\n", 38,
	 "device /dev/disk/by-id/wwn-0x6001 belongs to application records already"},
	{"    fence: none\n",
	 "    volumes: [{device: /dev/mapper/w, mount: /srv/records, type: xfs}]\n", 49,
	 "mount point /srv/records belongs to application records already"},
	{"    fence: none\n",
	 "    volumes: [{device: /dev/mapper/w, mount: /srv/records/w, type: xfs}]\n", 49,
	 "mount point /srv/records/w lies within /srv/records of application records"},
	// executables and addresses
	{"      - unit: web.service", "      - unit: web.service\n        program: /bin/web", 51,
	 "has 'program' or 'unit', not both"},
	{"      - unit: web.service\n        start", "      - start", 51, "needs 'program' or 'unit'"},
	{"        start_timeout: 500ms", "        arguments: [x]", 52, "a systemd unit takes no arguments"},
	{"unit: web.service", "unit: web", 51, "is not the name of a systemd unit"},
	{"program: /usr/bin/recordd", "program: recordd", 40, "not an absolute path"},
	{"192.168.77.100/24", "192.168.77.100", 43, "has no prefix length"},
	{"192.168.77.100/24", "192.168.77.100/33", 43, "the prefix length '33' is out of range"},
	{"192.168.77.100/24", "10.0.2.2/24", 43, "address 10.0.2.2 belongs to node a already"},
	{"interface: lan0", "interface: averyveryverylongname", 44, "is not the name of a network interface"},
};

std::string spoil(const Spoiled &s)
{
	std::string text = good;
	const auto at = text.find(s.find);

	REQUIRE(at != text.npos);
	return text.replace(at, std::string(s.find).size(), s.replace);
}

class Directory {
    public:
	Directory()
	{
		char name[] = "/tmp/knell-config-XXXXXX";

		REQUIRE(mkdtemp(name) != nullptr);
		path_ = name;
	}
	~Directory() { std::filesystem::remove_all(path_); }
	Directory(const Directory &) = delete;
	Directory &operator=(const Directory &) = delete;

	std::string file(const char *name, const std::string &text, int mode = 0600) const
	{
		const auto path = path_ / name;

		std::ofstream(path, std::ios::binary) << text;
		std::filesystem::permissions(path, static_cast<std::filesystem::perms>(mode));
		return path;
	}
	std::string path() const { return path_; }

    private:
	std::filesystem::path path_;
};

} // namespace

TEST_CASE("a good cluster file becomes a cluster", "[config]")
{
	const config::Inspection i = config::inspect_text("good.yaml", good);

	for (const auto &p : i.problems)
		UNSCOPED_INFO(config::format("good.yaml", p));
	REQUIRE(i.ok());
	const model::Cluster &c = i.cluster;

	CHECK(c.name == "demo");
	CHECK(c.id == 0x4b4e0001);
	CHECK(c.generation == 1);
	CHECK(c.options.lost_grace == 7s);
	CHECK(c.options.link_grace == 4s);
	CHECK(c.options.supervision == model::Supervision::nop);
	CHECK(c.options.on_down == model::OnDown::reboot);
	REQUIRE(c.nodes.size() == 4);
	CHECK(c.nodes[1].standby == std::vector<model::NodeId>{4, 3});
	REQUIRE(c.applications.size() == 2);
	CHECK(c.applications[0].home == 2);
	CHECK(c.applications[0].takeover == model::Takeover::any);
	CHECK(c.applications[0].executables[0].arguments.size() == 2);
	CHECK(c.applications[0].addresses[0].address == "192.168.77.100");
	CHECK(c.applications[0].addresses[0].prefix == 24);
	CHECK(c.applications[0].addresses[0].interface == "lan0");
	CHECK(c.applications[1].executables[0].start_timeout == 500ms);
	CHECK(model::candidates(c, c.applications[0]) == std::vector<model::NodeId>{2, 4, 3});
	CHECK(model::candidates(c, c.applications[1]) == std::vector<model::NodeId>{3, 2});
}

TEST_CASE("an application may say how it is asked", "[config]")
{
	const auto i = config::inspect_text(
		"good.yaml", good + "    response: [/usr/bin/ask, -h, 192.168.77.100, \"two words\", \"\"]\n");

	REQUIRE(i.ok());
	CHECK(i.cluster.applications[0].response.empty());
	CHECK(i.cluster.applications[1].response ==
	      std::vector<std::string>{"/usr/bin/ask", "-h", "192.168.77.100", "two words", ""});
}

TEST_CASE("a node that never gives up needs no lost_grace to do it in", "[config]")
{
	for (const char *option : {"supervision: off", "link_grace: 0"}) {
		std::string text = good;

		text.replace(text.find("lost_grace: 7s"), 14, std::string("lost_grace: 0s\n  ") + option);
		INFO(text);
		CHECK(config::inspect_text("good.yaml", text).ok());
	}
}

TEST_CASE("the example file is good", "[config]")
{
	const config::Inspection i = config::inspect(KNELL_TOP "/Documentation/cluster-example.yaml");

	for (const auto &p : i.problems)
		UNSCOPED_INFO(config::format(i.file, p));
	CHECK(i.ok());
	CHECK(i.cluster.options == model::Options());
}

TEST_CASE("the example file with arrays is good", "[config]")
{
	const config::Inspection i = config::inspect(KNELL_TOP "/Documentation/cluster-arrays.yaml");

	for (const auto &p : i.problems)
		UNSCOPED_INFO(config::format(i.file, p));
	CHECK(i.ok());
}

TEST_CASE("a bad cluster file is refused with line and reason", "[config]")
{
	for (const Spoiled &s : table) {
		const config::Inspection i = config::inspect_text("bad.yaml", spoil(s));
		bool found = false;
		std::string told;

		INFO("replacing: " << s.find << "\nby: " << s.replace);
		for (const auto &p : i.problems) {
			told += config::format("bad.yaml", p) + "\n";
			found |= p.line == s.line && p.what.find(s.what) != std::string::npos;
			CHECK_FALSE(p.hint.empty());
		}
		INFO("told:\n" << told);
		INFO("expected at line " << s.line << ": " << s.what);
		CHECK(found);
	}
}

TEST_CASE("every problem of a file is told, in the order of the file", "[config]")
{
	std::string text = good;

	text.replace(text.find("name: demo"), 10, "nome: demo");
	text.replace(text.find("role: router"), 12, "role: king  ");
	text.replace(text.find("lan0"), 4, "a/b ");
	const config::Inspection i = config::inspect_text("bad.yaml", text);

	REQUIRE(i.problems.size() == 4);
	CHECK(config::format("bad.yaml", i.problems[0]) ==
	      "bad.yaml:2:1: key 'name' is missing; add it; "
	      "Documentation/cluster-example.yaml shows where");
	CHECK(config::format("bad.yaml", i.problems[1]) ==
	      "bad.yaml:3:3: unknown key 'nome'; did you mean 'name'?");
	CHECK(i.problems[2].line == 11);
	CHECK(i.problems[3].line == 44);
}

TEST_CASE("a message cannot smuggle control characters to the terminal", "[config]")
{
	CHECK(config::format("f", {1, 2, "bad \x1b[31m", ""}) == "f:1:2: bad ?[31m");
}

TEST_CASE("aliases and merge keys stay harmless", "[config]")
{
	std::string text = "x: &x [1,1,1,1,1,1,1,1]\n";

	for (char c = 'a'; c < 'm'; c++)
		text += std::string(1, c) + ": &" + c + " [" + (c == 'a' ? "*x,*x" : "*" + std::string(1, c - 1) + ",*" + std::string(1, c - 1)) + "]\n";
	CHECK_FALSE(config::inspect_text("bomb.yaml", text).ok());
}

TEST_CASE("files that cannot be read say why", "[config]")
{
	const Directory d;
	const auto missing = config::load(d.path() + "/missing.yaml");

	REQUIRE_FALSE(missing);
	CHECK(missing.error().why.find("No such file") != std::string::npos);
	CHECK(config::load(d.path()).error().why.find("not a regular file") != std::string::npos);
	CHECK(config::load(d.file("e.yaml", "")).error().why.find("the file is empty") != std::string::npos);
	CHECK(config::load(d.file("b.yaml", std::string(2 << 20, ' '))).error().why.find("larger than 1 MiB") !=
	      std::string::npos);
	CHECK(config::load(d.file("g.yaml", good)).ok());
}

TEST_CASE("the secret file is checked before it is used", "[config]")
{
	const Directory d;
	const std::string digits = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";
	const auto good_secret = config::load_secret(d.file("s1", digits + "\n"));

	REQUIRE(good_secret);
	CHECK(good_secret->octets[0] == 0x00);
	CHECK(good_secret->octets[31] == 0xff);
	CHECK(config::load_secret(d.file("s2", digits)).ok());
	CHECK(config::load_secret(d.file("s3", digits, 0400)).ok());
	CHECK(config::load_secret(d.file("s4", digits, 0640)).error().why.find("others may read") == 0);
	CHECK(config::load_secret(d.file("s5", digits + "\n\n")).error().why.find("64 hexadecimal") !=
	      std::string::npos);
	CHECK(config::load_secret(d.file("s6", digits.substr(2))).error().why.find("64 hexadecimal") !=
	      std::string::npos);
	CHECK(config::load_secret(d.file("s7", "g" + digits.substr(1))).error().why.find("64 hexadecimal") !=
	      std::string::npos);
	CHECK(config::load_secret(d.file("s8", std::string(64, '0'))).error().why == "it is all zeros");
	CHECK(config::load_secret(d.path() + "/none").error().why == "No such file or directory");
	CHECK(config::load_secret(d.path()).error().why == "it is not a regular file");
}

TEST_CASE("a cluster file that others could have written is not trusted", "[config]")
{
	const Directory d;
	const auto why = [](const std::string &path) {
		const auto status = config::trusted(path);

		return status ? std::string("trusted") : status.error().why + " (" + status.error().hint + ")";
	};
	const auto file = d.file("cluster.yaml", good);
	const auto mode = [](const std::string &path, unsigned bits) {
		std::filesystem::permissions(path, static_cast<std::filesystem::perms>(bits));
	};

	CHECK(why(file) == "trusted");
	CHECK(why(d.file("read.yaml", good, 0644)) == "trusted");
	for (const unsigned bits : {0620U, 0602U, 0666U})
		CHECK(why(d.file("written.yaml", good, static_cast<int>(bits))) ==
		      "others may write " + d.path() + "/written.yaml (chmod go-w " + d.path() + "/written.yaml)");
	CHECK(why(d.path() + "/none") == "No such file or directory (check the path and run as root)");
	// Who may write the folder may put another file in its place, unless it is sticky.
	for (const unsigned bits : {0770U, 0707U}) {
		mode(d.path(), bits);
		CHECK(why(file) == "others may write " + d.path() + " (chmod go-w " + d.path() + ")");
	}
	mode(d.path(), 01777);
	CHECK(why(file) == "trusted");
	// A link does not hide that others may replace it.
	const Directory elsewhere;
	const auto link = elsewhere.path() + "/link.yaml";
	std::filesystem::create_symlink(file, link);
	CHECK(why(link) == "trusted");
	mode(elsewhere.path(), 0777);
	CHECK(why(link) == "others may write " + elsewhere.path() + " (chmod go-w " + elsewhere.path() + ")");
	if (geteuid() == 0) {
		REQUIRE(chown(file.c_str(), 65534, 65534) == 0);
		CHECK(why(file) == file + " belongs to somebody else (chown root " + file + ")");
	}
}
