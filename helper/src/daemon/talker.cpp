// SPDX-License-Identifier: GPL-2.0
// What this node tells of itself.
#include "daemon/talker.hpp"

#include "config/config.hpp"
#include "daemon/describe.hpp"
#include "daemon/neighbours.hpp"
#include "daemon/kernel_report.hpp"
#include "statistics/history.hpp"
#include "talk/fabric.hpp"
#include "talk/history.hpp"
#include "talk/samples.hpp"
#include "util/log.hpp"

#include <algorithm>
#include <asio/detached.hpp>
#include <cerrno>

namespace knell::daemon {

namespace {

constexpr int answering_max = 64;
constexpr std::uint32_t history_max = 10000, samples_max = 2000;

class NodeService : public talk::Service {
public:
	NodeService(mib::Store &store, talk::Candidacy &candidacy, talk::Examination &examination,
		    talk::Facts facts, const TalkHooks &hooks)
		: store_(store), candidacy_(candidacy), examination_(examination), facts_(std::move(facts)),
		  config_(hooks.config), state_dir_(hooks.state_dir) {}

	Result<std::string> read(talk::What what, std::uint32_t argument) override
	{
		switch (what) {
		case talk::What::facts:
			look_up(facts_);
			facts_.file = file_difference(config_, facts_.generation, facts_.sha256);
			return told();
		case talk::What::mib: {
			auto newest = store_.newest_generation();
			if (!newest)
				return newest.error();
			if (!*newest)
				return Error{"no description is stored here", "", ""};
			return std::move((*newest)->document);
		}
		case talk::What::candidate:
			return store_.candidate_document();
		case talk::What::history: {
			auto entries = store_.history(std::min(argument, history_max));
			if (!entries)
				return entries.error();
			return talk::serialize(*entries);
		}
		case talk::What::statistics: {
			auto history = statistics::History::open_read_only(state_dir_);
			if (!history)
				return history.error();
			auto samples = history->newest(std::min(argument, samples_max));
			if (!samples)
				return samples.error();
			return talk::serialize(*samples);
		}
		case talk::What::report:
			return kernel_report();
		case talk::What::neighbours: {
			auto kernel = netlink::Client::connect();
			if (!kernel)
				return kernel.error();
			return neighbours(*kernel);
		}
		case talk::What::test:
			return examination_.report(argument);
		default:
			return Error{"this is not told here", "", "", ENOTSUP};
		}
	}

	talk::Packet serve(std::uint16_t from, talk::Method method, std::string_view body) override
	{
		if (method == talk::Method::test) {
			auto asked = examination_.ask(body);
			examine = asked.start;
			return std::move(asked.reply);
		}
		served = candidacy_.serve(store_, {facts_.cluster, facts_.generation}, from, method, body,
					  talk::Clock::now());
		return served.reply;
	}

	talk::Served served;	///< what is to be done now
	bool examine = false;	///< as well

private:
	/// The facts with what the store knows.
	Result<std::string> told()
	{
		auto candidate = store_.candidate();
		if (!candidate)
			return candidate.error();
		auto distributed = store_.distributed(facts_.generation);
		if (!distributed)
			return distributed.error();
		facts_.candidate = *candidate ? (*candidate)->transaction : 0;
		facts_.distributed = *distributed;
		return serialize(facts_);
	}

