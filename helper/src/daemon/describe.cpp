// SPDX-License-Identifier: GPL-2.0
// The description in force: from the cluster file, from the store, from a start of day or from a
// node that has a newer one. The higher generation wins, wherever it comes from.
#include "daemon/daemon.hpp"

#include "config/config.hpp"
#include "config/trust.hpp"
#include "daemon/examine.hpp"
#include "daemon/identity.hpp"
#include "daemon/install.hpp"
#include "model/names.hpp"
#include "model/order.hpp"
#include "talk/asker.hpp"
#include "talk/fabric.hpp"
#include "util/log.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace knell::daemon {

using namespace std::chrono_literals;

namespace {

constexpr milliseconds catch_up_first{1000}, catch_up_last{60000};	// doubled in between

/// What else is needed of a cluster to install it, and which of its nodes this is.
Result<Description> complete(const Settings &settings, model::Cluster cluster, std::string document)
{
	Description description;
	auto self = find_self(cluster, settings.node);
	if (!self)
		return self.error();
	description.self = std::move(*self);
	auto secret = config::load_secret(cluster.secret_file);
	if (!secret)
		return secret.error();
	auto key = keep_key(cluster, *secret);
	if (!key)
		return key.error();
	description.key = std::move(*key);
	auto digest = model::sha256(document);
	if (!digest)
		return digest.error();
	description.digest = *digest;
	description.cluster = std::move(cluster);
	description.document = std::move(document);
	return description;
}

} // namespace

bool has_file(const std::string &path)
{
	std::error_code error;

	return std::filesystem::exists(path, error) || error;
}

Result<Description> describe(const Settings &settings)
{
	if (auto good = config::trusted(settings.config); !good)
		return good.error();
	auto cluster = config::load(settings.config);
	if (!cluster)
		return cluster.error();
	auto document = model::serialize(*cluster);
	return complete(settings, std::move(*cluster), std::move(document));
}

Result<Description> describe_document(const Settings &settings, const std::string &document)
{
	auto cluster = model::deserialize(document);

	if (!cluster)
		return cluster.error();
	return complete(settings, std::move(*cluster), document);
}

Result<Description> describe_or_remember(const Settings &settings, mib::Store &store)
{
	auto described = describe(settings);
	auto newest = store.newest_generation();

	if (!newest)
		return newest.error();
	if (described && *newest && (*newest)->number > described->cluster.generation) {
		log::notice("the cluster file has generation {} and is not used: the store has generation {}, from a start "
			    "of day or a later file",
			    described->cluster.generation, (*newest)->number);
	} else if (described) {
		auto kept = store.put_generation({described->cluster.generation, described->document,
						  model::hex(described->digest), 0});
		if (kept)
			return described;
		log::error("the cluster file is not used: {}", kept.error().text());
	} else {
		if (!*newest)
			return described.error();
		if (has_file(settings.config))
			log::error("the cluster file is not used: {}", described.error().text());
	}
	log::notice("using generation {} of the MIB, as stored", (*newest)->number);
	return describe_document(settings, (*newest)->document);
}

std::string file_difference(const std::string &path, std::uint32_t generation, const std::string &sha256)
{
	// What came by start of day needs no file.
	if (!has_file(path))
		return {};
	auto file = config::load(path);

	if (!file)
		return file.error().text();
	const auto own = std::exchange(file->generation, generation);
	const auto digest = model::sha256(model::serialize(*file));
	if (!digest)
		return digest.error().text();
	if (model::hex(*digest) == sha256)
		return {};
	if (own > generation)
		return path + " has generation " + std::to_string(own) + ", and comes into force on this node when knelld "
			      "reloads or restarts; generation " + std::to_string(generation) + " is in force";
	return path + " says something else than generation " + std::to_string(generation) +
	       ", which is in force, and is not used";
}

/// What this node says of itself when it is asked.
talk::Facts Daemon::own_facts() const
{
	talk::Facts facts;

	facts.cluster = description_.cluster.id;
	facts.id = description_.self.id;
	facts.name = description_.self.name;
	facts.addresses = description_.self.addresses;
	facts.role = model::name(description_.self.role);
	facts.epoch = epoch_;
	facts.generation = description_.cluster.generation;
	facts.sha256 = model::hex(description_.digest);
	return facts;
}

