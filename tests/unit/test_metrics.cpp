// SPDX-License-Identifier: GPL-2.0
// The Prometheus endpoint: what it says, in the format it must have, and who cannot disturb it.
#include "exposition_check.hpp"
#include "metrics/endpoint.hpp"
#include "metrics/http.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <chrono>
#include <map>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli_snapshot.hpp"
#include "util/handle.hpp"

using namespace knell;
using namespace std::chrono_literals;

namespace {

metrics::Facts facts()
{
	const auto s = sample();
	metrics::Facts f;

	f.cluster = s.cluster;
	f.nodes = s.nodes;
	f.apps = s.apps;
	f.links = s.links;
	f.links[0].name = "a\"b\\c\nd\xff";	// what no link is called
	f.checks = s.checks;
	f.counters = {{"cert_accepted", 3}, {"rx_forged", 0}};
	f.sample = statistics::Sample{};
	f.sample->cpu_busy = 0.5;
	f.sample->volumes = {{"/dev/disk/by-id/x", 4, 0, 2.5, std::nullopt}};
	f.sample->responses = {{"records", 12.5}, {"web", std::nullopt}};
	return f;
}

sockaddr_in loopback(std::uint16_t port)
{
	sockaddr_in address{};

	address.sin_family = AF_INET;
	address.sin_port = htons(port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

UniqueFd tcp()
{
	UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	const timeval patience{20, 0};

	setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

UniqueFd connect_to(std::uint16_t port)
{
	UniqueFd fd = tcp();
	const auto address = loopback(port);

	REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)) == 0);
	return fd;
}

/// Listens at a port nobody has; another one may take it in between, then the next is tried.
void listen_somewhere(metrics::Endpoint &endpoint)
{
	Status done;

	for (int i = 0; i < 20; i++) {
		sockaddr_in address = loopback(0);
		socklen_t size = sizeof(address);
		UniqueFd fd = tcp();
		REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr *>(&address), sizeof(address)) == 0);
		REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr *>(&address), &size) == 0);
		fd.reset();
		done = endpoint.configure({"127.0.0.1", ntohs(address.sin_port)});
		if (done)
			return;
	}
	FAIL(done.error().text());
}

constexpr char request[] = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

/// The whole answer, or what came of it.
std::string ask(std::uint16_t port, const std::string &request)
{
	const UniqueFd fd = connect_to(port);
	std::string answer;
	char buffer[4096];

	REQUIRE(::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) ==
		static_cast<ssize_t>(request.size()));
	for (ssize_t got; (got = ::recv(fd.get(), buffer, sizeof(buffer), 0)) > 0;)
		answer.append(buffer, static_cast<std::size_t>(got));
	return answer;
}

std::string get(std::uint16_t port, const std::string &path)
{
	return ask(port, "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
}

std::string body(const std::string &answer)
{
	const auto end = answer.find("\r\n\r\n");

	REQUIRE(answer.starts_with("HTTP/1.1 200 "));
	REQUIRE(end != answer.npos);
	return answer.substr(end + 4);
}

} // namespace

TEST_CASE("a scrape is strictly right and says what the kernel says")
{
	metrics::Endpoint endpoint([]() -> Result<metrics::Facts> { return facts(); });

	listen_somewhere(endpoint);
	endpoint.takeover(0.3);
	endpoint.takeover(4);
	endpoint.takeover(500);
	const auto text = body(get(endpoint.port(), "/metrics"));
	const ExpositionCheck check(text);
	INFO(text);
	for (const auto &complaint : check.complaints())
		FAIL_CHECK(complaint);
	CHECK(check.value("knell_up") == 1);
	CHECK(check.value(R"(knell_cluster_info{cluster="demo",node="c"})") == 1);
	CHECK(check.value(R"(knell_nodes{status="down"})") == 1);
	CHECK(check.value(R"(knell_nodes{status="active"})") == 3);
	CHECK(check.value(R"(knell_node_status{node="a",role="server",status="down"})") == 1);
	CHECK(check.value(R"(knell_node_status{node="a",role="server",status="active"})") == 0);
	CHECK(check.value(R"(knell_node_mib_matches{node="a"})") == 1);
	CHECK(check.value(R"(knell_application_state{application="records",state="running"})") == 1);
	CHECK(check.value(R"(knell_application_owner{application="records",node="c"})") == 1);
	CHECK(check.value(R"(knell_applications{state="running"})") == 2);
	CHECK(check.value(R"(knell_link_up{link="a\"b\\c?d?",kind="initiator",peer="r"})") == 1);
	CHECK(check.value(R"(knell_link_frames_total{link="a\"b\\c?d?",direction="receive"})") == 17);
	CHECK(check.value(R"(knell_health_check{check="cpu",answer="ok"})") == 1);
	CHECK(check.value(R"(knell_kernel_events_total{event="cert_accepted"})") == 3);
	CHECK(check.value("knell_maintenance") == 0);
	CHECK(check.value("knell_cpu_busy_ratio") == 0.5);
	CHECK(check.value(R"(knell_volume_request_seconds{device="/dev/disk/by-id/x",operation="read"})") == 0.0025);
	CHECK(check.value(R"(knell_application_response_seconds{application="records"})") == 0.0125);
	CHECK(check.value(R"(knell_application_unanswered{application="records"})") == 0);
	CHECK(text.find(R"(knell_application_response_seconds{application="web"})") == text.npos);
	CHECK(check.value(R"(knell_application_unanswered{application="web"})") == 1);
	CHECK(check.value(R"(knell_takeover_seconds_bucket{le="0.5"})") == 1);
	CHECK(check.value(R"(knell_takeover_seconds_bucket{le="5"})") == 2);
	CHECK(check.value("knell_takeover_seconds_count") == 3);
	CHECK(check.value("knell_takeover_seconds_sum") == Approx(504.3));
}

