// SPDX-License-Identifier: GPL-2.0
// The store's part in a start of day: candidates, and where a generation came from.
#include "mib/store.hpp"

#include "mib/generation_file.hpp"
#include "model/document.hpp"

#include <cerrno>
#include <chrono>

namespace knell::mib {

namespace {

constexpr std::int64_t the_one = 1;

std::int64_t now_ns()
{
	using namespace std::chrono;
	return duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
}

} // namespace

Status Store::put_candidate(const Candidate &candidate)
{
	const Generation &g = candidate.generation;

	return database_.execute("INSERT OR REPLACE INTO candidate VALUES(?,?,?,?,?,?,?,?)",
				 {the_one, std::to_string(candidate.transaction), std::int64_t{candidate.origin},
				  std::int64_t{candidate.passed}, std::int64_t{g.number}, g.document, g.sha256,
				  now_ns()});
}

Result<std::optional<Candidate>> Store::candidate()
{
	std::optional<Candidate> found;
	auto done = database_.query("SELECT xid, origin, passed, number, document, sha256, stored_ns FROM candidate", {},
				    [&](const Database::Row &row) {
		found = Candidate{std::strtoull(row.text(0).c_str(), nullptr, 10),
				  static_cast<std::uint16_t>(row.integer(1)), row.integer(2) != 0,
				  {static_cast<std::uint32_t>(row.integer(3)), row.text(4), row.text(5),
				   static_cast<std::uint64_t>(row.integer(6))}};
	});

	if (!done)
		return done.error();
	if (!found)
		return found;
	const auto sum = model::sha256(found->generation.document);
	if (!sum)
		return sum.error();
	if (model::hex(*sum) != found->generation.sha256)
		return Error{"the candidate of the MIB is damaged", "its hash does not match", "", damaged};
	return found;
}

Result<std::string> Store::candidate_document()
{
	auto stored = candidate();

	if (!stored)
		return stored.error();
	if (!*stored)
		return Error{"no candidate is stored here", "", ""};
	return std::move((*stored)->generation.document);
}

Status Store::drop_candidate()
{
	return database_.execute("DELETE FROM candidate");
}

Status Store::commit_candidate()
{
	auto present = candidate();

	if (!present)
		return present.error();
	if (!*present)
		return Error{"cannot put the candidate in force", "there is none", "", ENOENT};
	const Generation &generation = (*present)->generation;
	const auto newest = newest_generation();
	if (!newest)
		return newest.error();
	auto done = database_.transaction([&]() -> Status {
		if (auto kept = put_distributed(generation); !kept)
			return kept;
		return drop_candidate();
	});
	if (!done && (!*newest || (*newest)->number < generation.number))
		remove_generation_file(directory_, generation.number);
	return done;
}

Status Store::put_distributed(const Generation &generation)
{
	if (auto done = put_generation(generation); !done)
		return done;
	return database_.execute("INSERT OR REPLACE INTO distributed VALUES(?)", {std::int64_t{generation.number}});
}

Result<bool> Store::distributed(std::uint32_t number)
{
	bool found = false;
	auto done = database_.query("SELECT number FROM distributed WHERE number = ?", {std::int64_t{number}},
				    [&](const Database::Row &) { found = true; });

	if (!done)
		return done.error();
	return found;
}

Status Store::forget_description()
{
	for (const char *table : {"candidate", "distributed", "generation", "application", "node", "process"})
		if (auto done = database_.execute(std::string("DELETE FROM ") + table, {}); !done)
			return done;
	forget_generation_files(directory_, 0);
	return {};
}

} // namespace knell::mib