std::vector<std::string> test_description(const Settings &settings, std::uint16_t self, actions::Site site,
					  const std::string &document)
{
	std::vector<std::string> problems;
	auto next = describe_document(settings, document);

	if (!next)
		return {next.error().text()};
	if (self && next->self.id != self)
		return {"this machine would be node " + std::to_string(next->self.id) + ", it is " +
			std::to_string(self)};
	if (auto config = kernel_config(next->cluster, next->key, next->self.id, 1, next->digest); !config)
		return {config.error().text()};
	site.cluster = next->cluster.id;
	site.cluster_name = next->cluster.name;
	site.node = next->self.id;
	site.node_name = next->self.name;
	for (const auto &line : examine(next->cluster, site, false))
		if (!line.passed)
			problems.push_back(line.application + ": " + line.words);
	return problems;
}

Task<std::vector<std::string>> Daemon::test_candidate(std::string document)
{
	const actions::Site site = site_;
	auto problems = co_await run_on(
		workers_, [&] { return test_description(settings_, site.node, site, document); });

	co_return problems;
}

Task<std::vector<talk::TestLine>> Daemon::examine_self()
{
	const actions::Site site = site_;
	const model::Cluster cluster = description_.cluster;
	auto lines = co_await run_on(workers_, [&] { return examine(cluster, site, true); });

	co_return lines;
}

TalkHooks Daemon::talk_hooks()
{
	return {.config = settings_.config,
		.state_dir = settings_.state_dir,
		.facts = [this] { return own_facts(); },
		.test = [this](std::string document) { return test_candidate(std::move(document)); },
		.examine = [this] { return examine_self(); },
		.newer = [this] { spawn(advance()); },
		.secret = [this] { return description_.cluster.secret_file; },
		.leave =
			[this] {
				if (!std::exchange(stopping_, true))
					spawn(shut_down());
			}};
}

/// From now on this is the cluster, also in the kernel; applications that run keep their plan.
Task<Status> Daemon::put_in_force(Description next)
{
	auto before = std::exchange(description_, std::move(next));
	auto done = co_await install(epoch_);

	if (!done) {
		description_ = std::move(before);
		co_return done;
	}
	make_applications();
	configure_watching();
	co_await guard_shutdown();
	for (const auto &app : description_.cluster.applications)
		if (auto *present = find(app.id); present && candidate_of(app)) {
			auto plan = make_plan(app);
			co_await present->replace(app, std::move(plan));
		}
	recorder_.note("mib", "generation " + std::to_string(description_.cluster.generation) + " in use");
	log::notice("generation {} of the MIB is in use", description_.cluster.generation);
	co_return Status();
}

/// SIGHUP: a new generation of the cluster file, for the same node of the same cluster.
void Daemon::reload()
{
	auto fresh = describe(settings_);
	auto refuse = [](const std::string &why) {
		log::error("the cluster file is not used, nothing changes: {}", why);
	};

	if (!fresh)
		return refuse(fresh.error().text());
	if (fresh->digest == description_.digest) {
		log::info("the cluster file has not changed");
		return;
	}
	if (fresh->cluster.id != description_.cluster.id || fresh->self.id != description_.self.id)
		return refuse("the cluster's id or this node's number changed; restart knelld for that");
	if (fresh->cluster.generation <= description_.cluster.generation)
		return refuse("its generation " + std::to_string(fresh->cluster.generation) + " is not above " +
			      std::to_string(description_.cluster.generation) +
			      ", which is in force; give it to all nodes with knellctl start-of-day, or raise it");
	spawn([](Daemon &self, Description next) -> Task<void> {
		auto guard = co_await self.changing_.lock();
		auto kept = co_await self.recorder_.with_store([&](mib::Store &store) {
			return store.put_generation({next.cluster.generation, next.document,
						     model::hex(next.digest), 0});
		});
		if (!kept) {
			log::error("the cluster file is not used, nothing changes: {}", kept.error().text());
			co_return;
		}
		auto done = co_await self.put_in_force(std::move(next));
		if (!done)
			log::error("the cluster file is not used, nothing changes: {}", done.error().text());
	}(*this, std::move(*fresh)));
}

/// What is newest in the store comes into force, if it is not.
Task<void> Daemon::advance()
{
	auto guard = co_await changing_.lock();
	auto newest = co_await recorder_.with_store([](mib::Store &store) { return store.newest_generation(); });

	if (!newest) {
		log::error("{}", newest.error().text());
		co_return;
	}
	if (!*newest || (*newest)->number <= description_.cluster.generation || stopping_)
		co_return;
	auto next = describe_document(settings_, (*newest)->document);
	Status done;
	if (!next)
		done = next.error();
	else
		done = co_await put_in_force(std::move(*next));
	if (!done)
		log::error("generation {} is stored, but cannot be put in force here: {}", (*newest)->number,
			   done.error().text());
}