TEST_CASE("the strict reader finds what is wrong")
{
	CHECK(ExpositionCheck("# HELP a_total x\n# TYPE a_total counter\na_total 1\n").complaints().empty());
	for (const char *bad : {"# HELP a x\n# TYPE a counter\na 1\n", "a 1\n", "# HELP a x\n# TYPE a gauge\na one\n",
				"# HELP a x\n# TYPE a gauge\na 1\na 1\n", "# HELP a x\n# TYPE a gauge\na{b=\"\"c\"} 1\n",
				"# HELP a x\n# TYPE a gauge\n", "# HELP a x\n# TYPE a gauge\na 1"})
		CHECK_FALSE(ExpositionCheck(bad).complaints().empty());
}

TEST_CASE("a kernel that does not answer is a metric, not an error")
{
	metrics::Endpoint endpoint([]() -> Result<metrics::Facts> { return Error{"no cluster", "", ""}; });

	listen_somewhere(endpoint);
	const ExpositionCheck check(body(get(endpoint.port(), "/metrics")));
	CHECK(check.complaints().empty());
	CHECK(check.value("knell_up") == 0);
	CHECK(std::isnan(check.value("knell_maintenance")));
}

TEST_CASE("whoever scrapes in a loop makes the kernel answer once a second")
{
	std::atomic<unsigned> asked = 0;
	metrics::Endpoint endpoint([&asked]() -> Result<metrics::Facts> {
		asked++;
		return facts();
	});

	listen_somewhere(endpoint);
	const auto begin = std::chrono::steady_clock::now();
	for (int i = 0; i < 50; i++)
		get(endpoint.port(), "/metrics");
	const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
	CHECK(asked.load() >= 1);
	CHECK(asked.load() <= 2 + static_cast<unsigned>(took.count()));
}