	mib::Store &store_;
	talk::Candidacy &candidacy_;
	talk::Examination &examination_;
	talk::Facts facts_;
	const std::string &config_, &state_dir_;
};

} // namespace

void Talker::spawn(Task<void> task)
{
	asio::co_spawn(loop_, std::move(task), asio::detached);
}

Talker::Talker(asio::io_context &loop, netlink::Client &kernel, Recorder &recorder, TalkHooks hooks)
	: loop_(loop), kernel_(kernel), recorder_(recorder), hooks_(std::move(hooks)),
	  challenge_(talk::random_number() | 1)
{
}

void Talker::heard(const netlink::Message &message)
{
	if (answering_ >= answering_max)
		return;
	if (message.link) {
		answering_++;
		spawn(answer_stranger(message));
		return;
	}
	const auto packet = talk::decode(message.data);
	// Answers are for consoles, which hear them as well.
	if (!packet || packet->kind != talk::Kind::request)
		return;
	if (talk::Method{packet->method} == talk::Method::pass)
		return pass_on(message, *packet);
	if (talk::Method{packet->method} == talk::Method::leave)
		return leave(message, *packet);
	answering_++;
	spawn(answer(message));
}

/// A member's console asks a machine that hangs on one of this node's links.
void Talker::pass_on(const netlink::Message &message, const talk::Packet &request)
{
	const auto wish = relay_.take({message.node, {}}, request, talk::Clock::now());

	if (!wish)
		return;
	if (auto sent = pass_to(kernel_, *wish); !sent)
		log::debug("{}", sent.error().text());
}

/// Answered before it is done: afterwards this node is no member, and cannot.
void Talker::leave(const netlink::Message &message, const talk::Packet &request)
{
	talk::Packet reply = talk::say(talk::Outcome::ok);

	reply.method = request.method;
	reply.number = request.number;
	if (auto sent = kernel_.message(message.node, talk::encode(reply)); !sent)
		log::debug("answer to node {}: {}", message.node, sent.error().text());
	log::notice("the console of node {} has this node leave the cluster", message.node);
	hooks_.leave();
}

/// Machines without a cluster may hear who this is and what is in force, no more; and what they
/// answer to somebody else is passed on.
Task<void> Talker::answer_stranger(netlink::Message message)
{
	talk::Facts facts = hooks_.facts();
	facts.instance = challenge_;
	const std::string secret_file = hooks_.secret();
	std::optional<talk::Packet> heard;
	auto reply = co_await recorder_.with_store([&](mib::Store &store) -> std::string {
		auto secret = config::load_secret(secret_file);
		if (!secret)
			return {};
		const talk::Seal seal(std::move(*secret));
		const auto opened = seal.open(message.data);
		heard = opened ? talk::decode(opened->packet) : std::nullopt;
		if (!heard || heard->kind != talk::Kind::request)
			return {};
		const auto wanted = talk::read_request(heard->body);
		const bool known = opened->challenge == challenge_ || (wanted && wanted->what == talk::What::facts);
		if (talk::Method{heard->method} == talk::Method::read && known) {
			NodeService service(store, candidacy_, examination_, facts, hooks_);
			auto octets = responder_.answer(service, 0, opened->packet);
			return octets ? seal.close(challenge_, *octets) : std::string();
		}
		talk::Packet refusal = known ? talk::say(talk::Outcome::refused, "this machine is in a cluster already") :
					       talk::say(talk::Outcome::again);
		refusal.method = heard->method;
		refusal.number = heard->number;
		return seal.close(challenge_, talk::encode(refusal));
	});

	answering_--;
	if (!reply.empty()) {
		if (auto sent = kernel_.message({0, std::move(reply), message.link, {}}); !sent)
			log::debug("answer over link {}: {}", message.name, sent.error().text());
	} else if (heard && heard->kind == talk::Kind::answer) {
		auto back = relay_.pass_back(message.name, message.data, talk::Clock::now());
		if (back && !back->to.link)
			if (auto sent = kernel_.message(back->to.node, back->packet); !sent)
				log::debug("answer passed on to node {}: {}", back->to.node, sent.error().text());
	}
}

Task<void> Talker::answer(netlink::Message message)
{
	talk::Facts facts = hooks_.facts();
	talk::Served served;
	bool wants_test = false;
	facts.instance = challenge_;
	auto reply = co_await recorder_.with_store([&](mib::Store &store) {
		NodeService service(store, candidacy_, examination_, facts, hooks_);
		auto octets = responder_.answer(service, message.node, message.data);
		served = std::move(service.served);
		wants_test = service.examine;
		return octets;
	});

	answering_--;
	if (!served.note.empty()) {
		log::notice("{}", served.note);
		recorder_.note("mib", served.note);
	}
	if (reply)
		if (auto sent = kernel_.message(message.node, *reply); !sent)
			log::debug("answer to node {}: {}", message.node, sent.error().text());
	if (served.test) {
		spawn(test_candidate());
		spawn(expire());
	}
	if (wants_test)
		spawn(examine());
	if (served.adopt)
		hooks_.newer();
}

/// Can this node do what the candidate says?
Task<void> Talker::test_candidate()
{
	auto candidate = co_await recorder_.with_store([](mib::Store &store) { return store.candidate(); });
	std::vector<std::string> problems;
	std::uint64_t transaction = 0;

	if (!candidate) {
		log::error("{}", candidate.error().text());
		co_return;
	}
	if (!*candidate)
		co_return;
	transaction = (*candidate)->transaction;
	std::string document = std::move((*candidate)->generation.document);
	problems = co_await hooks_.test(std::move(document));
	for (const auto &problem : problems)
		log::warning("start of day: {}", problem);
	auto done = co_await recorder_.with_store(
		[&](mib::Store &store) { return candidacy_.tested(store, transaction, problems); });
	if (!done)
		log::error("{}", done.error().text());
}

/// Somebody wants to know whether this node could serve.
Task<void> Talker::examine()
{
	const auto lines = co_await hooks_.examine();
	std::size_t failed = 0;

	for (const auto &line : lines)
		if (!line.passed) {
			failed++;
			log::warning("test: {} {} {}: {}", line.application, line.kind, line.subject, line.words);
		}
	log::notice("tested by order of a console: {} of {} tests failed", failed, lines.size());
	(void)co_await recorder_.with_store([&](mib::Store &) {
		examination_.done(serialize(lines));
		return Status();
	});
}

/// A candidate nobody decides about goes.
Task<void> Talker::expire()
{
	co_await pause(talk::Candidacy::lifetime + std::chrono::milliseconds(500));
	auto dropped = co_await recorder_.with_store(
		[this](mib::Store &store) { return candidacy_.expire(store, talk::Clock::now()); });
	if (!dropped) {
		log::error("{}", dropped.error().text());
	} else if (*dropped) {
		const std::string text = "start of day: nobody decided; the previous generation stays in force";
		log::notice("{}", text);
		recorder_.note("mib", text);
	}
}

Task<void> Talker::resume()
{
	auto found = co_await recorder_.with_store(
		[this](mib::Store &store) { return candidacy_.resume(store, talk::Clock::now()); });

	if (!found)
		log::error("{}", found.error().text());
	else if (*found)
		spawn(expire());
}

Task<Result<bool>> Talker::follow(std::uint32_t generation, std::uint32_t short_hash)
{
	auto followed = co_await recorder_.with_store([&](mib::Store &store) {
		return candidacy_.follow(store, generation, short_hash);
	});

	co_return followed;
}

} // namespace knell::daemon
