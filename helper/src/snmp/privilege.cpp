// SPDX-License-Identifier: GPL-2.0
// By the system calls themselves: two of them need no library.
#include "snmp/privilege.hpp"

#include <array>
#include <cerrno>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace knell::snmp {

Status drop_capabilities()
{
	__user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
	const std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};

	if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return Error::from_errno("cannot renounce new privileges", errno);
	if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
		return Error::from_errno("cannot clear the ambient capabilities", errno);
	if (::syscall(SYS_capset, &header, none.data()) != 0)
		return Error::from_errno("cannot give up the capabilities", errno);
	return {};
}

} // namespace knell::snmp