TEST_CASE("silent, endless and senseless peers do not keep a scraper out")
{
	metrics::Endpoint endpoint([]() -> Result<metrics::Facts> { return facts(); });
	std::vector<UniqueFd> peers;
	const std::string flood(100000, 'x');
	const char half[] = "GET /metrics HTTP/1.1\r\nHost:";

	listen_somewhere(endpoint);
	for (std::size_t i = 0; i < 3 * metrics::Server::connections_max; i++) {
		peers.push_back(connect_to(endpoint.port()));	// every third says nothing
		if (i % 3 == 1)
			(void)::send(peers.back().get(), flood.data(), flood.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
		if (i % 3 == 2)
			(void)::send(peers.back().get(), half, sizeof(half) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	CHECK(body(get(endpoint.port(), "/metrics")).find("knell_up 1") != std::string::npos);
	CHECK(get(endpoint.port(), "/etc/passwd").starts_with("HTTP/1.1 404 "));
	CHECK(get(endpoint.port(), "/../../etc/passwd").find("root:") == std::string::npos);
	CHECK(get(endpoint.port(), std::string(metrics::request_max, 'a')).starts_with("HTTP/1.1 431 "));
	CHECK(ask(endpoint.port(), "\x16\x03\x01\x02\r\n\r\n").starts_with("HTTP/1.1 400 "));
	// What follows a request is not a second one.
	const std::string twice = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
	const auto answer = ask(endpoint.port(), twice + twice);
	CHECK(answer.find("HTTP/1.1 ") == answer.rfind("HTTP/1.1 "));
}

TEST_CASE("a peer has five seconds, whether it dawdles with its request or with its answer")
{
	auto server = metrics::Server::listen("127.0.0.1", 0, [] { return std::string(64u << 20, 'm'); });
	REQUIRE(server);
	const auto port = (*server)->port();
	const auto begin = std::chrono::steady_clock::now();
	const UniqueFd writer = connect_to(port), reader = connect_to(port);
	std::string drops = "GET /metrics HTTP/1.1\r\nX: ";

	// The answer is larger than all the buffers between: unread, it cannot be sent.
	REQUIRE(::send(reader.get(), request, sizeof(request) - 1, MSG_NOSIGNAL) > 0);
	std::size_t sent = 0;
	for (pollfd ended{writer.get(), POLLIN | POLLHUP, 0}; !::poll(&ended, 1, 100);)
		sent += static_cast<std::size_t>(
			std::max<ssize_t>(0, ::send(writer.get(), &drops[std::min(sent, drops.size() - 1)], 1, MSG_NOSIGNAL)));
	const std::chrono::duration<double> dawdled = std::chrono::steady_clock::now() - begin;
	CHECK(dawdled.count() >= 4.9);
	CHECK(dawdled.count() < 15);
	std::size_t read = 0;
	std::vector<char> buffer(1u << 20);
	for (ssize_t got; (got = ::recv(reader.get(), buffer.data(), buffer.size(), 0)) > 0;)
		read += static_cast<std::size_t>(got);
	CHECK(read < (64u << 20));
}

TEST_CASE("a server that ends takes its connections with it")
{
	auto server = metrics::Server::listen("127.0.0.1", 0, [] { return std::string("m 1\n"); });
	REQUIRE(server);
	const UniqueFd peer = connect_to((*server)->port());
	char c = 0;

	CHECK(ask((*server)->port(), request).ends_with("m 1\n"));	// so that the peer is accepted too
	server->reset();
	CHECK(::recv(peer.get(), &c, 1, 0) <= 0);
}

TEST_CASE("a request is judged by the letter")
{
	using metrics::HttpStatus;
	const std::map<std::string, HttpStatus> heads = {
		{"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", HttpStatus::ok},
		{"GET /metrics HTTP/1.0\r\n\r\n", HttpStatus::ok},
		{"GET /metrics?x=1 HTTP/1.1\r\nhOST:\r\nAccept: */*\r\n\r\n", HttpStatus::ok},
		{"GET /metrics HTTP/1.1\r\n\r\n", HttpStatus::bad_request},
		{"GET /metrics HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", HttpStatus::bad_request},
		{"GET /metrics HTTP/1.1\r\nHost : x\r\n\r\n", HttpStatus::bad_request},
		{"GET /metrics HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", HttpStatus::bad_request},
		{"GET /metrics HTTP/1.1\r\nHost: x\ny: z\r\n\r\n", HttpStatus::bad_request},
		{"GET /metrics HTTP/2.0\r\nHost: x\r\n\r\n", HttpStatus::version_not_supported},
		{"GET /metrics FTP/1.1\r\nHost: x\r\n\r\n", HttpStatus::bad_request},
		{"GET  /metrics HTTP/1.1\r\nHost: x\r\n\r\n", HttpStatus::bad_request},
		{"GET /metrics\r\n\r\n", HttpStatus::bad_request},
		{"/metrics\r\n\r\n", HttpStatus::bad_request},
		{"\r\n\r\n", HttpStatus::bad_request},
		{"GET /metrics HTTP/1.1\r\nHost: x\r\n", HttpStatus::bad_request},
		{"", HttpStatus::bad_request},
		{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", HttpStatus::not_found},
		{"GET /metricsx HTTP/1.1\r\nHost: x\r\n\r\n", HttpStatus::not_found},
		{"POST /metrics HTTP/1.1\r\nHost: x\r\n\r\n", HttpStatus::method_not_allowed},
		{"HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n", HttpStatus::method_not_allowed},
	};

	for (const auto &[head, status] : heads) {
		INFO(head);
		CHECK(metrics::judge(head) == status);
	}
	CHECK(metrics::answer(HttpStatus::method_not_allowed, "m").find("\r\nAllow: GET\r\n") != std::string::npos);
	CHECK(metrics::answer(HttpStatus::not_found, "m 1\n").find("m 1") == std::string::npos);
}

TEST_CASE("an endpoint moves, ends, and says why it cannot listen")
{
	metrics::Endpoint endpoint([]() -> Result<metrics::Facts> { return facts(); });
	metrics::Endpoint other([]() -> Result<metrics::Facts> { return facts(); });

	CHECK(endpoint.port() == 0);
	listen_somewhere(endpoint);
	const auto port = endpoint.port();
	auto taken = other.configure({"127.0.0.1", port});
	REQUIRE_FALSE(taken);
	CHECK(taken.error().text().find("metrics: cannot listen at 127.0.0.1 port " + std::to_string(port)) == 0);
	CHECK(other.port() == 0);
	REQUIRE(endpoint.configure({}));
	CHECK(endpoint.port() == 0);
	const UniqueFd fd = tcp();
	const auto address = loopback(port);
	CHECK(::connect(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)) != 0);
}
