// SPDX-License-Identifier: GPL-2.0
// Waiting for a description.
#include "daemon/unassigned.hpp"

#include "config/config.hpp"
#include "daemon/describe.hpp"
#include "daemon/identity.hpp"
#include "daemon/neighbours.hpp"
#include "talk/fabric.hpp"
#include "util/log.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

namespace knell::daemon {

namespace {

// How often it asks the other ends of its links whether they know it: nothing else tells it that.
constexpr milliseconds look_interval{2000};
constexpr milliseconds try_again{30000};	// a description that could not be taken over

} // namespace

Result<bool> undescribed(const Settings &settings)
{
	if (has_file(settings.config))
		return false;
	auto store = mib::Store::open(settings.state_dir);
	if (!store)
		return store.error();
	auto newest = store->newest_generation();
	if (!newest)
		return newest.error();
	return !*newest;
}

Result<std::unique_ptr<Unassigned>> Unassigned::create(const Settings &settings)
{
	auto secret = config::load_secret(settings.secret);
	if (!secret)
		return Error{"there is neither a cluster file (" + settings.config + ") nor a stored description, and one "
			     "cannot be waited for",
			     secret.error().text(), "copy the cluster's secret to this node, then knellctl start-of-day or "
			     "knellctl node add", 0};
	auto store = mib::Store::open(settings.state_dir);
	if (!store)
		return store.error();
	auto events = netlink::Subscription::open();
	if (!events)
		return events.error();
	auto kernel = netlink::Client::connect();
	if (!kernel)
		return kernel.error();
	if (auto done = kernel->strangers(true); !done)
		return done.error();
	return std::unique_ptr<Unassigned>(new Unassigned(settings, talk::Seal(std::move(*secret)), std::move(*store),
							  std::move(*kernel), std::move(*events)));
}

Unassigned::Unassigned(Settings settings, talk::Seal seal, mib::Store store, netlink::Client kernel,
		       netlink::Subscription events)
	: settings_(std::move(settings)), seal_(std::move(seal)), store_(std::move(store)), kernel_(std::move(kernel)),
	  events_(std::move(events)), challenge_(talk::random_number() | 1)
{
}

void Unassigned::send(std::uint32_t link, std::uint64_t challenge, std::string_view octets)
{
	const auto sealed = seal_.close(challenge, octets);

	if (auto sent = kernel_.message({0, sealed, link, {}}); !sent)
		log::debug("link {}: {}", link, sent.error().text());
}

void Unassigned::heard(const netlink::Message &message)
{
	if (!message.link)
		return;
	auto opened = seal_.open(message.data);
	if (!opened) {
		log::debug("link {}: what comes is not sealed with this cluster's secret", message.name);
		return;
	}
	const auto packet = talk::decode(opened->packet);
	if (!packet)
		return;
	if (packet->kind == talk::Kind::answer) {
		const bool read = packet->method == static_cast<std::uint8_t>(talk::Method::read);
		if (read && packet->number == asked_ && talk::Outcome{packet->outcome} == talk::Outcome::ok)
			consider(*message.link, opened->challenge, packet->body);
		else if (read && fetch_ && packet->number == fetch_->number && message.link == fetch_->link)
			take_part(*packet);
		else if (auto back = relay_.pass_back(message.name, message.data, talk::Clock::now()); back && back->to.link)
			send(*back->to.link, challenge_, back->packet);
		return;
	}
	const auto wanted = talk::read_request(packet->body);
	const bool facts = packet->method == static_cast<std::uint8_t>(talk::Method::read) && wanted &&
			   wanted->what == talk::What::facts;
	// Of an earlier life of this daemon, or a repetition of something overheard.
	if (!facts && opened->challenge != challenge_) {
		talk::Packet again = talk::say(talk::Outcome::again);
		again.method = packet->method;
		again.number = packet->number;
		return send(*message.link, challenge_, talk::encode(again));
	}
	if (packet->method == static_cast<std::uint8_t>(talk::Method::pass))
		return pass_on(message, *packet);
	answer(message, opened->packet);
}

void Unassigned::pass_on(const netlink::Message &message, const talk::Packet &request)
{
	const auto wish = relay_.take({0, message.link}, request, talk::Clock::now());

	if (!wish)
		return;
	if (auto sent = pass_to(kernel_, *wish); !sent)
		log::debug("{}", sent.error().text());
}

void Unassigned::answer(const netlink::Message &message, std::string_view octets)
{
	auto reply = responder_.answer(*this, 0, octets);

	if (reply)
		send(*message.link, challenge_, *reply);
	if (std::exchange(test_, false))
		test_candidate();
}

Result<std::string> Unassigned::read(talk::What what, std::uint32_t)
{
	switch (what) {
	case talk::What::facts: {
		talk::Facts facts;
		auto candidate = store_.candidate();
		if (!candidate)
			return candidate.error();
		facts.instance = challenge_;
		facts.name = settings_.node;
		facts.addresses = own_addresses();
		facts.candidate = *candidate ? (*candidate)->transaction : 0;
		look_up(facts);
		return serialize(facts);
	}
	case talk::What::candidate:
		return store_.candidate_document();
	case talk::What::neighbours:
		return neighbours(kernel_);
	default:
		return Error{"this is not told here", "", "", ENOTSUP};
	}
}

talk::Packet Unassigned::serve(std::uint16_t from, talk::Method method, std::string_view body)
{
	auto served = candidacy_.serve(store_, {}, from, method, body, talk::Clock::now());

	if (!served.note.empty())
		log::notice("{}", served.note);
	test_ |= served.test;
	described_ |= served.adopt;
	return served.reply;
}

void Unassigned::test_candidate()
{
	auto candidate = store_.candidate();

	if (!candidate || !*candidate)
		return;
	actions::Site site;
	site.look_up = [](std::uint16_t) -> Result<actions::NodeView> { return actions::NodeView{}; };
	const auto problems = test_description(settings_, 0, site, (*candidate)->generation.document);
	for (const auto &problem : problems)
		log::warning("start of day: {}", problem);
	if (auto done = candidacy_.tested(store_, (*candidate)->transaction, problems); !done)
		log::error("{}", done.error().text());
}

/// Ask the other ends of the links what is in force there: a decision that was missed, or a
/// cluster this machine belongs to although it has lost its state.
void Unassigned::look_round()
{
	if (auto dropped = candidacy_.expire(store_, talk::Clock::now()); !dropped)
		log::error("{}", dropped.error().text());
	else if (*dropped)
		log::notice("start of day: nobody decided");
	// A packet may be lost; then it begins anew.
	if (fetch_ && fetch_->document.size() == std::exchange(fetch_->seen, fetch_->document.size()))
		fetch_.reset();
	auto links = kernel_.links();
	if (!links)
		return;
	asked_ = talk::random_number() | 1;
	const auto question = talk::encode({.method = static_cast<std::uint8_t>(talk::Method::read), .number = asked_,
					    .body = body_of(talk::ReadRequest{talk::What::facts, 0, 0, 0})});
	for (const auto &link : *links)
		if (link.state == KNELL_LINK_STRANGER)
			send(link.id, 0, question);
}

/// The facts of who is at the other end of a link.
void Unassigned::consider(std::uint32_t link, std::uint64_t challenge, std::string_view body)
{
	const auto part = talk::part(body);
	auto facts = part ? talk::read_facts(part->octets) : Result<talk::Facts>(Error{"no facts", "", ""});

	if (!facts || !facts->cluster || !facts->distributed || fetch_ ||
	    (facts->sha256 == not_ours_ && talk::Clock::now() < not_before_))
		return;
	auto followed = follow(*facts);
	if (!followed) {
		log::error("{}", followed.error().text());
	} else if (*followed) {
		log::notice("generation {} is confirmed, as on node {}", facts->generation, facts->name);
		described_ = true;
	} else {
		fetch_ = Fetch{.link = link, .challenge = challenge, .peer = std::move(*facts), .document = {}};
		ask_part();
	}
}

/// Is what another node has in force the candidate here?
Result<bool> Unassigned::follow(const talk::Facts &peer)
{
	auto candidate = store_.candidate();

	if (!candidate)
		return candidate.error();
	if (!*candidate || (*candidate)->generation.sha256 != peer.sha256)
		return false;
	auto digest = model::sha256((*candidate)->generation.document);
	if (!digest)
		return digest.error();
	return candidacy_.follow(store_, peer.generation, model::short_hash(*digest));
}

void Unassigned::ask_part()
{
	fetch_->number = talk::random_number() | 1;
	send(fetch_->link, fetch_->challenge,
	     talk::encode({.method = static_cast<std::uint8_t>(talk::Method::read), .number = fetch_->number,
			   .body = body_of(talk::ReadRequest{talk::What::mib,
							     static_cast<std::uint32_t>(fetch_->document.size()),
							     fetch_->tag, 0})}));
}

void Unassigned::take_part(const talk::Packet &answer)
{
	const auto part = talk::part(answer.body);

	if (talk::Outcome{answer.outcome} != talk::Outcome::ok || !part || part->offset != fetch_->document.size() ||
	    part->octets.empty() || (fetch_->tag && part->tag != fetch_->tag)) {
		fetch_.reset();		// the next look round begins anew
		return;
	}
	fetch_->tag = part->tag;
	fetch_->document += part->octets;
	if (fetch_->document.size() < part->total)
		return ask_part();
	not_ours_ = fetch_->peer.sha256;
	not_before_ = talk::Clock::now() + try_again;
	auto done = adopt();
	if (done)
		log::notice("generation {} comes from node {}", fetch_->peer.generation, fetch_->peer.name);
	else
		log::notice("generation {} of node {} is not taken over: {}", fetch_->peer.generation, fetch_->peer.name,
			    done.error().text());
	described_ |= done.ok();
	fetch_.reset();
}

/// Take over what was fetched, if it names this machine.
Status Unassigned::adopt()
{
	auto digest = model::sha256(fetch_->document);

	if (!digest)
		return digest.error();
	if (model::hex(*digest) != fetch_->peer.sha256)
		return Error{"what it sent is not what it has in force", "", "", EAGAIN};
	auto cluster = model::deserialize(fetch_->document);
	if (!cluster)
		return cluster.error();
	if (auto self = find_self(*cluster, settings_.node); !self) {
		not_before_ = talk::Clock::time_point::max();	// unless it has another one
		return self.error();
	}
	auto described = describe_document(settings_, fetch_->document);
	if (!described)
		return described.error();
	return store_.put_distributed({described->cluster.generation, fetch_->document, fetch_->peer.sha256, 0});
}

Result<Unassigned::End> Unassigned::run()
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, nullptr);
	const UniqueFd signals(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
	if (!signals)
		return Error::from_errno("cannot wait for signals", errno);
	if (auto resumed = candidacy_.resume(store_, talk::Clock::now()); !resumed)
		return resumed.error();
	sd_notify(0, "READY=1\nSTATUS=waiting for a description: knellctl start-of-day, or knellctl node add");
	log::notice("this machine has no description: waiting for knellctl start-of-day, or knellctl node add");
	for (auto next = talk::Clock::now(); !described_;) {
		const auto now = talk::Clock::now();
		if (now >= next) {
			look_round();
			next = now + look_interval;
		}
		pollfd waited[] = {{events_.fd(), POLLIN, 0}, {signals.get(), POLLIN, 0}};
		const auto left = std::chrono::ceil<milliseconds>(next - now);
		if (::poll(waited, 2, static_cast<int>(std::max<milliseconds::rep>(left.count(), 1))) < 0 && errno != EINTR)
			return Error::from_errno("cannot wait for messages", errno);
		signalfd_siginfo signal{};
		if (waited[1].revents && ::read(signals.get(), &signal, sizeof(signal)) == sizeof(signal)) {
			if (signal.ssi_signo != SIGHUP) {
				sigprocmask(SIG_UNBLOCK, &set, nullptr);
				return End::stopped;
			}
			// Reload: there may be a cluster file now.
			described_ = has_file(settings_.config);
		}
		auto batch = events_.read();
		if (!batch)
			return batch.error();
		for (const auto &event : batch->events)
			if (event.message && !described_)
				heard(*event.message);
	}
	sigprocmask(SIG_UNBLOCK, &set, nullptr);
	return End::described;
}

} // namespace knell::daemon
