// SPDX-License-Identifier: GPL-2.0
// A packet is its length in four octets and CBOR.
#include "snmp/pipe.hpp"

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <sys/socket.h>

namespace knell::snmp {

namespace {

using nlohmann::json;

constexpr std::uint32_t packet_max = 64u << 20;

json to_json(const Oid &oid, const Value &value)
{
	return {oid, static_cast<unsigned>(value.type), value.number,
		json::binary({value.octets.begin(), value.octets.end()})};
}

std::pair<Oid, Value> from_json(const json &object)
{
	const auto &octets = object.at(3).get_binary();
	const auto type = object.at(1).get<unsigned>();

	if (type > static_cast<unsigned>(Type::octets))
		throw std::out_of_range("no such type");
	return {object.at(0).get<Oid>(),
		{static_cast<Type>(type), object.at(2).get<std::int64_t>(), {octets.begin(), octets.end()}}};
}

} // namespace

std::string encode(const News &news)
{
	json document = {{"objects", json::array()}};
	auto &objects = document["objects"];

	if (const auto *image = std::get_if<Image>(&news))
		for (const auto &[oid, value] : *image)
			objects.push_back(to_json(oid, value));
	if (const auto *notification = std::get_if<Notification>(&news)) {
		document["notification"] = notification->number;
		for (const auto &[oid, value] : notification->objects)
			objects.push_back(to_json(oid, value));
	}
	const auto cbor = json::to_cbor(document);

	return {cbor.begin(), cbor.end()};
}

Result<News> decode(const std::string &packet)
{
	try {
		const json document = json::from_cbor(packet);
		Image image;
		Notification notification;
		const bool told = document.contains("notification");

		for (const auto &object : document.at("objects")) {
			auto each = from_json(object);
			if (told)
				notification.objects.push_back(std::move(each));
			else
				image.insert(std::move(each));
		}
		if (!told)
			return News(std::move(image));
		notification.number = document.at("notification").get<std::uint32_t>();
		return News(std::move(notification));
	} catch (const std::exception &e) {
		return Error{"cannot read what the reader sent", e.what(), ""};
	}
}

Status send(int fd, const News &news)
{
	const std::string packet = encode(news);
	const auto size = static_cast<std::uint32_t>(packet.size());
	std::string all(sizeof(size), '\0');

	std::memcpy(all.data(), &size, sizeof(size));
	all += packet;
	for (std::size_t sent = 0; sent < all.size();) {
		const auto done = ::send(fd, all.data() + sent, all.size() - sent, MSG_NOSIGNAL);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return Error::from_errno("the speaker does not listen", errno);
		sent += static_cast<std::size_t>(done);
	}
	return {};
}

Result<std::vector<News>> Inbox::read()
{
	std::vector<News> all;
	char buffer[65536];
	std::uint32_t size = 0;

	for (;;) {
		const auto got = ::recv(fd_, buffer, sizeof(buffer), MSG_DONTWAIT);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (got < 0 && errno != ECONNRESET)
			return Error::from_errno("cannot hear the reader", errno);
		ended_ = got <= 0;
		if (ended_)
			break;
		pending_.append(buffer, static_cast<std::size_t>(got));
	}
	std::size_t at = 0;
	while (pending_.size() - at >= sizeof(size)) {
		std::memcpy(&size, pending_.data() + at, sizeof(size));
		if (size > packet_max)
			return Error{"the reader sends nonsense", "", ""};
		if (pending_.size() - at - sizeof(size) < size)
			break;
		auto news = decode(pending_.substr(at + sizeof(size), size));
		if (!news)
			return news.error();
		all.push_back(std::move(*news));
		at += sizeof(size) + size;
	}
	pending_.erase(0, at);
	return all;
}

} // namespace knell::snmp
