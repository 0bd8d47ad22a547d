# SPDX-License-Identifier: GPL-2.0
"""One router and many nodes: how soon all know of a death, what a node costs the router, over their number."""

import os
import re
import statistics
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path

from vm import initramfs, kernel, site
from vm.cluster import ROUTER, Cluster
from vm.poll import wait_for

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
CROWD = "a"                     # the VM all nodes but the router are in
NETWORK = "10.9.0.0/16"         # their addresses, all at home in that VM
FIRST_NODE = 2
PREFIX = site.initiator("n")
PURE = ("fabric/hop", "fabric/wire", "fabric/cdb", "membership/record")
FIFO = "/run/crowd"
ECHO_PORT = 7000
SILENCE_MS = 500
COUNTS = (16, 64, 128, 256, 512)
MEMORY_MB = 1024
PAGE_KB = 4


@dataclass
class Point:
    """What was measured with one number of nodes; times in ns since a last gasp was sent."""

    nodes: int
    first: list[int] = field(default_factory=list)
    median: list[int] = field(default_factory=list)
    last: list[int] = field(default_factory=list)
    frames: int = 0
    """what the new nodes and those that were there before were sent while the new ones joined"""
    session_kb: int = 0
    """memory of the router in use by iSCSI sessions alone, since the first one"""
    joined_kb: int = 0
    """the same with all of them members of the cluster"""
    daemon_kb: int = 0
    """resident memory of the router's knelld"""
    busy_us: float = 0
    """processor time of the router's VM for one death and the return of who died; the host's load hardly changes it"""


def build_crowd(build: Path) -> Path:
    """Compile the program that is all the nodes; it decodes with the kernel's own pure files."""
    target = build / "bench" / "bench-crowd"
    target.parent.mkdir(parents=True, exist_ok=True)
    sources = [HERE / "crowd.c", *(TOP / "kmod" / f"{name}.c" for name in PURE)]
    subprocess.run(["cc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wno-sign-compare", "-Wno-unused-parameter",
                    "-Werror", "-iquote", TOP / "kmod", "-I", TOP / "include/uapi", "-o", target, *sources, "-liscsi"],
                   check=True)
    return target


def _address(node: int) -> str:
    return f"10.9.{node // 250}.{node % 250 + 1}"


def _cluster_file(router: str, count: int) -> str:
    lines = ["version: 1", "cluster:", "  name: crowd", "  id: 0x4b4e0001", f"  generation: {count}",
             "  secret_file: /etc/knell/secret", "options:", "  helper_timeout: 20s", "nodes:",
             f"  - {{name: {ROUTER}, id: 1, role: router, addresses: [{router}]}}"]
    lines += [f"  - {{name: n{n}, id: {n}, role: server, initiator: {PREFIX}{n}, addresses: [{_address(n)}]}}"
              for n in range(FIRST_NODE, FIRST_NODE + count)]
    return "\n".join(lines) + "\n"


class _Site(site.Site):
    """A router with nothing but a mailbox, and an ACL for every node."""

    def __init__(self, cluster: Cluster, most: int):
        # no NOPs: hundreds of sessions would answer them in the middle of a measurement
        super().__init__(cluster, site.Settings(nopin=0))
        self.most = most

    def _export(self, name: str) -> None:
        portal = site.storage_address(self.cluster, CROWD, True)
        pairs = [word for n in range(FIRST_NODE, FIRST_NODE + self.most) for word in (f"{PREFIX}{n}", portal)]
        self.cluster[name].run("env", "NOPIN=0", "NOPIN_RESPONSE=5", "SERIAL=4b6e656c6c4d61696c626f781",
                               "/lib/vm/target.sh", "mailbox", site.mailbox_iqn(name), *pairs, timeout=600)

    def _follow(self, name: str) -> None:
        """Nobody looks on: it would cost the router time."""


