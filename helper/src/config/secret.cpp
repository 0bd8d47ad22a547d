// SPDX-License-Identifier: GPL-2.0
// The key of the death certificates; its text is wiped from memory after use.
#include "config/config.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/handle.hpp"

namespace knell::config {
namespace {

constexpr std::size_t digits = 2 * KNELL_KEY_LEN;

struct Wiped {
	Wiped() = default;
	Wiped(const Wiped &) = delete;
	Wiped &operator=(const Wiped &) = delete;
	~Wiped() { explicit_bzero(text, sizeof(text)); }
	char text[digits + 2]; ///< digits, a newline, and one more to see it is too long
};

int value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

} // namespace

Result<model::Secret> load_secret(const std::string &path)
{
	const std::string what = "cannot use the secret file " + path;
	const std::string make = "make one with: (umask 077; openssl rand -hex 32 > " + path +
				 ") and copy the same to every node";
	const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
	struct stat st {};

	if (!file || fstat(file.get(), &st) != 0)
		return Error{what, std::strerror(errno),
			     errno == ENOENT ? make : "check the path and run as root", errno};
	if (!S_ISREG(st.st_mode))
		return Error{what, "it is not a regular file", make};
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return Error{what, "it belongs to somebody else", "chown root " + path};
	if (st.st_mode & 0177)
		return Error{what, "others may read or change it", "chmod 600 " + path};

	Wiped buffer;
	std::size_t length = 0;

	while (length < sizeof(buffer.text)) {
		const ssize_t n = read(file.get(), buffer.text + length, sizeof(buffer.text) - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return Error{what, std::strerror(errno), "check the file system", errno};
		if (n == 0)
			break;
		length += static_cast<std::size_t>(n);
	}
	if (length == digits + 1 && buffer.text[digits] == '\n')
		length--;
	if (length != digits)
		return Error{what, "it does not hold exactly 64 hexadecimal digits", make};

	model::Secret secret{};
	int seen = 0;

	for (std::size_t i = 0; i < secret.octets.size(); i++) {
		const int high = value(buffer.text[2 * i]), low = value(buffer.text[2 * i + 1]);

		if (high < 0 || low < 0)
			return Error{what, "it does not hold exactly 64 hexadecimal digits", make};
		secret.octets[i] = static_cast<std::uint8_t>(high << 4 | low);
		seen |= secret.octets[i];
	}
	if (seen == 0)
		return Error{what, "it is all zeros", make};
	return secret;
}

} // namespace knell::config
