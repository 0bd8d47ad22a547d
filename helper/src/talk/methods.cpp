// SPDX-License-Identifier: GPL-2.0
// Bodies of requests and answers.
#include "talk/methods.hpp"

#include <algorithm>

namespace knell::talk {

namespace {

/// A part lies within what it is a part of, and is not longer than it may be.
bool fits(std::uint32_t total, std::uint32_t offset, std::size_t size)
{
	return total <= content_max && offset <= total && size <= std::min<std::size_t>(part_max, total - offset);
}

} // namespace

std::string body_of(const ReadRequest &request)
{
	return Writer()
		.u8(static_cast<std::uint8_t>(request.what))
		.u32(request.offset)
		.u64(request.tag)
		.u32(request.argument)
		.take();
}

std::optional<ReadRequest> read_request(std::string_view body)
{
	Reader reader(body);
	ReadRequest request;

	request.what = What{reader.u8()};
	request.offset = reader.u32();
	request.tag = reader.u64();
	request.argument = reader.u32();
	if (!reader.complete() || request.offset > content_max || (request.offset && !request.tag))
		return std::nullopt;
	return request;
}

std::string body_of(const Part &part)
{
	return Writer().u64(part.tag).u32(part.total).u32(part.offset).rest(part.octets).take();
}

std::optional<Part> part(std::string_view body)
{
	Reader reader(body);
	Part part;

	part.tag = reader.u64();
	part.total = reader.u32();
	part.offset = reader.u32();
	part.octets = reader.rest();
	if (!reader.complete() || !part.tag || !fits(part.total, part.offset, part.octets.size()))
		return std::nullopt;
	// Else the asker would never come to the end.
	if (part.octets.empty() && part.offset < part.total)
		return std::nullopt;
	return part;
}

std::string body_of(const WriteRequest &request)
{
	return Writer()
		.u64(request.transaction)
		.u32(request.total)
		.u32(request.offset)
		.rest(request.octets)
		.take();
}

std::optional<WriteRequest> write_request(std::string_view body)
{
	Reader reader(body);
	WriteRequest request;

	request.transaction = reader.u64();
	request.total = reader.u32();
	request.offset = reader.u32();
	request.octets = reader.rest();
	if (!reader.complete() || !request.transaction || request.octets.empty() ||
	    !fits(request.total, request.offset, request.octets.size()))
		return std::nullopt;
	return request;
}

std::string body_of(const Decision &decision)
{
	return Writer()
		.u64(decision.transaction)
		.rest({reinterpret_cast<const char *>(decision.sha256.data()), decision.sha256.size()})
		.take();
}

std::optional<Decision> decision(std::string_view body)
{
	Reader reader(body);
	Decision decision;

	decision.transaction = reader.u64();
	const auto digest = reader.octets(decision.sha256.size());
	if (!reader.complete() || !decision.transaction)
		return std::nullopt;
	std::copy(digest.begin(), digest.end(), decision.sha256.begin());
	return decision;
}

std::string body_of_test(std::uint64_t number)
{
	return Writer().u64(number).take();
}

std::optional<std::uint64_t> test_number(std::string_view body)
{
	Reader reader(body);
	const std::uint64_t number = reader.u64();

	if (!reader.complete() || !number)
		return std::nullopt;
	return number;
}

std::string body_of_written(std::uint32_t octets)
{
	return Writer().u32(octets).take();
}

std::optional<std::uint32_t> written(std::string_view body)
{
	Reader reader(body);
	const std::uint32_t octets = reader.u32();

	if (!reader.complete())
		return std::nullopt;
	return octets;
}

} // namespace knell::talk
