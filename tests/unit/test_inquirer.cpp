// SPDX-License-Identifier: GPL-2.0
// How applications are asked: real programs that answer, refuse, die and hang, and nobody waits for them.
#include "statistics/history.hpp"
#include "statistics/sampler.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <sys/stat.h>
#include <thread>

using namespace knell;
using namespace std::chrono_literals;
using statistics::Inquirer;
using statistics::Question;
using statistics::Response;

namespace {

class Directory {
public:
	Directory()
	{
		char name[] = "/tmp/knell-inquirer-XXXXXX";

		REQUIRE(mkdtemp(name));
		path_ = name;
	}
	~Directory() { std::filesystem::remove_all(path_); }
	Directory(const Directory &) = delete;
	Directory &operator=(const Directory &) = delete;
	[[nodiscard]] std::string file(const char *name) const { return path_ + "/" + name; }
	[[nodiscard]] const std::string &path() const { return path_; }

private:
	std::string path_;
};

bool becomes_true(const std::function<bool()> &condition)
{
	const auto end = std::chrono::steady_clock::now() + 60s;

	while (!condition()) {
		if (std::chrono::steady_clock::now() > end)
			return false;
		std::this_thread::yield();
	}
	return true;
}

std::vector<std::string> lines_of(const std::string &path)
{
	std::ifstream in(path);
	std::vector<std::string> lines;

	// A line that is not whole yet is none.
	for (std::string line; std::getline(in, line) && !in.eof();)
		lines.push_back(line);
	return lines;
}

Question question(model::AppId app, const std::string &name, std::vector<std::string> argv)
{
	return {app, name, std::move(argv), {{"KNELL_APPLICATION", name}}};
}

/// Notes its number and that of a child, in one line, then hangs.
Question hanging(model::AppId app, const std::string &file)
{
	return question(app, "hangs", {"/bin/sh", "-c", "/bin/sleep 1000 & echo $$ $! >> " + file + "; wait"});
}

/// Runs; one that only waits to be reaped does not.
bool runs(pid_t pid)
{
	std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
	std::string line;

	return std::getline(in, line) && line.compare(line.rfind(')'), 3, ") Z") != 0;
}

/// The two numbers of the newest line, and whether both processes are gone.
bool gone(const std::string &file)
{
	const auto lines = lines_of(file);
	std::istringstream numbers(lines.empty() ? "" : lines.back());
	pid_t shell = 0, child = 0;

	if (!(numbers >> shell >> child))
		return false;
	return !runs(shell) && !runs(child);
}

/// What came of asking, when there is an answer of `name`.
std::vector<Response> once_answered(Inquirer &inquirer, const std::string &name)
{
	std::vector<Response> all;

	CHECK(becomes_true([&] {
		all = inquirer.responses();
		return std::ranges::any_of(all, [&](const Response &r) { return r.application == name && r.ms; });
	}));
	return all;
}

} // namespace

