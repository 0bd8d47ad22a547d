// SPDX-License-Identifier: GPL-2.0
// The steps of a start of day, in order.
#include "talk/start_of_day.hpp"

#include "model/names.hpp"
#include "model/order.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>

namespace knell::talk {

namespace {

constexpr milliseconds poll_interval{500};
constexpr milliseconds facts_limit{2000};	// asked again until confirm_limit
constexpr milliseconds farewell{2000};		// for telling everybody that it was given up

} // namespace

std::vector<std::uint16_t> StartOfDay::addresses() const
{
	std::vector<std::uint16_t> all;

	all.reserve(report_.nodes.size());
	for (const NodeLine &line : report_.nodes)
		all.push_back(line.address);
	return all;
}

/// Is all well with all nodes? If not, that is why nothing changes.
bool StartOfDay::good(const std::string &why)
{
	if (std::ranges::all_of(report_.nodes, &NodeLine::good))
		return true;
	report_.why = why;
	return false;
}

/// Lets time pass; what comes meanwhile is of no interest. False if asking has ended.
bool StartOfDay::pause(milliseconds time)
{
	const auto until = asker_.transport().now() + time;

	while (asker_.transport().now() < until)
		if (auto letter = asker_.transport().receive(until); !letter)
			return false;
	return true;
}

void StartOfDay::judge(const model::Cluster &file, NodeLine &line, const Result<std::string> &told,
		       std::uint32_t &highest)
{
	auto refuse = [&line](std::string why) {
		line.good = false;
		line.stage = "refused";
		line.why = std::move(why);
	};

	if (!told) {
		line.good = false;
		line.stage = "absent";
		line.why = told.error().text();
		return;
	}
	auto facts = read_facts(*told);
	const model::Node *node = model::find_node(file, line.id);
	if (!facts)
		return refuse(facts.error().text());
	line.stage = "answered";
	line.facts = *facts;
	highest = std::max(highest, facts->generation);
	if (!node->initiator.empty() && facts->initiator != node->initiator)
		return refuse("its iSCSI initiator name is " +
			      (facts->initiator.empty() ? "not set" : facts->initiator));
	if (facts->version != version_)
		return refuse("its knell is " + facts->version + ", here it is " + version_);
	if (!facts->cluster)
		return;
	if (facts->id != line.id)
		return refuse(fmt::format("it answers as node {}", facts->id));
	if (facts->cluster != file.id)
		return refuse("it belongs to another cluster");
	if (facts->name != node->name)
		return refuse("its name is " + facts->name + " there");
	if (facts->role != model::name(node->role))
		return refuse("its role is " + facts->role + " there");
}

/// What a console left behind that ended: if one node alone still has a candidate, nobody but that node
/// could ever put it in force, and forgets it now. What several have might be about to be decided.
bool StartOfDay::forget_unfinished()
{
	std::vector<NodeLine *> holders;

	for (NodeLine &line : report_.nodes)
		if (line.facts.candidate)
			holders.push_back(&line);
	if (holders.empty())
		return true;
	if (holders.size() == 1) {
		progress_("node " + holders[0]->name + " forgets a start of day that was not finished");
		const auto done = asker_.ask({{holders[0]->address, Method::abort,
					       body_of(Decision{holders[0]->facts.candidate, {}})}});
		if (done[0] && done[0]->outcome == Outcome::ok)
			return true;
	}
	for (NodeLine *line : holders) {
		line->good = false;
		line->stage = "refused";
		line->why = "another start of day is under way there";
	}
	return false;
}

bool StartOfDay::ask_everybody(model::Cluster &file, const std::vector<Member> &members)
{
	std::vector<std::uint16_t> asked;
	std::uint32_t highest = 0;

	progress_(fmt::format("asking {} nodes", file.nodes.size()));
	for (const model::Node &node : file.nodes) {
		NodeLine line{.id = node.id, .name = node.name, .good = true, .stage = "absent", .why = {},
			      .role = node.role};
		auto member = std::ranges::find(members, node.id, &Member::id);
		if (member == members.end()) {
			line.good = false;
			line.why = "nobody answers under its initiator name or host name; is knelld running there, with this "
				   "cluster's secret and a session to a router?";
		} else if (!member->up) {
			line.good = false;
			line.why = "it is " + member->status;
		} else {
			line.address = member->address ? member->address : member->id;
			asked.push_back(line.address);
		}
		report_.nodes.push_back(std::move(line));
	}
	for (const Member &member : members)
		if (member.up && member.id != leaving_ && !model::find_node(file, member.id))
			report_.nodes.push_back({member.id, member.name, false, "refused",
						 "it is up, and the file does not name it; knellctl node remove first"});
	const auto told = asker_.pull(asked, What::facts);
	for (std::size_t i = 0; i < asked.size(); i++)
		judge(file, *std::ranges::find(report_.nodes, asked[i], &NodeLine::address), told[i], highest);
	file.generation = std::max(file.generation, highest + 1);
	return good("not every node is there as the file describes it") &&
	       (forget_unfinished() || good("a start of day was not finished; it is forgotten a minute after it began"));
}

bool StartOfDay::write_to_everybody()
{
	progress_(fmt::format("writing generation {}, {} octets", report_.generation, document_.size()));
	const auto written = asker_.push(addresses(), decision_.transaction, document_);
	for (std::size_t i = 0; i < written.size(); i++) {
		NodeLine &line = report_.nodes[i];
		line.good = written[i].ok();
		line.stage = line.good ? "written" : "refused";
		line.why = line.good ? "" : written[i].error().text();
	}
	return good("not every node took the description");
}

bool StartOfDay::have_everybody_test()
{
	progress_("every node tests it");
	for (;;) {
		std::vector<Question> questions;
		std::vector<std::size_t> whose;
		for (std::size_t i = 0; i < report_.nodes.size(); i++)
			if (report_.nodes[i].stage == "written") {
				questions.push_back({report_.nodes[i].address, Method::prepare, body_of(decision_)});
				whose.push_back(i);
			}
		if (questions.empty())
			return good("a test failed");
		// A slow disk may take its time; more than this, and it is too late to decide anyway.
		const auto left = std::chrono::ceil<milliseconds>(begun_ + decision_limit - asker_.transport().now());
		const bool late = left.count() <= 0;
		const auto answers = asker_.ask(questions, std::max(left, Asker::patience));
		for (std::size_t q = 0; q < answers.size(); q++) {
			NodeLine &line = report_.nodes[whose[q]];
			if (answers[q] && answers[q]->outcome == Outcome::ok) {
				line.stage = "passed";
			} else if (answers[q] && answers[q]->outcome == Outcome::working && !late) {
				continue;
			} else {
				line.good = false;
				line.stage = "refused";
				line.why = !answers[q] ? answers[q].error().why.empty() ? answers[q].error().text() :
											   answers[q].error().why :
					   late	       ? "its tests took too long" :
							 "it lost what was written";
			}
		}
		(void)pause(poll_interval);
	}
}

bool StartOfDay::compare_copies()
{
	progress_("comparing what every node has stored");
	const auto stored = asker_.pull(addresses(), What::candidate);
	for (std::size_t i = 0; i < stored.size(); i++) {
		NodeLine &line = report_.nodes[i];
		line.good = stored[i] && *stored[i] == document_;
		if (!stored[i] && stored[i].error().code == EINTR)
			line.stage = "passed";
		else
			line.stage = line.good ? "same" : stored[i] ? "different" : "absent";
		line.why = line.good ? "" : stored[i] ? "its stored copy differs" : stored[i].error().text();
	}
	if (!good("a stored copy is not what was sent"))
		return false;
	if (asker_.transport().now() - begun_ <= decision_limit)
		return true;
	report_.why = "it took too long; a node might not wait for the decision any more";
	return false;
}

/// Whoever is to leave is gone.
bool StartOfDay::dismissed()
{
	if (!go_)
		return true;
	progress_("the node leaves");
	const auto gone = go_();
	if (!gone)
		report_.why = gone.error().text();
	else if (asker_.transport().now() - begun_ > decision_limit)
		report_.why = "it took too long; a node might not wait for the decision any more";
	return report_.why.empty();
}

/// Ask each for its commit once; a line is told when it has taken it.
void StartOfDay::commit(const std::vector<NodeLine *> &lines)
{
	std::vector<Question> questions;

	questions.reserve(lines.size());
	for (const NodeLine *line : lines)
		questions.push_back({line->address, Method::commit, body_of(decision_)});
	const auto answers = asker_.ask(questions);
	for (std::size_t i = 0; i < lines.size(); i++) {
		lines[i]->told = answers[i] && answers[i]->outcome == Outcome::ok;
		lines[i]->why = lines[i]->told ? "" :
				answers[i]     ? "it does not say whether it has put it in force" :
						 answers[i].error().text();
	}
}

/// Who has put the description in force? Who was a stranger is a member by then, with its number.
void StartOfDay::look(const std::vector<NodeLine *> &lines, bool as_members)
{
	std::vector<std::uint16_t> asked;

	asked.reserve(lines.size());
	for (const NodeLine *line : lines)
		asked.push_back(as_members ? line->id : line->address);
	const auto told = asker_.pull(asked, What::facts, 0, facts_limit);
	for (std::size_t i = 0; i < lines.size(); i++) {
		NodeLine &line = *lines[i];
		const auto now = told[i] ? read_facts(*told[i]) : Result<Facts>(told[i].error());
		line.good = now && now->sha256 == report_.sha256;
		if (line.good) {
			line.stage = "confirmed";
			line.told = true;
			line.why.clear();
		} else {
			line.why = !now ? now.error().text() : "it has not put it in force yet";
		}
	}
}

/// Machines without a cluster learn a decision from a router only: so a router decides, and the
/// others hear of it from there, whatever becomes of this console. False: it has refused.
bool StartOfDay::confirm_first()
{
	const auto end = asker_.transport().now() + confirm_limit;
	auto first = std::ranges::find(report_.nodes, model::Role::router, &NodeLine::role);

	if (first == report_.nodes.end())
		first = std::ranges::find(report_.nodes, model::Role::array, &NodeLine::role);
	if (first == report_.nodes.end() ||
	    std::ranges::none_of(report_.nodes, [](const NodeLine &line) { return !line.facts.cluster; }))
		return true;
	while (!first->told) {
		const auto answer = asker_.ask({{first->address, Method::commit, body_of(decision_)}});
		first->told = answer[0] && answer[0]->outcome == Outcome::ok;
		if (first->told)
			break;
		// Its answer may be lost; it is a member then, and does not take decisions of strangers.
		look({&*first}, true);
		if (!first->good)
			look({&*first}, false);
		if (first->good)
			break;
		first->why = answer[0] ? "it does not take the decision" : answer[0].error().text();
		first->good = false;
		if (answer[0] || answer[0].error().code == EREMOTEIO) {
			report_.why = "router " + first->name + " refuses the decision";
			return false;
		}
		if (asker_.transport().now() >= end || !pause(poll_interval)) {
			// It may have heard it or not; the others go by what it has.
			report_.end = DayReport::End::decided;
			return false;
		}
	}
	return true;
}

void StartOfDay::confirm()
{
	const auto end = asker_.transport().now() + confirm_limit;

	// From here on there is no way back: a node that was told tells all others by its record.
	hold_();
	progress_("confirming");
	if (!confirm_first())
		return;
	report_.end = DayReport::End::decided;
	for (;;) {
		auto those = [this](auto which) {
			std::vector<NodeLine *> found;
			for (NodeLine &line : report_.nodes)
				if (line.stage != "confirmed" && which(line))
					found.push_back(&line);
			return found;
		};
		commit(those([](const NodeLine &line) { return !line.told; }));
		look(those([](const NodeLine &) { return true; }), true);
		look(those([](const NodeLine &line) { return line.address != line.id; }), false);
		if (std::ranges::all_of(report_.nodes, &NodeLine::good)) {
			report_.end = DayReport::End::confirmed;
			return;
		}
		if (asker_.transport().now() >= end || !pause(poll_interval))
			return;
	}
}

/// Nodes that do not hear it forget the candidate by themselves.
void StartOfDay::give_up()
{
	std::vector<Question> questions;

	if (!pause(milliseconds(1)))
		report_.why = "it was interrupted";
	hold_();
	progress_("giving up");
	questions.reserve(report_.nodes.size());
	for (const NodeLine &line : report_.nodes)
		questions.push_back({line.address, Method::abort, body_of(decision_)});
	(void)asker_.ask(questions, farewell);
}

DayReport StartOfDay::run(model::Cluster file, const std::vector<Member> &members)
{
	if (!ask_everybody(file, members))
		return report_;
	document_ = model::serialize(file);
	const auto digest = model::sha256(document_);
	if (!digest) {
		report_.why = digest.error().text();
		return report_;
	}
	report_.generation = file.generation;
	report_.sha256 = model::hex(*digest);
	decision_.sha256 = *digest;
	while (!decision_.transaction)
		decision_.transaction = asker_.random();
	begun_ = asker_.transport().now();
	if (write_to_everybody() && have_everybody_test() && compare_copies() && dismissed())
		confirm();
	if (report_.end == DayReport::End::refused)
		give_up();
	return report_;
}

} // namespace knell::talk
