// SPDX-License-Identifier: GPL-2.0
// SCSI commands of the fence: command blocks, parameter lists and what a status means.
#include "actions/scsi_path.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <scsi/sg_lib.h>
#include <scsi/sg_pt.h>

namespace knell::actions {

namespace {

constexpr int command_timeout_s = 10;	// one command on a path that works takes milliseconds
constexpr int attention_limit = 8;	// UNIT ATTENTIONs queue up: power on, LUNs changed, preempted

constexpr std::uint8_t op_in = 0x5e, op_out = 0x5f, op_inquiry = 0x12, op_mode_sense = 0x1a;
constexpr std::uint8_t control_page = 0x0a, no_block_descriptors = 0x08;
constexpr std::uint8_t in_read_keys = 0, in_read_reservation = 1, in_report_capabilities = 2;
constexpr std::uint8_t out_register = 0, out_reserve = 1, out_preempt_and_abort = 5,
		       out_register_ignore = 6;

using PassThrough = Handle<sg_pt_base, destruct_scsi_pt_obj>;

void put64(std::uint8_t *to, std::uint64_t value)
{
	for (int i = 7; i >= 0; i--, value >>= 8)
		to[i] = static_cast<std::uint8_t>(value);
}

std::uint64_t take(const std::uint8_t *from, int size)
{
	std::uint64_t value = 0;

	for (int i = 0; i < size; i++)
		value = value << 8 | from[i];
	return value;
}

/// Send one command; retried as long as the answer is UNIT ATTENTION.
/// `got` receives the number of octets that arrived.
Status send(int fd, const std::string &device, const char *doing, std::span<const std::uint8_t> cdb,
	    std::span<const std::uint8_t> out, std::span<std::uint8_t> in, std::size_t &got)
{
	const std::string what = fmt::format("cannot {} on {}", doing, device);

	for (int attempt = 0; attempt < attention_limit; attempt++) {
		std::uint8_t sense[64] = {};
		PassThrough pt(construct_scsi_pt_obj());
		if (!pt)
			return Error{what, "out of memory", "", ENOMEM};
		set_scsi_pt_cdb(pt.get(), cdb.data(), static_cast<int>(cdb.size()));
		set_scsi_pt_sense(pt.get(), sense, sizeof(sense));
		if (!out.empty())
			set_scsi_pt_data_out(pt.get(), out.data(), static_cast<int>(out.size()));
		if (!in.empty())
			set_scsi_pt_data_in(pt.get(), in.data(), static_cast<int>(in.size()));
		int result = do_scsi_pt(pt.get(), fd, command_timeout_s, 0);
		if (result < 0)
			return Error::from_errno(what, -result,
						 -result == ENOTTY ? "the device is not a SCSI disk" : "");
		if (result > 0)
			return Error{what, "the pass-through refused it", "", EIO};
		got = in.size() - std::min(in.size(),
					   static_cast<std::size_t>(std::max(0, get_scsi_pt_resid(pt.get()))));
		switch (get_scsi_pt_result_category(pt.get())) {
		case SCSI_PT_RESULT_GOOD:
			return {};
		case SCSI_PT_RESULT_OS_ERR:
			return Error::from_errno(what, get_scsi_pt_os_err(pt.get()));
		case SCSI_PT_RESULT_TRANSPORT_ERR:
			return Error{what, fmt::format("the path failed (host status {:#x})",
						       get_scsi_pt_transport_err(pt.get())),
				     "look at the storage session: iscsiadm -m session -P 3", EIO};
		default:
			break;
		}
		if (get_scsi_pt_status_response(pt.get()) == SAM_STAT_RESERVATION_CONFLICT)
			return Error{what, "reservation conflict", "", reservation_conflict};
		int length = get_scsi_pt_sense_len(pt.get());
		int category = sg_err_category_sense(sense, length);
		if (category == SG_LIB_CAT_UNIT_ATTENTION)
			continue;
		char text[256] = {};
		sg_get_sense_str("", sense, length, false, sizeof(text), text);
		std::string why(text);
		for (auto &letter : why)
			if (letter == '\n')
				letter = ' ';
		if (category == SG_LIB_CAT_INVALID_OP || category == SG_LIB_CAT_ILLEGAL_REQ)
			return Error{what, why, "the storage must support persistent reservations", EOPNOTSUPP};
		if (category == SG_LIB_CAT_NOT_READY && cdb[0] == op_out)
			return Error{what, why,
				     "the target cannot store reservations: on it, make the directory "
				     "/var/target/pr or /etc/target/pr", EIO};
		return Error{what, why.empty() ? fmt::format("SCSI status {:#x}",
							     get_scsi_pt_status_response(pt.get()))
					       : why, "", EIO};
	}
	return Error{what, "the unit keeps reporting UNIT ATTENTION", "", EAGAIN};
}

} // namespace

std::array<std::uint8_t, 24> pr_out_parameters(std::uint64_t key, std::uint64_t service_action_key)
{
	std::array<std::uint8_t, 24> list{};

	put64(&list[0], key);
	put64(&list[8], service_action_key);
	list[20] = 0x01;	// APTPL
	return list;
}

Result<KeyList> parse_keys(std::span<const std::uint8_t> data)
{
	if (data.size() < 8)
		return Error{"cannot read the registered keys", "the answer is too short", "", EBADMSG};
	KeyList list;
	list.generation = static_cast<std::uint32_t>(take(&data[0], 4));
	std::size_t end = std::min<std::size_t>(data.size(), 8 + take(&data[4], 4));
	for (std::size_t at = 8; at + 8 <= end; at += 8)
		list.keys.push_back(take(&data[at], 8));
	return list;
}

Result<Reservation> parse_reservation(std::span<const std::uint8_t> data)
{
	if (data.size() < 8)
		return Error{"cannot read the reservation", "the answer is too short", "", EBADMSG};
	if (take(&data[4], 4) < 16)
		return Reservation{};
	if (data.size() < 24)
		return Error{"cannot read the reservation", "the answer is too short", "", EBADMSG};
	return Reservation{true, take(&data[8], 8), static_cast<std::uint8_t>(data[21] & 0x0f)};
}

Result<Capabilities> parse_capabilities(std::span<const std::uint8_t> data)
{
	constexpr std::uint8_t ptpl_c = 0x01, tmv = 0x80, wr_ex_ro = 0x20;

	if (data.size() < 8 || take(data.data(), 2) < 8)
		return Error{"cannot read the capabilities", "the answer is too short", "", EBADMSG};
	return Capabilities{(data[2] & ptpl_c) != 0, (data[3] & tmv) != 0, (data[4] & wr_ex_ro) != 0};
}

Result<Aborts> parse_aborts(std::span<const std::uint8_t> mode, std::string_view vendor)
{
	constexpr std::size_t header = 4, descriptors_at = 3, tas_at = 5;
	constexpr std::uint8_t page_code = 0x3f, tas = 0x40;
	const std::size_t page = mode.size() < header ? header : header + mode[descriptors_at];

	if (mode.size() <= page + tas_at || (mode[page] & page_code) != control_page)
		return Error{"cannot read the Control mode page", "the answer is something else", "", EBADMSG};
	const bool answered = (mode[page + tas_at] & tas) != 0;
	return Aborts{answered, answered && vendor.starts_with("LIO-ORG")};
}

Result<std::unique_ptr<ReservationPath>> ScsiPath::open(const std::string &device)
{
	UniqueFd fd(::open(device.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));

	if (!fd)
		return Error::from_errno("cannot open " + device, errno);
	return std::unique_ptr<ReservationPath>(std::make_unique<ScsiPath>(std::move(fd), device));
}

bool ScsiPath::usable() const
{
	std::ifstream file("/sys/block/" + device_.substr(device_.rfind('/') + 1) + "/device/state");
	std::string state;

	return !std::getline(file, state) || state == "running";
}

Status ScsiPath::out(std::uint8_t action, std::uint8_t type, std::uint64_t key, std::uint64_t action_key,
		     const char *doing)
{
	auto list = pr_out_parameters(key, action_key);
	std::array<std::uint8_t, 10> cdb{op_out, action, type};
	std::size_t got = 0;

	cdb[8] = list.size();
	return send(fd_.get(), device_, doing, cdb, list, {}, got);
}

Result<std::vector<std::uint8_t>> ScsiPath::in(std::uint8_t action, std::size_t length, const char *doing)
{
	std::array<std::uint8_t, 10> cdb{op_in, action};

	cdb[7] = static_cast<std::uint8_t>(length >> 8);
	cdb[8] = static_cast<std::uint8_t>(length);
	return read(cdb, length, doing);
}

Result<std::vector<std::uint8_t>> ScsiPath::read(std::span<const std::uint8_t> cdb, std::size_t length,
						 const char *doing)
{
	std::vector<std::uint8_t> data(length);
	std::size_t got = 0;

	if (auto done = send(fd_.get(), device_, doing, cdb, {}, data, got); !done)
		return done.error();
	data.resize(std::min(got, length));
	return data;
}

Result<KeyList> ScsiPath::read_keys()
{
	auto data = in(in_read_keys, 8192, "read the registered keys");

	if (!data)
		return data.error();
	return parse_keys(*data);
}

Result<Reservation> ScsiPath::read_reservation()
{
	auto data = in(in_read_reservation, 256, "read the reservation");

	if (!data)
		return data.error();
	return parse_reservation(*data);
}

Result<Capabilities> ScsiPath::read_capabilities()
{
	auto data = in(in_report_capabilities, 8, "read the capabilities");

	if (!data)
		return data.error();
	return parse_capabilities(*data);
}

Result<Aborts> ScsiPath::read_aborts()
{
	constexpr std::uint8_t length = 64, vendor_at = 8, vendor_length = 8;
	const std::array<std::uint8_t, 6> inquiry{op_inquiry, 0, 0, 0, length, 0};
	const std::array<std::uint8_t, 6> sense{op_mode_sense, no_block_descriptors, control_page, 0, length, 0};
	auto who = read(inquiry, length, "ask for the vendor");
	auto mode = read(sense, length, "read the Control mode page");

	if (!who)
		return who.error();
	if (!mode)
		return mode.error();
	if (who->size() < vendor_at + vendor_length)
		return Error{"cannot ask for the vendor", "the answer is too short", "", EBADMSG};
	return parse_aborts(*mode, {reinterpret_cast<const char *>(&(*who)[vendor_at]), vendor_length});
}

Status ScsiPath::register_key(std::uint64_t old_key, std::uint64_t new_key)
{
	return out(out_register, 0, old_key, new_key, new_key ? "register" : "unregister");
}

Status ScsiPath::register_ignore(std::uint64_t new_key)
{
	return out(out_register_ignore, 0, 0, new_key, "register");
}

Status ScsiPath::reserve(std::uint64_t key)
{
	return out(out_reserve, write_exclusive_registrants_only, key, 0, "reserve");
}

Status ScsiPath::preempt_and_abort(std::uint64_t own_key, std::uint64_t victim)
{
	return out(out_preempt_and_abort, write_exclusive_registrants_only, own_key, victim, "preempt");
}

} // namespace knell::actions
