// SPDX-License-Identifier: GPL-2.0
// The secret in the kernel's keyring: there while it is held, unreadable, unknown to children.
#include <catch2/catch.hpp>

#include <cerrno>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/install.hpp"
#include "util/keyring.hpp"

using namespace knell;

namespace {

/// Serial number of a key of this process, negative errno if there is none.
long find(const std::string &description)
{
	const long serial = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_PROCESS_KEYRING, "logon", description.c_str(), 0);

	return serial < 0 ? -errno : serial;
}

} // namespace

TEST_CASE("a key is there while it is held, and nobody can read it")
{
	const std::array<std::uint8_t, 4> octets{1, 2, 3, 4};
	char buffer[16];
	{
		auto added = LogonKey::add("knell:unit", octets);
		REQUIRE(added);
		const LogonKey key = std::move(*added);
		const long serial = find("knell:unit");
		REQUIRE(serial > 0);
		CHECK(key.description() == "knell:unit");
		CHECK(syscall(SYS_keyctl, KEYCTL_READ, serial, buffer, sizeof(buffer)) < 0);
		const pid_t child = fork();
		if (child == 0)
			_exit(find("knell:unit") == -ENOKEY ? 0 : 1);
		int status = -1;
		REQUIRE(waitpid(child, &status, 0) == child);
		CHECK(status == 0);
	}
	CHECK(find("knell:unit") == -ENOKEY);
	const auto refused = LogonKey::add("without a prefix", octets);
	REQUIRE_FALSE(refused);
	CHECK(refused.error().what.find("cannot put the key without a prefix") == 0);
}

TEST_CASE("a key takes the place of another without leaving it behind")
{
	const std::array<std::uint8_t, 1> octets{1};
	auto first = LogonKey::add("knell:first", octets);
	auto second = LogonKey::add("knell:second", octets);

	REQUIRE(first);
	REQUIRE(second);
	*first = std::move(*second);
	CHECK(find("knell:first") == -ENOKEY);
	CHECK(find("knell:second") > 0);
}

TEST_CASE("the kernel is given a name, and every description has a key of its own")
{
	model::Cluster cluster;
	model::Secret secret;

	cluster.name = "office";
	secret.octets.fill(9);
	auto present = daemon::keep_key(cluster, secret);
	REQUIRE(present);
	{
		auto next = daemon::keep_key(cluster, secret);
		REQUIRE(next);
		REQUIRE(next->logon);
		CHECK(next->logon->description() != present->logon->description());
	}
	REQUIRE(present->logon);
	CHECK(find(present->logon->description()) > 0);
	CHECK(present->octets.octets == model::Secret().octets);
	const auto config = daemon::kernel_config(cluster, *present, 1, 1, {});
	REQUIRE(config);
	CHECK(config->key_name.starts_with("knell:office:"));
	CHECK(config->key == model::Secret().octets);
}