TEST_CASE("an application that answers has a time, one that does not has none")
{
	Directory directory;
	const auto writable = directory.file("writable");
	std::filesystem::copy_file("/bin/true", writable);
	REQUIRE(::chmod(writable.c_str(), 0777) == 0);
	const auto ran = directory.file("ran");
	Inquirer inquirer({question(1, "answers", {"/bin/true"}), question(2, "refuses", {"/bin/false"}),
			   question(3, "dies", {"/bin/sh", "-c", "kill -9 $$"}),
			   question(4, "is-not-there", {"/nowhere/ask"}), question(5, "others-may-write", {writable}),
			   question(6, "hangs", {"/bin/sleep", "1000"}),
			   question(7, "not-served", {"/bin/sh", "-c", "echo >> " + ran})});

	for (model::AppId app = 1; app <= 6; app++)
		inquirer.serves(app, true);
	CHECK(inquirer.responses().empty());	// nobody was asked yet
	inquirer.ask(50s);
	const auto all = once_answered(inquirer, "answers");
	REQUIRE(all.size() == 6);
	CHECK(all[0].application == "answers");
	CHECK(*all[0].ms > 0);
	CHECK(*all[0].ms < 50'000);
	for (std::size_t i = 1; i < all.size(); i++) {
		INFO(all[i].application);
		CHECK_FALSE(all[i].ms);
	}
	CHECK_FALSE(std::filesystem::exists(ran));
}

TEST_CASE("a program that asks knows whom, and nothing else")
{
	Directory directory;
	const auto told = directory.file("told");
	Inquirer inquirer({question(1, "records", {"/bin/sh", "-c", "echo \"$KNELL_APPLICATION $HOME.\" $1 > " + told,
						   "ask", "two  words; $HOME"})});

	inquirer.serves(1, true);
	inquirer.ask(50s);
	once_answered(inquirer, "records");
	CHECK(lines_of(told) == std::vector<std::string>{"records . two words; $HOME"});
}

TEST_CASE("a program that hangs is killed with its group after its time, and asks again")
{
	Directory directory;
	const auto file = directory.file("pids");
	Inquirer inquirer({hanging(1, file)});

	inquirer.serves(1, true);
	inquirer.ask(3s);
	CHECK(becomes_true([&] { return gone(file); }));
	CHECK(inquirer.responses() == std::vector<Response>{{"hangs", std::nullopt}});
	// Asked again until its thread is over: then the second one starts.
	CHECK(becomes_true([&] {
		inquirer.ask(1s);
		return lines_of(file).size() == 2;
	}));
}

TEST_CASE("an application is not asked twice at a time")
{
	Directory directory;
	const auto file = directory.file("pids");

	{
		Inquirer inquirer({hanging(1, file)});
		inquirer.serves(1, true);
		inquirer.ask(1h);
		CHECK(becomes_true([&] { return lines_of(file).size() == 1; }));
		for (int i = 0; i < 100; i++)
			inquirer.ask(1h);
		CHECK(inquirer.responses() == std::vector<Response>{{"hangs", std::nullopt}});
	}
	// The destructor leaves nothing behind.
	CHECK(lines_of(file).size() == 1);
	CHECK(becomes_true([&] { return gone(file); }));
}

TEST_CASE("who is let go of is asked no more, and a program that asks it is killed")
{
	Directory directory;
	const auto file = directory.file("pids");
	Inquirer inquirer({hanging(1, file)});

	inquirer.serves(1, true);
	inquirer.ask(1h);
	CHECK(becomes_true([&] { return lines_of(file).size() == 1; }));
	inquirer.serves(1, false);
	CHECK(inquirer.responses().empty());
	CHECK(becomes_true([&] { return gone(file); }));
	inquirer.ask(1h);
	CHECK(inquirer.responses().empty());
	CHECK(lines_of(file).size() == 1);

	inquirer.serves(1, true);
	CHECK(becomes_true([&] {
		inquirer.ask(1h);
		return lines_of(file).size() == 2;
	}));
	// Another generation of the cluster file asks otherwise.
	inquirer.configure({question(1, "answers", {"/bin/true"})});
	CHECK(becomes_true([&] { return gone(file); }));
	CHECK(becomes_true([&] {
		inquirer.ask(50s);
		return !inquirer.responses().empty();
	}));
	once_answered(inquirer, "answers");
	inquirer.configure({});
	CHECK(inquirer.responses().empty());
}

TEST_CASE("a sampler asks what is served here, and keeps the answers")
{
	Directory directory;
	const auto file = directory.file("pids");
	statistics::Sampler sampler(directory.path(), {{1s, 1h},
						       {},
						       {question(1, "answers", {"/bin/true"}),
							question(2, "refuses", {"/bin/false"}), hanging(3, file),
							question(4, "not-served", {"/bin/true"})}});
	const auto answers = [](const std::optional<statistics::Sample> &sample) {
		return sample && !sample->responses.empty() && sample->responses[0].ms;
	};
	std::optional<statistics::Sample> sample;

	for (model::AppId app = 1; app <= 3; app++)
		sampler.serves(app, true);
	REQUIRE(becomes_true([&] { return answers(sample = sampler.latest()); }));
	REQUIRE(sample->responses.size() == 3);
	CHECK(sample->responses[0].application == "answers");
	CHECK(sample->responses[1] == Response{"refuses", std::nullopt});
	CHECK(sample->responses[2] == Response{"hangs", std::nullopt});
	auto kept = statistics::History::open_read_only(directory.path())->newest(1000);
	REQUIRE(kept);
	CHECK(std::ranges::any_of(*kept, answers));
	for (model::AppId app = 1; app <= 3; app++)
		sampler.serves(app, false);
	CHECK(becomes_true([&] { return sampler.latest()->responses.empty(); }));
	CHECK(becomes_true([&] { return gone(file); }));
}
