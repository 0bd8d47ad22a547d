# SPDX-License-Identifier: GPL-2.0
"""What a running scenario knows: roles, marks in time, the client, which complaints are excused; how to mend it."""

import time
from pathlib import Path
from typing import Optional

from vm.agent import Job
from vm.arp import AddressWatch
from vm.cluster import ROUTER, Cluster
from vm.machine import Machine
from vm.poll import wait_for
from vm.site import Client, Site


class Failure(Exception):
    """Something a scenario demands was not so."""


class Run:
    """State shared by the steps of scenarios on one cluster."""

    def __init__(self, site: Site, client: Client):
        self.site = site
        self.client = client
        self.roles: dict[str, str] = {"$router": ROUTER}
        self.marks: dict[str, float] = {}
        self.notes: list[str] = []
        self.jobs: dict[str, Job] = {}
        self.counters: dict[str, int] = {}
        self.watch: Optional[AddressWatch] = None
        self._excused: set[tuple[str, int]] = set()

    @property
    def cluster(self) -> Cluster:
        return self.site.cluster

    def begin(self) -> None:
        """Start of a scenario: who has which role now."""
        self.marks = {"begin": time.time()}
        self.notes = []
        self.cast()

    def cast(self) -> None:
        """Who has which role now."""
        owner = self.owner()
        order = [self.site.settings.home, *self.site.settings.standby[self.site.settings.home]]
        others = [n for n in order if n != owner]
        self.roles = {"$router": ROUTER, "$owner": owner, "$next": others[0]}
        if len(others) > 1:
            self.roles["$third"] = others[1]
        if self.cluster.arrays:
            serving = self.site.volume(self.alive()[0])[1]
            self.roles["$array"] = serving
            self.roles["$spare"] = next(a for a in self.cluster.arrays if a != serving)

    def name(self, node: str) -> str:
        """Name of a node given by name or role."""
        return self.roles.get(node, node)

    def expand(self, text: str) -> str:
        """A command argument with roles replaced."""
        for role, name in self.roles.items():
            text = text.replace(role, name)
        return text

    def vm(self, node: str) -> Machine:
        return self.cluster[self.name(node)]

    def owner(self) -> str:
        """Who serves the application, in the router's (or any other living node's) word."""
        return self.site.app(self.alive()[0])[1]

    def alive(self) -> list[str]:
        """Nodes whose VM runs and is not frozen."""
        return [n for n, m in self.cluster.machines.items()
                if m.running() and (n, m.boots) not in self._excused]

    def mark(self, what: str, when: Optional[float] = None) -> None:
        self.marks[what] = time.time() if when is None else when
        self.cluster.timeline.add(self.marks[what], "-", "mark", what)

    def note(self, text: str) -> None:
        """Something worth knowing in the output of the run."""
        self.notes.append(text)

    def excuse(self, node: str) -> None:
        """This boot of a node is going to die: its complaints do not count."""
        name = self.name(node)
        self._excused.add((name, self.cluster[name].boots))

    def complaints(self) -> list[str]:
        """Kernel complaints in all consoles of boots that were not made to die."""
        found = []
        for name, machine in self.cluster.machines.items():
            for boot in range(1, machine.boots + 1):
                if (name, boot) not in self._excused:
                    found += [f"{name}: {line}" for line in machine.crash_lines(boot)]
        return found

    def settled(self, within: float = 60) -> None:
        """Wait until every node sees every node healthy and the application running."""
        for name in self.cluster.machines:
            wait_for(f"{name} sees every node healthy and the application running",
                     lambda n=name: self.site.healthy(n), within)

    def heal(self) -> None:
        """Mend links, boot who is gone, wait until all is well and the client is answered."""
        for vm, machine in self.cluster.machines.items():
            for card in self.cluster.cards(vm) if machine.running() else ():
                self.cluster.set_link(vm, card, True)
        for name, machine in self.cluster.machines.items():
            if machine.running() and name not in self.alive():
                machine.kill()
            if not machine.running():
                self.site.restart(name)
        self.settled()
        if self.client.job.done.is_set():
            self.client = Client(self.cluster, self.client.vm, self.client.acked + 1)
        self.client.wait_answer(None, 30)

    def collect(self) -> Path:
        """Put what the living VMs know into the folder of the run."""
        folder = self.cluster.logs
        for name, machine in self.cluster.machines.items():
            if not machine.running():
                continue
            with open(folder / f"{name}.state.log", "w", encoding="utf-8") as f:
                for argv in self.site.evidence(name):
                    try:
                        result = machine.run(*argv, check=False, timeout=10)
                        f.write(f"$ {' '.join(argv)}\n{result.out}{result.err}\n")
                    except Exception as error:
                        f.write(f"$ {' '.join(argv)}\n{error}\n")
        return folder