/// Does another node have a newer description in force?
void Daemon::consider_peer(const netlink::NodeRecord &record)
{
	if (record.self || catching_up_ || stopping_ || !epoch_ || record.status == KNELL_STATUS_UNKNOWN ||
	    record.status >= KNELL_STATUS_LEFT || record.generation <= description_.cluster.generation)
		return;
	catching_up_ = true;
	spawn(catch_up());
}

/// Takes the newest description of any node that is up, and tries again while it cannot.
Task<void> Daemon::catch_up()
{
	std::string last;

	for (auto wait = catch_up_first; !stopping_; wait = std::min(2 * wait, catch_up_last)) {
		auto nodes = kernel_.nodes();
		std::optional<netlink::NodeRecord> newest;
		if (nodes)
			for (const auto &record : *nodes)
				if (!record.self && record.status != KNELL_STATUS_UNKNOWN &&
				    record.status < KNELL_STATUS_LEFT &&
				    record.generation > (newest ? newest->generation : description_.cluster.generation))
					newest = record;
		if (!newest)
			break;
		auto done = co_await take_from(*newest);
		if (done)
			co_await advance();
		if (!done && done.error().text() != last) {
			last = done.error().text();
			log::warning("node {} has generation {} in force, here it is {}: {}", newest->name,
				     newest->generation, description_.cluster.generation, last);
			recorder_.note("mib", last);
		}
		if (description_.cluster.generation < newest->generation)
			co_await pause(wait);
	}
	catching_up_ = false;
}

namespace {

/// Ask a node for its description, with its hash as the record says it. Blocks.
Result<mib::Generation> fetch(const netlink::NodeRecord &peer)
{
	auto fabric = talk::Fabric::open();

	if (!fabric)
		return fabric.error();
	talk::Asker asker(*fabric, talk::random_number);
	auto told = asker.pull({peer.id}, talk::What::facts);
	if (!told[0])
		return told[0].error();
	auto facts = talk::read_facts(*told[0]);
	if (!facts)
		return facts.error();
	if (!facts->distributed)
		return Error{"generation " + std::to_string(peer.generation) + " is from a file on node " + peer.name,
			     "only what came by start of day is taken over by itself",
			     "knellctl start-of-day FILE", EPERM};
	auto document = asker.pull({peer.id}, talk::What::mib);
	if (!document[0])
		return document[0].error();
	auto digest = model::sha256(*document[0]);
	if (!digest)
		return digest.error();
	auto cluster = model::deserialize(*document[0]);
	if (!cluster)
		return cluster.error();
	if (model::short_hash(*digest) != peer.mib_hash || cluster->generation != peer.generation ||
	    cluster->id != facts->cluster)
		return Error{"what node " + peer.name + " sent is not what it has in force", "", "", EAGAIN};
	return mib::Generation{peer.generation, std::move(*document[0]), model::hex(*digest), 0};
}

} // namespace

/// What a node has in force becomes the newest generation in the store here.
Task<Status> Daemon::take_from(netlink::NodeRecord peer)
{
	auto followed = co_await talker_.follow(peer.generation, peer.mib_hash);
	if (!followed)
		co_return followed.error();
	if (*followed) {
		log::notice("node {} has confirmed generation {}, the candidate here", peer.name, peer.generation);
		recorder_.note("mib", "generation " + std::to_string(peer.generation) + " is confirmed, as on node " +
					      peer.name);
		co_return Status();
	}
	auto fetched = co_await run_on(workers_, [&] { return fetch(peer); });
	if (!fetched)
		co_return fetched.error();
	auto self = co_await run_on(workers_, [&] { return describe_document(settings_, fetched->document); });
	if (!self)
		co_return self.error();
	if (self->cluster.id != description_.cluster.id || self->self.id != description_.self.id)
		co_return Error{"generation " + std::to_string(peer.generation) + " of node " + peer.name +
				" is not taken over", "this machine is another node in it", ""};
	auto kept = co_await recorder_.with_store([&](mib::Store &store) { return store.put_distributed(*fetched); });
	if (kept)
		recorder_.note("mib", "generation " + std::to_string(peer.generation) + " comes from node " + peer.name);
	co_return kept;
}

} // namespace knell::daemon
