# SPDX-License-Identifier: GPL-2.0
"""A site made for measuring: a router and two servers, the tools of this folder, clocks that can be compared."""

import subprocess
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Iterator, Optional

from vm import initramfs, kernel, pcap, site
from vm.agent import Job
from vm.cluster import ROUTER, Cluster
from vm.poll import wait_for

HERE = Path(__file__).resolve().parent
ECHO_PORT = 7000
MARK_PORT = 7001
SERVERS = ["a", "c"]
TOOLS = ("link", "crash", "timed")


def build_tools(build: Path) -> dict[str, Path]:
    """Compile the tools for the VMs; guest path -> file."""
    out = build / "bench"
    out.mkdir(parents=True, exist_ok=True)
    files = {}
    for name in TOOLS:
        target = out / name
        subprocess.run(["cc", "-static", "-O2", "-Wall", "-Wextra", "-Werror", "-o", target, HERE / f"{name}.c"],
                       check=True)
        files[f"/usr/bin/bench-{name}"] = target
    return files


def nanoseconds(stamp: str) -> int:
    """A time as knellctl prints it (UTC, nanoseconds) in ns since 1970."""
    whole, _, fraction = stamp.removesuffix("Z").partition(".")
    seconds = datetime.fromisoformat(whole).replace(tzinfo=timezone.utc).timestamp()
    return int(seconds) * 1_000_000_000 + int(fraction.ljust(9, "0"))


def settings(**options: str) -> site.Settings:
    """The site's settings with two servers that stand by for each other."""
    result = site.Settings(standby={"a": ["c"], "c": ["a"]}, client=ROUTER)
    result.options.update(options)
    return result


class Scene:
    """A cluster that is up, with echo servers on the router."""

    def __init__(self, release: str, logs: Path, chosen: site.Settings, products: initramfs.Products):
        self.cluster = Cluster(SERVERS, kernel.vmlinux(release),
                               lambda path: initramfs.build(release, products, path), logs)
        self.site = site.Site(self.cluster, chosen)
        self._echo: Optional[Job] = None

    def __enter__(self) -> "Scene":
        return self

    def __exit__(self, *_: object) -> None:
        self.cluster.close()

    def start(self) -> None:
        """Everything from power-on to the application running."""
        self.site.start()
        self.serve_echo()
        self.settle()

    def serve_echo(self) -> None:
        """Answer the servers' balls on the router."""
        self._echo = self.cluster[ROUTER].spawn("bench-link", "serve", str(ECHO_PORT))

    def settle(self) -> None:
        """Until every node sees every node well and the application running."""
        for name in self.cluster.machines:
            wait_for(f"{name} sees all well", lambda n=name: self.site.healthy(n), 120)

    def owner(self) -> str:
        """Who serves the application."""
        return self.site.app(ROUTER)[1]

    def other(self, server: str) -> str:
        """The server that is not @server."""
        return SERVERS[1 - SERVERS.index(server)]

    def ping(self, server: str, count: int) -> list[int]:
        """Round-trip times of UDP between a server and the router over the storage link, ns."""
        out = self.cluster[server].run("bench-link", "ping", site.storage_address(self.cluster, server, True),
                                       str(ECHO_PORT), str(count)).out
        return [int(word) for word in out.split()]

    def clock(self, server: str) -> int:
        """The router's clock minus the server's, ns."""
        out = self.cluster[server].run("bench-link", "clock", site.storage_address(self.cluster, server, True),
                                       str(ECHO_PORT), "50").out
        return int(out.split()[0])

    def capture(self, server: str) -> Iterator[tuple[float, bytes]]:
        """Packets of a server's storage link, all boots of the router."""
        for path in self.cluster.captures(server):
            yield from pcap.packets(path)

    def crash_times(self, server: str) -> list[int]:
        """When a server's crash tool struck, each time, by that server's clock, ns."""
        return [int(frame[frame.index(b"crash ") + 6:]) for _, frame in self.capture(server)
                if frame[36:38] == MARK_PORT.to_bytes(2, "big") and b"crash " in frame]

    def crash(self, server: str) -> tuple[float, int]:
        """Panic a server: the host's time just before, and the server's own, ns."""
        before = len(self.crash_times(server))
        since = time.time()
        self.cluster[server].spawn("bench-crash", site.storage_address(self.cluster, server, True), str(MARK_PORT))
        times = wait_for(f"the mark of {server}'s crash in the capture",
                         lambda: self.crash_times(server)[before:], 10)
        return since, times[0]
