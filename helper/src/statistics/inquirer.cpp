// SPDX-License-Identifier: GPL-2.0
// A thread runs one program to its end and keeps the time; the next round joins it.
#include "statistics/inquirer.hpp"

#include "util/handle.hpp"
#include "util/log.hpp"
#include "util/process.hpp"

#include <cerrno>
#include <sys/eventfd.h>
#include <system_error>
#include <thread>

namespace knell::statistics {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t output_kept = 400;	// of a program that fails

std::map<model::AppId, Question> by_number(std::vector<Question> questions)
{
	std::map<model::AppId, Question> all;

	for (auto &question : questions)
		all.insert_or_assign(question.app, std::move(question));
	return all;
}

/// Run it to its end; for people, why that is no answer.
std::string attempt(const process::Command &command)
{
	if (auto good = process::inspect(command.argv.front()); !good)
		return good.error().text();
	const auto outcome = process::run(command);

	if (!outcome)
		return outcome.error().text();
	if (outcome->ok())
		return {};
	std::string why = command.argv.front() + " " + outcome->text();
	if (!outcome->output.empty())
		why += ": " + outcome->output.substr(0, outcome->output.find('\n'));
	return why;
}

} // namespace

/// One program under way, or what came of it.
struct Inquirer::Inquiry {
	Question question;
	process::Command command;
	UniqueFd cancel;
	int failed = 0;			///< errno: why there is no `cancel`
	bool cancelled = false;
	bool ended = false;		///< its thread has nothing left to do
	std::optional<double> ms;
	std::thread thread;		///< ask()'s and the destructor's only

	/// Nobody wants to know any more.
	void stop()
	{
		cancelled = true;
		if (cancel)
			(void)::eventfd_write(cancel.get(), 1);
	}
};

Inquirer::Inquirer(std::vector<Question> questions) : questions_(by_number(std::move(questions))) {}

Inquirer::~Inquirer()
{
	{
		const std::lock_guard lock(mutex_);
		served_.clear();
		for (auto &[app, inquiry] : inquiries_)
			inquiry->stop();
	}
	// Without the lock, which the threads take at their end.
	for (auto &[app, inquiry] : inquiries_)
		if (inquiry->thread.joinable())
			inquiry->thread.join();
}

void Inquirer::configure(std::vector<Question> questions)
{
	const std::lock_guard lock(mutex_);

	questions_ = by_number(std::move(questions));
	for (auto &[app, inquiry] : inquiries_)
		if (const auto found = questions_.find(app);
		    found == questions_.end() || found->second != inquiry->question)
			inquiry->stop();
}

void Inquirer::serves(model::AppId app, bool yes)
{
	const std::lock_guard lock(mutex_);

	if (yes) {
		served_.insert(app);
		return;
	}
	served_.erase(app);
	troubles_.erase(app);
	if (const auto found = inquiries_.find(app); found != inquiries_.end())
		found->second->stop();
}

std::unique_ptr<Inquirer::Inquiry> Inquirer::prepare(const Question &question, std::chrono::milliseconds limit)
{
	auto inquiry = std::make_unique<Inquiry>();

	inquiry->question = question;
	inquiry->cancel.reset(::eventfd(0, EFD_CLOEXEC));
	inquiry->failed = inquiry->cancel ? 0 : errno;
	inquiry->command.argv = question.argv;
	inquiry->command.environment = question.environment;
	inquiry->command.deadline = limit;
	inquiry->command.output_limit = output_kept;
	inquiry->command.cancel = inquiry->cancel.get();
	return inquiry;
}

void Inquirer::ask(std::chrono::milliseconds limit)
{
	std::vector<std::unique_ptr<Inquiry>> over;
	std::vector<Inquiry *> fresh;

	{
		const std::lock_guard lock(mutex_);
		for (auto &[app, inquiry] : inquiries_)
			if (inquiry->ended)
				over.push_back(std::move(inquiry));
		std::erase_if(inquiries_, [](const auto &entry) { return !entry.second; });
		for (const auto &[app, question] : questions_)
			if (served_.contains(app) && !inquiries_.contains(app))
				fresh.push_back(inquiries_.emplace(app, prepare(question, limit)).first->second.get());
	}
	// Without the lock: threads take their time where memory is short, and serves() must not wait.
	for (auto &inquiry : over)
		if (inquiry->thread.joinable())
			inquiry->thread.join();
	for (auto *inquiry : fresh)
		start(*inquiry);
}

/// Without a way to end it, or a thread to watch it, nothing is started.
void Inquirer::start(Inquiry &inquiry)
{
	try {
		if (inquiry.failed)
			throw std::system_error(inquiry.failed, std::generic_category());
		inquiry.thread = std::thread([this, &inquiry] { run(inquiry); });
	} catch (const std::system_error &e) {
		log::warning("statistics: application {} is not asked: {}", inquiry.question.name, e.what());
		const std::lock_guard lock(mutex_);
		inquiry.cancelled = inquiry.ended = true;
	}
}

void Inquirer::run(Inquiry &inquiry)
{
	{
		const std::lock_guard lock(mutex_);
		if (inquiry.cancelled) {
			inquiry.ended = true;
			return;
		}
	}
	const auto begin = Clock::now();
	const std::string trouble = attempt(inquiry.command);
	const std::chrono::duration<double, std::milli> took = Clock::now() - begin;
	std::optional<std::string> last;

	{
		const std::lock_guard lock(mutex_);
		if (!inquiry.cancelled)
			last = std::exchange(troubles_[inquiry.question.app], trouble);
	}
	// Without the lock: a journal that is slow must not keep serves() waiting.
	if (last && *last != trouble) {
		if (trouble.empty())
			log::info("statistics: application {} answers again", inquiry.question.name);
		else
			log::warning("statistics: application {} does not answer: {}", inquiry.question.name, trouble);
	}
	const std::lock_guard lock(mutex_);
	if (trouble.empty())
		inquiry.ms = took.count();
	inquiry.ended = true;
}

std::vector<Response> Inquirer::responses()
{
	const std::lock_guard lock(mutex_);
	std::vector<Response> all;

	for (const auto &[app, inquiry] : inquiries_)
		if (!inquiry->cancelled)
			all.push_back({inquiry->question.name, inquiry->ms});
	return all;
}

} // namespace knell::statistics
