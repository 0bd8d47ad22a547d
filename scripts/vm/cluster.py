# SPDX-License-Identifier: GPL-2.0
"""Routers, servers and arrays as VMs: point-to-point storage links, a LAN, disks that outlive a restart.

    r, and q if there are two --- storage link --- each server, array   every VM --- LAN (a switch on the host)
    r --- backbone --- q
"""

import os
import shutil
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterable, Optional

from . import pcap
from .lan import Lan
from .machine import Disk, Machine, Nic

ROUTER = "r"
PR_MB = 16           # disk of an array for the reservations of its volume
SECOND = "q"         # the second router, if there is one
ARRAYS = ["x", "y"]  # arrays behind the routers, if there are
BACKBONE = "peer0"    # name of the card at both ends of the link between the routers


@dataclass(frozen=True)
class Event:
    """Something that happened in a VM, at the time it was heard of on the host."""

    time: float
    vm: str
    source: str
    text: str


class Timeline:
    """Everything heard from all VMs on one clock. Any thread."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._lock = threading.Lock()
        self.listeners: list[Callable[[Event], None]] = []

    def add(self, when: float, vm: str, source: str, text: str) -> None:
        event = Event(when, vm, source, text)
        with self._lock:
            self._events.append(event)
        for listener in self.listeners:
            listener(event)

    def events(self, source: Optional[str] = None, vm: Optional[str] = None, since: float = 0) -> list[Event]:
        """Events in order of arrival."""
        with self._lock:
            return [e for e in self._events if e.time >= since and source in (None, e.source) and vm in (None, e.vm)]

    def write(self, path: Path) -> None:
        with open(path, "w", encoding="utf-8") as f:
            for e in sorted(self.events(), key=lambda e: e.time):
                f.write(f"{e.time:.6f} {e.vm:3} {e.source:10} {e.text}\n")


class Cluster:
    """VMs by name; a context manager that leaves nothing behind but the logs."""

    def __init__(self, servers: Iterable[str], vmlinux: Path, initrd: Callable[[Path], Path], logs: Path,
                 data_mb: int = 112, state_mb: int = 48, machine: type[Machine] = Machine, nic: str = "virtio-net-pci",
                 memory: int = 512, append: str = "", cpus: int = 1, routers: int = 1, arrays: int = 0):
        self.servers = list(servers)
        self.arrays = ARRAYS[:arrays]
        self.leaves = [*self.servers, *self.arrays]
        """who has a storage link to each router"""
        self.routers = [ROUTER, SECOND][:routers]
        self.storage = self.routers[-1]
        """the VM with the data disk: of two routers the one that does not grant first"""
        self.logs = logs
        self.timeline = Timeline()
        self.folder = Path(tempfile.mkdtemp(prefix="kn."))
        logs.mkdir(parents=True, exist_ok=True)
        self.lan = Lan(str(self.folder))
        self.machines: dict[str, Machine] = {}
        image = initrd(self.folder / "initrd")
        for name in (*self.routers, *self.leaves):
            disks = [self._disk(name, "state", state_mb)]
            if name == self.storage or name in self.arrays:
                disks.append(self._disk(name, "data", data_mb))
            if name in self.arrays:
                disks.append(self._disk(name, "pr", PR_MB))
            self.machines[name] = machine(
                name=name, folder=str(self.folder), vmlinux=vmlinux, initrd=image, logs=logs,
                nics=self._nics(name, nic), disks=disks, memory=memory, cpus=cpus, append=append,
                on_console=lambda when, vm, line: self.timeline.add(when, vm, "console", line))

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getitem__(self, name: str) -> Machine:
        return self.machines[name]

    def _disk(self, vm: str, serial: str, megabytes: int) -> Disk:
        path = self.folder / f"{vm}.{serial}"
        with open(path, "wb") as f:
            f.truncate(megabytes << 20)
        return Disk(serial, path)

    def number(self, name: str) -> int:
        """Node number: the router is 1, servers follow, then the second router, then the arrays."""
        return 1 if name == ROUTER else 2 + [*self.servers, SECOND, *self.arrays].index(name)

    def mac(self, owner: str, card: str) -> str:
        """MAC of a card of a VM, by the card's name."""
        return f"52:54:00:4b:{self.number(owner):02x}:{self.cards(owner).index(card):02x}"

    def cards(self, owner: str) -> list[str]:
        """Names of a VM's network cards: the LAN's, one for each storage link, the backbone's."""
        if owner in self.leaves:
            return ["lan0", *(self.storage_card(owner, owner, router) for router in self.routers)]
        return ["lan0", *(self.storage_card(owner, server, owner) for server in self.leaves),
                *([BACKBONE] if len(self.routers) > 1 else [])]

    def storage_card(self, owner: str, server: str, router: str) -> str:
        """Name of the card at one end of the storage link between a server and a router."""
        return f"sto{self.routers.index(router)}" if owner == server else f"sto-{server}"

    def _link(self, owner: str, server: str, router: str, model: str) -> Nic:
        mine, other = ("s", "r") if owner == server else ("r", "s")
        way = f"{self.folder}/l-{server}{self.routers.index(router) or ''}"
        capture = None if owner == server else self.logs / (
            f"link-{server}" if router == ROUTER else f"link-{server}-{router}")
        card = self.storage_card(owner, server, router)
        return Nic(card, self.mac(owner, card), f"{way}.{mine}", f"{way}.{other}", capture, model)

    def _nics(self, name: str, model: str) -> list[Nic]:
        vm_end, switch_end = self.lan.add(name)
        links = ([self._link(name, name, router, model) for router in self.routers] if name in self.leaves else
                 [self._link(name, server, name, model) for server in self.leaves])
        if name in self.routers and len(self.routers) > 1:
            other = next(r for r in self.routers if r != name)
            links.append(Nic(BACKBONE, self.mac(name, BACKBONE), f"{self.folder}/l-{name}.p",
                             f"{self.folder}/l-{other}.p", model=model))
        return links + [Nic("lan0", self.mac(name, "lan0"), vm_end, switch_end, model=model)]

    def start(self, names: Optional[Iterable[str]] = None, timeout: float = 120) -> None:
        """Boot VMs (all by default) side by side and wait for their agents."""
        chosen = list(names) if names is not None else list(self.machines)
        for name in chosen:
            self[name].start()
        for name in chosen:
            self[name].wait_ready(timeout)
            self.timeline.add(time.time(), name, "harness", "booted")

    def set_link(self, vm: str, card: str, up: bool) -> None:
        """Plug or pull one end of a link, by the name of its card."""
        self[vm].qmp.command("set_link", name=card, up=up)
        self.timeline.add(time.time(), vm, "harness", f"link {card} {'up' if up else 'cut'}")

    def captures(self, server: str) -> list[Path]:
        """Captures of a server's storage links, one per boot of their router."""
        return sorted([*self.logs.glob(f"link-{server}.*.pcap"), *self.logs.glob(f"link-{server}-*.pcap")])

    def frames(self, server: str, begin: float, end: float) -> pcap.Count:
        """What went over a server's storage links in a span of time."""
        total = pcap.Count(pcap.Counter(), pcap.Counter())
        for path in self.captures(server):
            part = pcap.count(path, begin, end)
            total.pdus.update(part.pdus)
            total.packets.update(part.packets)
        return total

    def close(self) -> None:
        """End every VM and the switch; remove sockets and disks; write the timeline."""
        for machine in self.machines.values():
            machine.kill()
        self.lan.close()
        self.timeline.write(self.logs / "timeline.log")
        shutil.rmtree(self.folder, ignore_errors=True)

    def leaks(self) -> list[str]:
        """What close() should have ended or removed and did not."""
        found = [f"process of VM {m.name}" for m in self.machines.values() if m.running()]
        if os.path.exists(self.folder):
            found.append(str(self.folder))
        return found