class Crowd:
    """The router, and the VM with all the others."""

    def __init__(self, release: str, logs: Path, products: initramfs.Products, most: int):
        products.programs.append(build_crowd(TOP / "build"))
        self.cluster = Cluster([CROWD], kernel.vmlinux(release),
                               lambda path: initramfs.build(release, products, path), logs, memory=MEMORY_MB)
        self.site = _Site(self.cluster, most)
        self.router, self.vm = self.cluster[ROUTER], self.cluster[CROWD]
        self._lines: list[str] = []
        self._news = threading.Condition()

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, *_: object) -> None:
        self.cluster.close()

    def start(self, count: int) -> None:
        """Boot both; the router is alone in a cluster of so many nodes."""
        self.cluster.start()
        self.site.prepare(ROUTER)
        self._describe(count)
        portal = site.storage_address(self.cluster, CROWD, True)
        self.vm.run("/lib/vm/net.sh", self.cluster.mac(CROWD, "sto0"), "sto0",
                    site.storage_address(self.cluster, CROWD, False) + "/24")
        self.vm.run("ip", "route", "add", "local", NETWORK, "dev", "lo")
        self.router.run("ip", "route", "add", NETWORK, "dev", self.cluster.storage_card(ROUTER, CROWD, ROUTER))
        self.site.start_knell(ROUTER)
        self.vm.run("mkfifo", FIFO)
        self._job = self.vm.spawn("bench-crowd", portal, site.mailbox_iqn(ROUTER), PREFIX, "0x4b4e0001", FIFO,
                                  on_line=self._line)

    def _line(self, _: float, line: str) -> None:
        with self._news:
            self._lines.append(line)
            self._news.notify_all()

    def _describe(self, count: int) -> None:
        self.router.put("/etc/knell/cluster.yaml",
                        _cluster_file(site.storage_address(self.cluster, CROWD, True), count))

    def grow(self, count: int) -> None:
        """A new generation of the cluster file, with so many nodes."""
        self._describe(count)
        self.router.run("pkill", "-HUP", "knelld")
        wait_for(f"a cluster of {count} nodes", lambda: len(self.site.status(ROUTER)["nodes"]) == count + 1, 120)

    def order(self, *words: object, answers: int = 1, timeout: float = 300) -> list[list[int]]:
        """Have something done by the crowd; the numbers of its answers."""
        line = " ".join(str(word) for word in words)
        self._lines.clear()
        self.vm.run("sh", "-c", f'echo "$1" > {FIFO}', "sh", line)

        def over() -> bool:
            if self._job.done.is_set():
                raise RuntimeError(f"{line}: the crowd ended: {self._job.err.decode(errors='replace')}")
            return len(self._lines) >= answers

        wait_for(f"the crowd: {line}", over, timeout)
        return [[int(word) for word in answer.split()[1:]] for answer in self._lines]

    def ping(self, count: int) -> list[int]:
        """Round-trip times of UDP between the two VMs, ns: the yardstick."""
        server = self.router.spawn("bench-link", "serve", str(ECHO_PORT))
        out = self.vm.run("bench-link", "ping", site.storage_address(self.cluster, CROWD, True), str(ECHO_PORT),
                          str(count)).out
        server.kill()
        return [int(word) for word in out.split()]

    def used_kb(self) -> int:
        """Memory of the router that is in use; neither caches of files nor free pages on a processor's own list."""
        out = self.router.sh("sync; echo 3 > /proc/sys/vm/drop_caches; cat /proc/meminfo").out
        facts = {line.split(":")[0]: int(line.split()[1]) for line in out.splitlines()}
        listed = re.findall(r"^ +count: +(\d+)$", self.router.sh("cat /proc/zoneinfo").out, re.MULTILINE)
        return facts["MemTotal"] - facts["MemAvailable"] - sum(map(int, listed)) * PAGE_KB

    def busy_us(self) -> float:
        """Processor time of the router's VM until now."""
        fields = Path(f"/proc/{self.router.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1e6 / os.sysconf("SC_CLK_TCK")

    def daemon_kb(self) -> int:
        """Resident memory of the router's knelld."""
        out = self.router.sh('cat "/proc/$(pgrep -o -x knelld)/status"').out
        return next(int(line.split()[1]) for line in out.splitlines() if line.startswith("VmRSS"))


def measure(crowd: Crowd, counts: list[int], deaths: int, rtts: list[int], points: list[Point]) -> None:
    """Fill in a point for each number of nodes, and the yardstick; what came before an error is kept."""
    crowd.start(counts[0])
    rtts += crowd.ping(100)
    empty = crowd.used_kb()
    frames = sessions = members = 0
    for count in counts:
        point = Point(count)
        crowd.grow(count)
        before = crowd.used_kb()
        crowd.order("login", count)
        after = crowd.used_kb()
        sessions += after - before
        [[_, now]] = crowd.order("join", SILENCE_MS)
        members += crowd.used_kb() - after
        point.frames, frames = now - frames, now
        busy = crowd.busy_us()
        times = crowd.order("die", deaths, SILENCE_MS, answers=deaths)
        point.busy_us = (crowd.busy_us() - busy) / deaths
        for first, median, last in times:
            point.first.append(first)
            point.median.append(median)
            point.last.append(last)
        point.session_kb, point.joined_kb, point.daemon_kb = sessions, members, crowd.daemon_kb()
        points.append(point)
        print(f"# {count} nodes: the last one knows after {statistics.median(point.last) / 1e6:.1f} ms; "
              f"{crowd.used_kb() - empty} kB in use", file=sys.stderr, flush=True)


COSTS = {"last us": lambda point: statistics.median(point.last) / 1000,
         "busy us": lambda point: point.busy_us,
         "session kB": lambda point: point.session_kb,
         "member kB": lambda point: point.joined_kb}


def per_node(point: Point) -> dict[str, float]:
    """What one node costs at this number of them: time until the last one knows, processor time, memory."""
    return {name: cost(point) / point.nodes for name, cost in COSTS.items()}


def growth(points: list[Point]) -> dict[str, float]:
    """What a node costs where they are most, over the second point, where what all share weighs little; 1: like N."""
    if len(points) < 3:
        return {}
    small, large = per_node(points[1]), per_node(points[-1])
    return {name: large[name] / small[name] for name in COSTS if small[name] > 0}


def table(points: list[Point]) -> list[str]:
    """For people."""
    lines = [f"{'nodes':>6} {'first':>9} {'median':>9} {'last':>9} ms" +
             "".join(f" {name:>10}" for name in COSTS) + "  per node   knelld kB"]
    for point in points:
        times = [statistics.median(samples) / 1e6 for samples in (point.first, point.median, point.last)]
        lines.append(f"{point.nodes:6}" + "".join(f" {ms:9.2f}" for ms in times) + "   " +
                     "".join(f" {cost:10.1f}" for cost in per_node(point).values()) + f" {point.daemon_kb:20}")
    ratios = growth(points)
    if ratios:
        lines.append(f"a node among {points[-1].nodes} over one among {points[1].nodes}, above 1 = grows faster than "
                     "N: " + ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios.items()))
    return lines


def document(points: list[Point]) -> dict[str, object]:
    """For machines."""
    return {"points": [asdict(point) for point in points], "growth": growth(points)}
