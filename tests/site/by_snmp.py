# SPDX-License-Identifier: GPL-2.0
"""knell-snmp as a service beside Debian's snmpd, on the target: what the README says of SNMP."""

from by_systemd import show
from checks import check, expect, type_in
from machines import Machines
from vm.poll import wait_for

SUBAGENT = "knell-snmp.service"
SNMPD_CONF = "master agentx\\nrocommunity office 127.0.0.1\\n"   # Debian's "public" sees next to nothing
TABLE = ".1.3.6.1.4.1.8072.9999.9999.5731.1.2"   # knellNodeTable: standard modules are not in Debian


def told(site: Machines) -> bool:
    """A manager hears of all nodes."""
    out = site["t"].run("snmpwalk", "-v2c", "-c", "office", "-On", "127.0.0.1", TABLE, check=False).out
    return all(f'STRING: "{name}"' in out for name in site.vms)


@check("knell-snmp serves a real snmpd, whichever of the two is restarted or killed")
def subagent(site: Machines) -> None:
    vm = site["t"]
    type_in(vm, f"printf '{SNMPD_CONF}' >>/etc/snmp/snmpd.conf\nsystemctl restart snmpd\n"
                "systemctl enable --now knell-snmp")
    wait_for("snmpd tells the nodes", lambda: told(site), 60)
    vm.run("systemctl", "restart", "snmpd")
    wait_for("snmpd tells the nodes after its restart", lambda: told(site), 60)
    first = show(site, "t", SUBAGENT, "MainPID")
    vm.run("kill", "-KILL", first)
    wait_for("systemd starts knell-snmp again",
             lambda: show(site, "t", SUBAGENT, "ActiveState") == "active" and show(site, "t", SUBAGENT, "MainPID") != first, 30)
    wait_for("snmpd tells the nodes after knell-snmp was killed", lambda: told(site), 60)
    vm.run("systemctl", "disable", "--now", "knell-snmp")
    expect(show(site, "t", SUBAGENT, "Result") == "success", "knell-snmp did not end well")
    expect(vm.run("pgrep", "-x", "knell-snmp", check=False).status == 1, "a process of knell-snmp is left")
    type_in(vm, "systemctl stop snmpd")
