// SPDX-License-Identifier: GPL-2.0
// The order of a plan, its undo in reverse, cancellation, and what is reported.
#include "plan/plan.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace knell;
using namespace knell::actions;
using namespace std::chrono_literals;

namespace {

/// Writes what is done to it into a list; fails where it is told to.
class Fake : public Action {
public:
	Fake(std::string name, std::vector<std::string> &log) : name_(std::move(name)), log_(log) {}

	std::string kind() const override { return "fake"; }
	std::string subject() const override { return name_; }
	std::string dry_run() const override { return "do " + name_; }
	Status test() const override { return result(fail_test); }
	Status run(const Control &) override
	{
		log_.push_back("+" + name_);
		if (on_run)
			on_run();
		return result(fail_run);
	}
	Status undo(Release how, const Control &) override
	{
		log_.push_back((how == Release::abandon ? "!" : "-") + name_);
		return result(fail_undo);
	}
	Status verify() override { return result(fail_verify); }

	bool fail_run = false, fail_undo = false, fail_test = false, fail_verify = false;
	std::function<void()> on_run;

private:
	Status result(bool fail) const
	{
		if (fail)
			return Error{name_ + " failed", "told to", ""};
		return {};
	}

	std::string name_;
	std::vector<std::string> &log_;
};

struct Fixture {
	std::vector<std::string> log;
	std::vector<plan::StepReport> reports;
	std::vector<Fake *> fakes;
	std::unique_ptr<plan::Plan> plan;
	Control control{Clock::now() + 10s, {}, false};

	Fixture()
	{
		Actions actions;
		for (const char *name : {"fence", "mount", "exec", "address"}) {
			auto fake = std::make_unique<Fake>(name, log);
			fakes.push_back(fake.get());
			actions.push_back(std::move(fake));
		}
		plan = std::make_unique<plan::Plan>(
			7, "records", std::move(actions),
			[this](const plan::StepReport &report) { reports.push_back(report); });
	}
};

using Log = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(Fixture, "a plan runs its actions in order and reports each")
{
	auto taken = plan->take(control, 1s);

	CHECK(taken.result);
	CHECK(taken.clean);
	CHECK(log == Log{"+fence", "+mount", "+exec", "+address"});
	REQUIRE(reports.size() == 4);
	CHECK(reports[1].subject == "mount");
	CHECK(reports[1].app_name == "records");
	CHECK(reports[1].error.empty());
	CHECK(reports[1].start_ns > 0);
}

TEST_CASE_METHOD(Fixture, "a step that fails is undone with all before it, in reverse")
{
	fakes[2]->fail_run = true;
	auto taken = plan->take(control, 1s);

	REQUIRE_FALSE(taken.result);
	CHECK(taken.clean);
	CHECK(taken.result.error().text() == "exec failed: told to");
	CHECK(log == Log{"+fence", "+mount", "+exec", "-exec", "-mount", "-fence"});
	CHECK(reports.back().undo);
}

TEST_CASE_METHOD(Fixture, "an undo that fails does not stop the others, and is told")
{
	fakes[3]->fail_run = true;
	fakes[1]->fail_undo = true;
	auto taken = plan->take(control, 1s);

	CHECK_FALSE(taken.result);
	CHECK_FALSE(taken.clean);
	CHECK(log == Log{"+fence", "+mount", "+exec", "+address", "-address", "-exec", "-mount", "-fence"});
}

TEST_CASE_METHOD(Fixture, "a plan that is cancelled abandons what it did")
{
	std::stop_source stop;
	control.stop = stop.get_token();
	fakes[1]->on_run = [&] { stop.request_stop(); };
	auto taken = plan->take(control, 1s);

	REQUIRE_FALSE(taken.result);
	CHECK(taken.result.error().code == ECANCELED);
	CHECK(log == Log{"+fence", "+mount", "!exec", "!mount", "!fence"});
}

TEST_CASE_METHOD(Fixture, "a plan whose deadline passed begins no further step")
{
	control.deadline = Clock::now() - 1s;
	auto taken = plan->take(control, 1s);

	REQUIRE_FALSE(taken.result);
	CHECK(taken.result.error().code == ETIMEDOUT);
	CHECK(log == Log{"-fence"});
}

TEST_CASE_METHOD(Fixture, "a release goes in reverse and goes on after a failure")
{
	fakes[2]->fail_undo = true;
	auto done = plan->release(Release::orderly, control);

	REQUIRE_FALSE(done);
	CHECK(done.error().what == "exec failed");
	CHECK(log == Log{"-address", "-exec", "-mount", "-fence"});
	log.clear();
	fakes[2]->fail_undo = false;
	CHECK(plan->release(Release::abandon, control));
	CHECK(log == Log{"!address", "!exec", "!mount", "!fence"});
}

TEST_CASE_METHOD(Fixture, "tests and a dry run touch nothing")
{
	fakes[0]->fail_test = true;
	fakes[3]->fail_test = true;
	auto wrong = plan->test();

	REQUIRE(wrong.size() == 2);
	CHECK(wrong[1].text() == "records: address failed: told to");
	CHECK(plan->dry_run().size() == 4);
	CHECK(log.empty());
}

TEST_CASE_METHOD(Fixture, "a single program is started again after it ended")
{
	CHECK(plan->end_program(2, control));
	CHECK(plan->start_program(2, control));
	CHECK(log == Log{"-exec", "+exec"});
}

TEST_CASE_METHOD(Fixture, "a program is not started again after the application was to be dropped")
{
	std::stop_source stop;
	Control dropped{Clock::now() + 10s, stop.get_token(), false};

	stop.request_stop();
	auto done = plan->start_program(2, dropped);
	REQUIRE_FALSE(done);
	CHECK(done.error().code == ECANCELED);
	CHECK(log.empty());
}

TEST_CASE("a step report is one line of JSON, whatever an error contains")
{
	plan::StepReport report{7, "records", "mount", "/srv/records", false, "bad\n\xff\"", 12, 3400us};
	auto line = plan::to_json(report);

	CHECK(line.find('\n') == std::string::npos);
	auto parsed = nlohmann::json::parse(line);
	CHECK(parsed["step"] == "mount");
	CHECK(parsed["ok"] == false);
	CHECK(parsed["duration_us"] == 3400);
}
