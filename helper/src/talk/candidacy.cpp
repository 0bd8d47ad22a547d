// SPDX-License-Identifier: GPL-2.0
// Write, prepare, commit, abort.
#include "talk/candidacy.hpp"

#include <algorithm>
#include <cerrno>

namespace knell::talk {

namespace {

std::string by(std::uint16_t node)
{
	return node ? "by the console of node " + std::to_string(node) : "by a console";
}

Served answer(Outcome outcome, std::string body = {})
{
	return {.reply = say(outcome, std::move(body)), .note = {}};
}

} // namespace

bool Candidacy::busy_with_another(std::uint64_t transaction) const
{
	return state_ != State::none && transaction_ != transaction;
}

Served Candidacy::serve(mib::Store &store, const Present &present, std::uint16_t from, Method method,
			std::string_view body, Clock::time_point now)
{
	if (auto done = expire(store, now); !done)
		return answer(Outcome::failed, done.error().text());
	if (method == Method::write)
		return write(from, body);
	const auto decided = decision(body);
	if (!decided)
		return answer(Outcome::malformed);
	switch (method) {
	case Method::prepare: return prepare(store, present, from, *decided, now);
	case Method::commit: return commit(store, *decided);
	case Method::abort: return abort(store, *decided);
	default: return answer(Outcome::unknown_method);
	}
}

Served Candidacy::write(std::uint16_t, std::string_view body)
{
	const auto request = write_request(body);

	if (!request)
		return answer(Outcome::malformed);
	if (busy_with_another(request->transaction))
		return answer(Outcome::refused, "another start of day is under way");
	if (!request->offset && (writing_ != request->transaction || total_ != request->total)) {
		writing_ = request->transaction;
		total_ = request->total;
		written_.clear();
	}
	if (writing_ != request->transaction || total_ != request->total || request->offset > written_.size())
		return answer(Outcome::again);
	// What came before came once; a repetition is answered alike.
	if (request->offset == written_.size())
		written_ += request->octets;
	return answer(Outcome::ok, body_of_written(static_cast<std::uint32_t>(written_.size())));
}

Served Candidacy::prepare(mib::Store &store, const Present &present, std::uint16_t from,
			  const Decision &decision, Clock::time_point now)
{
	if (state_ != State::none && transaction_ == decision.transaction)
		return answer(state_ == State::passed ? Outcome::ok : Outcome::working);
	if (refused_ == decision.transaction)
		return answer(Outcome::refused, why_);
	if (busy_with_another(decision.transaction))
		return answer(Outcome::refused, "another start of day is under way; it is forgotten " +
							std::to_string(lifetime.count() / 1000) + " s after it began");
	if (writing_ != decision.transaction || written_.size() != total_)
		return answer(Outcome::again);
	const auto digest = model::sha256(written_);
	if (!digest)
		return answer(Outcome::failed, digest.error().text());
	if (*digest != decision.sha256)
		return answer(Outcome::refused, "what arrived is not what was sent: its SHA-256 is " + model::hex(*digest));
	const auto cluster = model::deserialize(written_);
	if (!cluster)
		return answer(Outcome::refused, cluster.error().text());
	if (present.cluster && cluster->id != present.cluster)
		return answer(Outcome::refused, "it describes another cluster");
	// What was just committed may not be installed yet.
	const auto newest = store.newest_generation();
	if (!newest)
		return answer(Outcome::failed, newest.error().text());
	const auto highest = std::max(present.generation, *newest ? (*newest)->number : 0);
	if (cluster->generation <= highest)
		return answer(Outcome::refused, "generation " + std::to_string(highest) + " is in force here, it has " +
							std::to_string(cluster->generation));
	auto stored = store.put_candidate(
		{decision.transaction, from, false, {cluster->generation, written_, model::hex(*digest), 0}});
	if (!stored)
		return answer(Outcome::failed, stored.error().text());
	state_ = State::testing;
	transaction_ = decision.transaction;
	since_ = now;
	written_.clear();
	writing_ = 0;
	Served served = answer(Outcome::working);
	served.test = true;
	served.note = "start of day: generation " + std::to_string(cluster->generation) + " is a candidate, " + by(from);
	return served;
}

Status Candidacy::tested(mib::Store &store, std::uint64_t transaction, const std::vector<std::string> &problems)
{
	if (state_ != State::testing || transaction_ != transaction)
		return {};
	std::string why;
	for (const auto &problem : problems)
		why += (why.empty() ? "" : "\n") + problem;
	if (why.empty()) {
		auto candidate = store.candidate();
		Status done;
		if (!candidate)
			done = candidate.error();
		else if (!*candidate)
			done = Error{"the candidate is not there any more", "", ""};
		else {
			(*candidate)->passed = true;
			done = store.put_candidate(**candidate);
		}
		if (done) {
			state_ = State::passed;
			return {};
		}
		why = done.error().text();
	}
	refused_ = transaction;
	why_ = why;
	state_ = State::none;
	return store.drop_candidate();
}

Served Candidacy::commit(mib::Store &store, const Decision &decision)
{
	auto newest = store.newest_generation();

	if (!newest)
		return answer(Outcome::failed, newest.error().text());
	if (*newest && (*newest)->sha256 == model::hex(decision.sha256)) {
		Served served = answer(Outcome::ok);
		served.adopt = true;
		return served;
	}
	if (state_ != State::passed || transaction_ != decision.transaction)
		return answer(Outcome::refused, "there is no such candidate here any more");
	auto candidate = store.candidate();
	if (!candidate)
		return answer(Outcome::failed, candidate.error().text());
	if (!*candidate || (*candidate)->generation.sha256 != model::hex(decision.sha256))
		return answer(Outcome::refused, "the candidate here is another one");
	if (auto done = store.commit_candidate(); !done)
		return answer(Outcome::failed, done.error().text());
	state_ = State::none;
	Served served = answer(Outcome::ok);
	served.adopt = true;
	served.note = "start of day: generation " + std::to_string((*candidate)->generation.number) + " is confirmed, " +
		      by((*candidate)->origin);
	return served;
}

Served Candidacy::abort(mib::Store &store, const Decision &decision)
{
	if (writing_ == decision.transaction) {
		writing_ = 0;
		written_.clear();
	}
	if (state_ == State::none || transaction_ != decision.transaction)
		return answer(Outcome::ok);
	if (auto done = store.drop_candidate(); !done)
		return answer(Outcome::failed, done.error().text());
	state_ = State::none;
	Served served = answer(Outcome::ok);
	served.note = "start of day: given up, the previous generation stays in force";
	return served;
}

Result<bool> Candidacy::resume(mib::Store &store, Clock::time_point now)
{
	auto candidate = store.candidate();

	if (!candidate || (*candidate && !(*candidate)->passed)) {
		if (auto done = store.drop_candidate(); !done)
			return done.error();
		return false;
	}
	if (!*candidate)
		return false;
	state_ = State::passed;
	transaction_ = (*candidate)->transaction;
	since_ = now;
	return true;
}

Result<std::uint64_t> Candidacy::expire(mib::Store &store, Clock::time_point now)
{
	if (state_ == State::none || now - since_ < lifetime)
		return std::uint64_t{0};
	if (auto done = store.drop_candidate(); !done)
		return done.error();
	state_ = State::none;
	return transaction_;
}

Result<bool> Candidacy::follow(mib::Store &store, std::uint32_t generation, std::uint32_t short_hash)
{
	if (state_ != State::passed)
		return false;
	auto candidate = store.candidate();
	if (!candidate)
		return candidate.error();
	if (!*candidate || (*candidate)->generation.number != generation)
		return false;
	const auto digest = model::sha256((*candidate)->generation.document);
	if (!digest)
		return digest.error();
	if (model::short_hash(*digest) != short_hash)
		return false;
	if (auto done = store.commit_candidate(); !done)
		return done.error();
	state_ = State::none;
	return true;
}

} // namespace knell::talk
