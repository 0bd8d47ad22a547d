// SPDX-License-Identifier: GPL-2.0
// libFuzzer: what an array reads before it serves - LIO's saved reservations, the witness, DRBD's table - is
// understood as a whole or refused.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "actions/aptpl.hpp"
#include "actions/replication.hpp"
#include "actions/witness.hpp"

using namespace knell::actions;

namespace {

void require(bool holds)
{
	if (!holds)
		std::abort();
}

std::size_t count(const std::string &text, const std::string &word)
{
	std::size_t found = 0;

	for (std::size_t at = 0; (at = text.find(word, at)) != text.npos; at++)
		found++;
	return found;
}

void reservations(const std::string &text)
{
	const auto lines = parse_aptpl(text);

	if (!lines)
		return;
	require(!text.empty() && text.back() == '\0');
	require(lines->size() <= count(text, "PR_REG_START:"));
	for (const auto &line : *lines)
		require(!line.empty() && line.find('\n') == line.npos && line.find('\0') == line.npos &&
			line.find('=') != line.npos);
}

void table(const std::string &text)
{
	const auto state = parse_drbd(text, {0, 1});

	if (!state)
		return;
	require(!state->peer_up_to_date || state->connected);
	require(!state->connected || state->connecting);
	require(!state->up_to_date || state->whole);
	require(text.find("0:") != text.npos && text.find("1:") != text.npos);
}

/// A record that was written well is understood; spoiled it is refused, or what would have been written itself.
void witness(const std::string &text)
{
	if (text.size() < 4)
		return;
	const WitnessRecord record{static_cast<std::uint8_t>(text[0]), static_cast<std::uint8_t>(text[1]),
				   1U + static_cast<std::uint8_t>(text[2]), {static_cast<std::uint8_t>(text[3])}};
	const auto written = encode_witness(record);
	auto read = written;

	for (std::size_t i = 4; i < text.size() && i < 4 + read.size(); i++)
		read[i - 4] = static_cast<std::uint8_t>(read[i - 4] ^ static_cast<std::uint8_t>(text[i]));
	const auto decoded = decode_witness(read);
	require(decoded || read != written);
	require(!decoded || encode_witness(*decoded) == read);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	if (size == 0)
		return 0;
	const std::string text(reinterpret_cast<const char *>(data) + 1, size - 1);
	switch (data[0] % 3) {
	case 0:
		reservations(text);
		break;
	case 1:
		table(text);
		break;
	default:
		witness(text);
	}
	return 0;
}
