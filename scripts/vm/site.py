# SPDX-License-Identifier: GPL-2.0
"""The demonstration site: a router that is the array too, servers, one application on a data LUN.

Of two routers the second one is the array.

Puts LIO, the initiators, the cluster file and the daemons in place in the VMs of a Cluster.
"""

import json
import math
import re
import secrets
import shutil
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Optional

from . import initramfs, kernel
from .agent import Job
from .cluster import BACKBONE, ROUTER, Cluster
from .poll import wait_for

TOP = Path(__file__).resolve().parents[2]
DATA_IQN = "iqn.2026-11.example:data"
MAILBOX_IQN = "iqn.2026-11.example:mailbox"
DATA_SERIAL = "0000000000000000000000001"       # NAA identifier 0x6001405 + these 25 digits
DATA_DEVICE = f"/dev/disk/by-id/wwn-0x6001405{DATA_SERIAL}"
FLOATING = "192.168.77.100"
PORT = 7777


def initiator(name: str) -> str:
    """iSCSI name of a server."""
    return f"iqn.2026-11.example:{name}"


def mailbox_iqn(router: str) -> str:
    """iSCSI name of a router's mailbox target."""
    return MAILBOX_IQN if router == ROUTER else f"{MAILBOX_IQN}-{router}"


def build_applications(build: Path) -> list[Path]:
    """Compile the applications of the tests and their client."""
    out = build / "cluster"
    out.mkdir(parents=True, exist_ok=True)
    made = []
    for source in (TOP / "tests/cluster/recordd.c", TOP / "tests/cluster/recordc.c", TOP / "tests/chaos/registerd.c"):
        name = source.stem
        target = out / name
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            subprocess.run(["cc", "-static", "-O2", "-Wall", "-Wextra", "-Werror", "-o", target, source], check=True)
        made.append(target)
    return made


