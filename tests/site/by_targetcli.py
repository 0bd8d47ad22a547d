# SPDX-License-Identifier: GPL-2.0
"""targetcli and rtslib beside the live knell_target.ko: mailboxes are storage objects like others.

All on server b before it is one, so that the site's target is made by nobody but the README.
"""

import difflib
import json
from typing import Any

from checks import check, contains, expect, targetcli
from machines import Machines
from vm.machine import Machine

IQN = "iqn.2026-11.org.example:trip"
SAVED = "/run/saved.json"
BLOCKED = "/etc/modprobe.d/no-knell-target.conf"

PLAIN = """/backstores/fileio create file /var/tmp/file 8M write_back=false
/backstores/block create disk /dev/loop0
"""
MAILBOX = f"""/backstores/knell create box
/iscsi create {IQN}
/iscsi/{IQN}/tpg1/luns create /backstores/knell/box lun=1
/iscsi/{IQN}/tpg1/luns create /backstores/fileio/file lun=2
/iscsi/{IQN}/tpg1/acls create iqn.2026-11.org.example:somebody
"""

# command -> what it must say
BAD = (
    ("/backstores/knell create", ("name",)),
    ("/backstores/knell create box", ("box", "exist")),
    ("/backstores/knell create a/b", ("cannot contain",)),
    (f"/backstores/knell create other wwn={'5' * 300}", ("wwn",)),
    ("/backstores/knell create other size=1G", ("size",)),
    ("/backstores/knell delete nobody", ("nobody",)),
)


def loaded(vm: Machine) -> bool:
    return "knell_target" in vm.run("lsmod").out


def ordered(value: Any) -> Any:
    """The same with every list sorted: rtslib saves in the order the kernel's directories happen to have."""
    if isinstance(value, dict):
        return {key: ordered(member) for key, member in value.items()}
    if isinstance(value, list):
        return sorted(map(ordered, value), key=lambda member: json.dumps(member, sort_keys=True))
    return value


def configuration(vm: Machine) -> dict:
    """What rtslib would save."""
    vm.run("targetctl", "save", SAVED)
    return ordered(json.loads(vm.run("cat", SAVED).out))


def same(before: dict, after: dict, what: str) -> None:
    """Failure with the difference of two configurations."""
    lines = [json.dumps(c, indent=1, sort_keys=True).splitlines() for c in (before, after)]
    difference = list(difflib.unified_diff(*lines, "before", "after", lineterm="", n=8))
    expect(not difference, what + ":\n" + "\n".join(difference[:80]))


@check("targetcli without knell_target: plain backstores work, mailboxes are refused with a reason")
def without(site: Machines) -> None:
    vm = site["b"]
    vm.sh("truncate -s 8M /var/tmp/disk && losetup /dev/loop0 /var/tmp/disk")
    vm.put(BLOCKED, "install knell_target /bin/false\n")
    contains(vm.run("targetcli", "ls", "/backstores").out, "o- knell", "[Storage Objects: 0]")
    contains(targetcli(vm, PLAIN + "exit\n"), "Created fileio file", "Created block storage object disk")
    expect(not loaded(vm), "knell_target was loaded by looking")
    refused = vm.sh("targetcli /backstores/knell create box 2>&1", check=False)
    expect(refused.status != 0, f"a mailbox without the module was created:\n{refused.out}")
    contains(refused.out, "knell_target", "make install")
    vm.run("rm", BLOCKED)


@check("targetcli round trip: create, save, clear, restore, delete a mailbox beside other LUNs")
def trip(site: Machines) -> None:
    vm = site["b"]
    targetcli(vm, MAILBOX + f"saveconfig {SAVED}.first\nexit\n")
    expect(loaded(vm), "creating a mailbox did not load knell_target")
    first = configuration(vm)
    contains(json.dumps(first), '"plugin": "knell"', '"plugin": "fileio"', '"plugin": "block"')
    tree = vm.run("targetcli", "ls").out
    contains(tree, "o- box", "mailbox activated")
    contains(vm.run("targetcli", f"saveconfig {SAVED}").out, "Configuration saved")
    out = targetcli(vm, f"clearconfig confirm=True\nrestoreconfig {SAVED}\nexit\n")
    contains(out, "All configuration cleared", "Configuration restored")
    same(first, configuration(vm), "restored is not what was saved")
    again = vm.run("targetcli", "ls").out
    expect(again == tree, f"the tree before:\n{tree}\nand after:\n{again}")


@check("targetctl, as at boot: clear and restore; without the module the others are restored and the reason told")
def service(site: Machines) -> None:
    vm = site["b"]
    first = configuration(vm)
    vm.run("targetctl", "clear")
    expect(not configuration(vm)["storage_objects"], "not everything was cleared")
    vm.sh(f"cp {SAVED}.first {SAVED}")
    vm.run("rmmod", "knell_target")
    vm.put(BLOCKED, "install knell_target /bin/false\n")
    said = vm.sh(f"targetctl restore {SAVED} 2>&1", check=False).out
    contains(said, "box", "knell_target", "make install")
    plugins = [store["plugin"] for store in configuration(vm)["storage_objects"]]
    expect(sorted(plugins) == ["block", "fileio"], f"without the module these are restored: {plugins}")
    vm.run("rm", BLOCKED)
    vm.run("targetctl", "restore", f"{SAVED}.first")
    same(first, configuration(vm), "restored is not what was saved")


@check("targetcli: bad parameters of a mailbox are told, and leave nothing")
def bad(site: Machines) -> None:
    vm = site["b"]
    before = configuration(vm)
    for command, words in BAD:
        result = vm.sh(f"targetcli '{command}' 2>&1", check=False)
        site.note(f"{command}: {result.out.strip()}")
        expect(result.status != 0, f"{command}: accepted\n{result.out}")
        expect("Traceback" not in result.out, result.out)
        contains(result.out, *words)
    same(before, configuration(vm), "a refused command has left something")


@check("targetcli deletes a mailbox that is exported, the others stay, the module can be unloaded")
def delete(site: Machines) -> None:
    vm = site["b"]
    targetcli(vm, "/backstores/knell delete box\nexit\n")
    left = configuration(vm)
    expect([store["plugin"] for store in left["storage_objects"]].count("knell") == 0, "the mailbox is still there")
    expect([lun["index"] for lun in left["targets"][0]["tpgs"][0]["luns"]] == [2], "its LUN is still there")
    targetcli(vm, "clearconfig confirm=True\nexit\n")
    vm.run("rmmod", "knell_target")
    vm.sh("losetup -d /dev/loop0; rm -f /var/tmp/file /var/tmp/disk")
