// SPDX-License-Identifier: GPL-2.0
// CHAP passwords that others can read are found where open-iscsi and LIO keep them.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cli/chap.hpp"

using namespace knell;

namespace {

class Etc {
    public:
	Etc()
	{
		char name[] = "/tmp/knell-chap-XXXXXX";

		REQUIRE(mkdtemp(name) != nullptr);
		top_ = name;
	}
	~Etc() { std::filesystem::remove_all(top_); }
	Etc(const Etc &) = delete;
	Etc &operator=(const Etc &) = delete;

	void put(const std::string &path, const std::string &text, unsigned mode) const
	{
		std::filesystem::create_directories((top_ / path).parent_path());
		std::ofstream(top_ / path) << text;
		std::filesystem::permissions(top_ / path, static_cast<std::filesystem::perms>(mode));
	}
	/// Paths below it that were found to be open.
	std::vector<std::string> open() const
	{
		std::vector<std::string> paths;

		for (const Error &error : cli::open_chap_files(top_)) {
			const std::string mark = " in " + top_.string() + "/";
			paths.push_back(error.what.substr(error.what.find(mark) + mark.size()));
			CHECK(error.hint.find("chmod 600 " + top_.string()) == 0);
		}
		return paths;
	}

    private:
	std::filesystem::path top_;
};

using Paths = std::vector<std::string>;

} // namespace

TEST_CASE("a password that others may read is found, at every place")
{
	const Etc etc;

	CHECK(etc.open().empty());
	etc.put("iscsi/iscsid.conf", "#x\nnode.session.auth.authmethod = CHAP\nnode.session.auth.password = p\n", 0644);
	CHECK(etc.open() == Paths{"iscsi/iscsid.conf"});
	etc.put("iscsi/iscsid.conf", "discovery.sendtargets.auth.password_in=p\n", 0640);
	CHECK(etc.open() == Paths{"iscsi/iscsid.conf"});
	etc.put("iscsi/iscsid.conf", "node.session.auth.password = p\n", 0600);
	CHECK(etc.open().empty());
	etc.put("iscsi/nodes/iqn.x:data/10.0.2.1,3260,1/default", "node.session.auth.password = p\n", 0604);
	CHECK(etc.open() == Paths{"iscsi/nodes/iqn.x:data/10.0.2.1,3260,1/default"});
	etc.put("iscsi/nodes/iqn.x:data/10.0.2.1,3260,1/default", "node.session.auth.password = p\n", 0600);
	etc.put("rtslib-fb-target/saveconfig.json", R"({"chap_mutual_password": "p"})", 0644);
	CHECK(etc.open() == Paths{"rtslib-fb-target/saveconfig.json"});
	etc.put("rtslib-fb-target/saveconfig.json", R"({"chap_password": "p"})", 0600);
	etc.put("target/saveconfig.json", R"({"discovery_password": "p"})", 0444);
	CHECK(etc.open() == Paths{"target/saveconfig.json"});
}

TEST_CASE("a file without a password may be read by everybody")
{
	const Etc etc;

	etc.put("iscsi/iscsid.conf", "#node.session.auth.password = p\n# node.session.auth.password_in = q\n", 0644);
	etc.put("iscsi/nodes/a/b/default", "node.session.auth.password = \nnode.session.auth.username = u\n", 0644);
	etc.put("target/saveconfig.json", R"({"chap_password": "", "discovery_enable_auth": false})", 0644);
	CHECK(etc.open().empty());
}