def build_crash_module(release: str, build: Path) -> Path:
    """Compile the module that breaks a kernel on demand."""
    folder = build / release / "crash"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("Kbuild", "knell_crash.c"):
        source, target = TOP / "tests/cluster/kmod" / name, folder / name
        if not target.exists() or target.read_bytes() != source.read_bytes():
            shutil.copy(source, target)
    subprocess.run(["make", "-s", "-C", str(kernel.tree(release)), f"M={folder}", "W=1", "modules"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return folder / "knell_crash.ko"


def products(release: str, build: Path = TOP / "build", faults: bool = False) -> initramfs.Products:
    """What was built of this tree for a kernel release; with @faults the modules have injection points."""
    result = initramfs.Products()
    folder = build / f"{release}-faults" if faults else build / release
    result.modules = [folder / "kmod" / f"{name}.ko" for name in ("knell", "knell_target")]
    result.programs = [build / "helper" / name for name in ("knelld", "knellctl", "knell-fence-peer")]
    for path in result.modules + result.programs:
        if not path.exists():
            raise FileNotFoundError(f"{path} is not there: run make{' KNELL_FAULTS=1' if faults else ''}")
    result.modules.append(build_crash_module(release, build))
    result.files["/boot/vmlinuz"] = kernel.image(release)
    result.files["/boot/crash.img"] = initramfs.crash_image(build / "cluster")
    for program in build_applications(build):
        result.files[f"/usr/bin/{program.name}"] = program
    return result


def with_tools(base: initramfs.Products, tools: list[str], build: Path = TOP / "build") -> initramfs.Products:
    """The same and programs by name: of this tree, or of the host."""
    own = [build / "helper" / name for name in tools]
    found = [path if path.exists() else initramfs.find_tool(path.name) for path in own]
    return replace(base, programs=[*base.programs, *found])


@dataclass
class Settings:
    """What scenarios vary in the cluster file."""

    options: dict[str, str] = field(default_factory=lambda: {
        "helper_timeout": "4s", "start_grace": "20s",
        "takeover_deadline": "20s", "release_deadline": "10s", "cpu_timeout": "10s"})
    standby: dict[str, list[str]] = field(default_factory=lambda: {"a": ["c", "b"]})
    home: str = "a"
    filesystem: str = "ext4"
    fs_mb: int = 96
    """size of the file system; what of the disk lies behind it is for writers who must fail"""
    program: str = "/usr/bin/recordd"
    others: list[list[str]] = field(default_factory=list)
    """more executables: program and arguments"""
    response: list[str] = field(default_factory=list)
    """how the application is asked: program and arguments"""
    tas: int = 0
    """1: the data LUN answers commands of others that are aborted, and PREEMPT AND ABORT waits for that"""
    nopin: int = 5
    """the target's NOP-In on the mailbox session, s; 0 = off"""
    nopin_response: int = 3
    """how long it waits for the answer, s"""
    noop: int = 0
    """the initiators' NOP-Out on the data session, s; 0 = off"""
    client: str = ROUTER
    """the VM the client runs in"""
    stack: str = ""
    """what the storage addresses are on: the cards, or "vlan" or "bond" on top of them"""
    replacement: int = 10
    """how long a broken data session is waited for before I/O fails, s"""
    more: str = ""
    """more sections of the cluster file, as text"""
    strangers: list[str] = field(default_factory=list)
    """servers the cluster file says nothing of"""

    def stretch(self, factor: float) -> None:
        """Make every time longer, by a whole number of its own unit."""
        for key, value in self.options.items():
            found = re.fullmatch(r"(\d+)(ms|s)", value)
            if found:
                self.options[key] = f"{math.ceil(int(found[1]) * factor)}{found[2]}"
        for key in ("nopin", "noop", "replacement"):
            setattr(self, key, math.ceil(getattr(self, key) * factor))


def cluster_file(cluster: Cluster, settings: Settings) -> str:
    """The cluster description, as an administrator would write it."""
    lines = ["version: 1", "cluster:", "  name: demo", "  id: 0x4b4e0001", "  secret_file: /etc/knell/secret",
             "options:", *(f"  {key}: {value}" for key, value in settings.options.items()),
             "nodes:"]
    for router in cluster.routers:
        addresses = [storage_address(cluster, leaf, True, router) for leaf in cluster.leaves]
        lines += [f"  - name: {router}", f"    id: {cluster.number(router)}", "    role: router"]
        if len(cluster.routers) > 1:
            lines.append(f"    initiator: {initiator(router)}")
            addresses.append(backbone_address(cluster, router))
        lines.append(f"    addresses: [{', '.join(addresses)}]")
    for server in cluster.servers:
        if server in settings.strangers:
            continue
        addresses = [storage_address(cluster, server, False, r) for r in cluster.routers]
        lines += [f"  - name: {server}", f"    id: {cluster.number(server)}", "    role: server",
                  f"    initiator: {initiator(server)}", f"    addresses: [{', '.join(addresses)}]"]
        if server in settings.standby:
            lines.append(f"    standby: [{', '.join(settings.standby[server])}]")
    lines += ["applications:", "  - name: records", "    id: 1", f"    node: {settings.home}",
              "    volumes:", f"      - device: {DATA_DEVICE}", "        mount: /srv/records",
              f"        type: {settings.filesystem}", "        options: [noatime]",
              "    executables:", f"      - program: {settings.program}",
              "        arguments: [--directory, /srv/records]", "        stop_timeout: 3s"]
    for program, *arguments in settings.others:
        lines += [f"      - program: {program}", f"        arguments: [{', '.join(arguments)}]",
                  "        stop_timeout: 3s"]
    lines += ["    addresses:", f"      - address: {FLOATING}/24", "        interface: lan0"]
    if settings.response:
        lines.append(f"    response: {json.dumps(settings.response)}")
    return "\n".join(lines) + "\n" + settings.more


def storage_address(cluster: Cluster, server: str, router: bool, by: str = ROUTER) -> str:
    """Address of one end of a server's storage link to the router @by."""
    return f"10.{cluster.routers.index(by)}.{cluster.number(server)}.{1 if router else 2}"


def backbone_address(cluster: Cluster, router: str) -> str:
    """Address of one end of the link between the routers."""
    return f"10.2.0.{1 + cluster.routers.index(router)}"


class Client:
    """The client of the floating address, running in one VM; knows what was acknowledged."""

    def __init__(self, cluster: Cluster, vm: str, first: int = 1, interval_ms: int = 30):
        self.vm = vm
        self.acked = first - 1
        self.lost: list[str] = []
        self.acks: list[tuple[float, int, str, float]] = []
        """(time, record, host that acknowledged, ms it took)"""
        self.outages: list[tuple[float, str]] = []
        self._timeline = cluster.timeline
        self._cond = threading.Condition()
        self._last_host = ""
        self.job: Job = cluster[vm].spawn("/usr/bin/recordc", FLOATING, str(PORT), str(first), str(interval_ms),
                                          on_line=self._line)

    def _line(self, now: float, line: str) -> None:
        words = line.split()
        with self._cond:
            if words[0] == "ack":
                self.acked = int(words[1])
                self.acks.append((now, self.acked, words[2], float(words[3])))
                if words[2] != self._last_host:
                    self._last_host = words[2]
                    self._timeline.add(now, self.vm, "client", f"record {self.acked} acknowledged by {words[2]}")
            elif words[0] == "lost":
                self.lost.append(line)
                self._timeline.add(now, self.vm, "client", line)
            else:
                self.outages.append((now, words[0]))
                self._timeline.add(now, self.vm, "client", line)
            self._cond.notify_all()

    def wait_answer(self, host: Optional[str], timeout: float, since: Optional[float] = None) -> float:
        """When @host (None = anyone) first acknowledged a record after @since (default: now)."""
        since = time.time() if since is None else since

        def first() -> Optional[float]:
            return next((a[0] for a in self.acks if a[0] >= since and host in (None, a[2])), None)

        return wait_for(f"an answer to the client from {host or 'anyone'}", first, timeout, 0.05)

    def stop(self) -> None:
        """End the client; what is acknowledged stays known."""
        self.job.kill()
        self.job.done.wait(10)


class Site:
    """A Cluster with knell on it."""

    def __init__(self, cluster: Cluster, settings: Optional[Settings] = None):
        self.cluster = cluster
        self.settings = settings or Settings()
        self.secret = secrets.token_hex(32)
        # who follows the events of a node, and in which boot of it
        self._monitors: dict[str, tuple[int, Job]] = {}

    # set-up

    def start(self) -> None:
        """Everything from power-on to the application answering."""
        self.boot()
        self.make_filesystem()
        for name in self.cluster.machines:
            self.start_knell(name)

    def boot(self) -> None:
        """Boot all VMs, export the LUNs, log in; no knell yet but the modules."""
        self.cluster.start()
        with ThreadPoolExecutor() as pool:
            list(pool.map(self.prepare, self.cluster.routers))
            list(pool.map(self.prepare, self.cluster.leaves))

    def restart(self, name: str) -> None:
        """Boot one VM that has ended, up to a running daemon."""
        self.cluster.start([name])
        self.prepare(name)
        self.start_knell(name)

    def prepare(self, name: str) -> None:
        """Names, addresses, state disk, modules, target or sessions of one VM."""
        vm = self.cluster[name]
        vm.run("hostname", name)
        cards = [self.cluster.mac(name, "lan0"), "lan0", f"192.168.77.{self.cluster.number(name)}/24"]
        for card, address in self._storage_cards(name):
            cards += [self.cluster.mac(name, card), card, address + "/24"]
        if BACKBONE in self.cluster.cards(name):
            cards += [self.cluster.mac(name, BACKBONE), BACKBONE, backbone_address(self.cluster, name) + "/24"]
        vm.run("/lib/vm/net.sh", *cards)
        if self.settings.stack:
            self._stack(name)
        vm.run("/lib/vm/state.sh")
        vm.run("mkdir", "-p", "/srv/records")
        vm.put("/etc/knell/secret", self.secret + "\n", 0o600)
        self.put_file(name)
        vm.run("modprobe", "knell")
        if name in self.cluster.routers:
            self._export(name)
            self._meet(name)
        else:
            self.login(name)

    def cluster_file(self) -> str:
        """What every node gets as /etc/knell/cluster.yaml."""
        return cluster_file(self.cluster, self.settings)

    def _storage_cards(self, name: str) -> list[tuple[str, str]]:
        """Card and address of a VM's end of each of its storage links."""
        cluster = self.cluster
        pairs = ([(name, router) for router in cluster.routers] if name in cluster.leaves else
                 [(leaf, name) for leaf in cluster.leaves])
        return [(cluster.storage_card(name, server, router),
                 storage_address(cluster, server, name == router, router)) for server, router in pairs]

    def _stack(self, name: str) -> None:
        """Move the storage addresses to devices on top of the cards; the router's end needs no bond."""
        kind = self.settings.stack
        for card, address in self._storage_cards(name):
            if name in self.cluster.servers or kind == "vlan":
                self.cluster[name].run("/lib/vm/stack.sh", kind, card, address + "/24")

    def _export(self, name: str) -> None:
        cluster = self.cluster
        pairs = [word for leaf in cluster.leaves
                 for word in (initiator(leaf), storage_address(cluster, leaf, True, name))]
        others = [word for router in cluster.routers if router != name
                  for word in (initiator(router), backbone_address(cluster, name))]
        if name == cluster.storage and not cluster.arrays:
            self._target(name, "data", DATA_IQN, DATA_SERIAL, 0, pairs)
        self._target(name, "mailbox", mailbox_iqn(name), f"4b6e656c6c4d61696c626f78{cluster.number(name):x}",
                     self.settings.nopin, pairs + others)

    def _target(self, name: str, what: str, iqn: str, serial: str, nopin: int, pairs: list[str]) -> None:
        self.cluster[name].run("env", f"NOPIN={nopin}", f"NOPIN_RESPONSE={self.settings.nopin_response}",
                               f"SERIAL={serial}", f"TAS={self.settings.tas}", "/lib/vm/target.sh", what, iqn, *pairs)

    def _meet(self, name: str) -> None:
        """Each router logs in to the other's mailbox, whenever that is there."""
        for other in self.cluster.routers:
            if other != name:
                self.cluster[name].spawn("/lib/vm/login.sh", backbone_address(self.cluster, other), mailbox_iqn(other),
                                         "0", str(self.settings.replacement))

    def login(self, name: str) -> None:
        """Log a server in to its targets and wait for the data disk."""
        cluster, vm = self.cluster, self.cluster[name]
        for router in cluster.routers:
            portal = storage_address(cluster, name, True, router)
            targets = [(mailbox_iqn(router), 0)]
            if router == cluster.storage:
                targets.insert(0, (DATA_IQN, self.settings.noop))
            for iqn, noop in targets:
                login = ["/lib/vm/login.sh", portal, iqn, str(noop), str(self.settings.replacement)]
                if cluster[router].running():
                    vm.run(*login)
                else:
                    vm.spawn(*login)
        wait_for(f"{name}: {DATA_DEVICE}", lambda: vm.run("test", "-b", DATA_DEVICE, check=False).status == 0, 30)

    def make_filesystem(self) -> None:
        """An empty file system on the data LUN."""
        kind = self.settings.filesystem
        size = f"{self.settings.fs_mb}m"
        flags = ["-q", "-F", DATA_DEVICE, size] if kind == "ext4" else ["-q", "-f", "-d", f"size={size}", DATA_DEVICE]
        self.cluster[self.settings.home].run(f"mkfs.{kind}", *flags)

    def put_file(self, name: str) -> None:
        """Write the cluster file of one VM."""
        self.cluster[name].put("/etc/knell/cluster.yaml", self.cluster_file())

    def start_knell(self, name: str, described: bool = True) -> None:
        """Start the daemon; its log goes to the timeline and to a file of the run.

        Where it has no description it waits for one, and is not waited for.
        """
        log = open(self.cluster.logs / f"{name}.knelld.{self.cluster[name].boots}.log", "w", encoding="utf-8")

        def on_line(now: float, line: str) -> None:
            log.write(f"{now:.6f} {line}\n")
            log.flush()
            self.cluster.timeline.add(now, name, "knelld", line)

        job = self.cluster[name].spawn("/bin/sh", "-c", "exec knelld 2>&1", on_line=on_line)
        wait_for(f"{name}: knelld has installed the cluster",
                 lambda: job.done.is_set() or not described or self._answers(name), 30)
        if job.done.is_set():
            raise RuntimeError(f"{name}: knelld ended: {job.out.decode(errors='replace')}")
        self._follow(name)

    def _follow(self, name: str) -> None:
        """Put the events of a node's kernel on the timeline, once, however often its daemon is started."""
        boots = self.cluster[name].boots
        if name in self._monitors:
            boot, job = self._monitors[name]
            if boot == boots and not job.done.is_set():
                return

        def on_line(now: float, line: str) -> None:
            self.cluster.timeline.add(now, name, "event", line)

        self._monitors[name] = boots, self.cluster[name].spawn("knellctl", "--json", "monitor", on_line=on_line)

    def _answers(self, name: str) -> bool:
        return self.cluster[name].run("knellctl", "--json", "status", check=False).status == 0

    # what a node says

    def status(self, name: str) -> dict[str, Any]:
        """The cluster as a node sees it: "knellctl status --json"."""
        return json.loads(self.cluster[name].run("knellctl", "--json", "status").out)

    def node_status(self, at: str, name: str) -> str:
        """Status of a node in another's (or its own) word."""
        return next(n["status"] for n in self.status(at)["nodes"] if n["name"] == name)

    def app(self, at: str) -> tuple[str, str, str]:
        """(state, owner, reason) of the application in a node's word."""
        app = self.status(at)["applications"][0]
        return app["state"], app["owner"] or "", app["reason"]

    def mib(self, name: str) -> tuple[int, str]:
        """(generation, hash) of the MIB a node holds."""
        cluster = self.status(name)["cluster"]
        return cluster["generation"], cluster["mib_hash"]

    def reaches(self, at: str) -> bool:
        """Whether a node has a session to each of two routers."""
        if len(self.cluster.routers) == 1:
            return True
        links = json.loads(self.cluster[at].run("knellctl", "--json", "fabric").out)["links"]
        met = {link["peer"] for link in links if link["kind"] == "initiator" and link["state"] == "up"}
        return met.issuperset(set(self.cluster.routers) - {at})

    def healthy(self, at: str) -> bool:
        """Whether a node sees everybody well, and all routers, and the application served."""
        status = self.status(at)
        return (self.reaches(at) and all(n["status"] in ("active", "standby") for n in status["nodes"]) and
                all(a["state"] == "running" for a in status["applications"]))

    def evidence(self, name: str) -> list[list[str]]:
        """Commands whose output explains a failure."""
        commands = [["knellctl", word] for word in ("status", "fabric", "health", "history", "stats")]
        commands += [["dmesg"], ["ps"], ["cat", "/proc/mounts"], ["ip", "addr"], ["ss", "-tnp"]]
        if name in self.cluster.routers:
            commands += [["sh", "-c", "cd /sys/kernel/config/target/core && grep -r . iblock_0/data/pr knell_0"],
                         ["sh", "-c", "head -100 /etc/target/pr/*"]]
        else:
            commands += [["iscsiadm", "-m", "session", "-P", "3"], ["sg_persist", "-k", DATA_DEVICE],
                         ["sg_persist", "-r", DATA_DEVICE]]
        return commands
