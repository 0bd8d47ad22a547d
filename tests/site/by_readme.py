# SPDX-License-Identifier: GPL-2.0
"""README, "Install it": every command of it, typed as it stands there."""

import json
import time

import readme
from checks import check, contains, expect, targetcli, type_in
from machines import Machines
from vm.poll import wait_for

SERVERS = ("a", "b")
ALL = ("t", "a", "b")
DISK = "/dev/disk/by-id/wwn-0x6001405*"
PATIENCE = "options:\n" + "".join(f"  {name}: {value}\n" for name, value in (
    ("helper_timeout", "20s"), ("cpu_timeout", "30s"), ("takeover_deadline", "60s"), ("release_deadline", "30s"),
    ("link_grace", "120s"), ("lost_grace", "160s"), ("start_grace", "170s")))
INSTALL = "make setup && make && make install"
RECORDD = """[Unit]
Description=The application of the README
[Service]
ExecStart=/usr/bin/recordd --directory /srv/records
"""


@check("README 1: module, modules-load.d, secret", essential=True)
def modules(site: Machines) -> None:
    script = readme.block("1. On all", "modprobe knell")
    first, rest = script.split("\n", 1)
    expect(first == INSTALL, f"README installs by {first!r}: teach the test (it lays {INSTALL!r} over the root)")
    make_secret = readme.block("1. On all", "openssl rand")
    for name in ALL:
        type_in(site[name], rest)
        expect("knell " in site[name].run("lsmod").out, f"{name}: knell is not loaded")
    type_in(site["t"], make_secret)
    secret = site["t"].run("cat", "/etc/knell/secret").out
    expect(len(secret.strip()) == 64, f"the secret is {secret!r}")
    for name in SERVERS:
        site[name].put("/etc/knell/secret", secret, 0o600)


@check("README 2: targetcli makes the data LUN and the mailbox LUN", essential=True)
def target(site: Machines) -> None:
    vm = site["t"]
    before, dialogue = readme.block("2. On `t`", "targetcli\n").split("targetcli\n")
    type_in(vm, before)
    out = targetcli(vm, dialogue + readme.block("2. On `t`", "nopin_timeout"))
    contains(out, "Created mailbox mailbox", "Configuration saved")
    tree = vm.run("targetcli", "ls").out
    contains(tree, "knell", "mailbox", "iqn.2026-11.org.example:data", "iqn.2026-11.org.example:b")


@check("README 3: both servers log in", essential=True)
def login(site: Machines) -> None:
    loop = readme.block("3. On `a`", "iscsiadm")
    for name in SERVERS:
        vm = site[name]
        type_in(vm, loop)
        sessions = vm.run("iscsiadm", "-m", "session").out
        contains(sessions, "iqn.2026-11.org.example:data", "iqn.2026-11.org.example:mailbox")
        wait_for(f"{name}: the data disk", lambda v=vm: v.sh(f"ls {DISK}", check=False).out, 30)
    site["a"].sh(f"mkfs.ext4 -q {DISK}")


def disk(site: Machines) -> str:
    """The data disk's name, the same on both servers."""
    names = {site[name].sh(f"ls {DISK}").out.strip() for name in SERVERS}
    expect(len(names) == 1, f"the servers see different disks: {names}")
    return names.pop()


def cluster_file(site: Machines) -> str:
    """The README's cluster file with the disk's real name, and time-outs for machines without hardware virtualisation."""
    text = readme.block("4. The cluster file", "version: 1").replace("nodes:\n", PATIENCE + "nodes:\n", 1)
    lines = [f"      - device: {disk(site)}" if "- device:" in line else line for line in text.splitlines()]
    return "\n".join(lines) + "\n"


@check("README 4: the cluster file is checked on every node", essential=True)
def description(site: Machines) -> None:
    text = cluster_file(site)
    command = readme.block("4. The cluster file", "knellctl check")
    for name in SERVERS:
        site[name].put("/etc/systemd/system/recordd.service", RECORDD)
        site[name].run("systemctl", "daemon-reload")
    for name in ALL:
        site[name].put("/etc/knell/cluster.yaml", text)
        said = type_in(site[name], command)
        expect("cannot" not in said, f"{name}: knellctl check:\n{said}")


@check("README 5: knelld is enabled and started, the application runs on a", essential=True)
def start(site: Machines) -> None:
    commands = readme.block("5. Start", "enable --now")
    for name in ALL:
        begin = time.monotonic()
        said = type_in(site[name], commands)
        contains(said, "cluster office", name)
        enabled = site[name].run("systemctl", "is-enabled", "knelld").out.strip()
        expect(enabled == "enabled", f"{name}: knelld is {enabled}")
        site.note(f"{name}: systemctl enable --now knelld: {time.monotonic() - begin:.1f} s")
    for name in ALL:
        wait_for(f"{name} sees all well", lambda n=name: healthy(site, n, "a"), 60)


def healthy(site: Machines, at: str, owner: str) -> bool:
    """Whether a node sees every node well and the application on @owner."""
    status = json.loads(site[at].run("knellctl", "--json", "status").out)
    return (all(node["status"] in ("active", "standby") for node in status["nodes"]) and
            [(app["state"], app["owner"]) for app in status["applications"]] == [("running", owner)])
