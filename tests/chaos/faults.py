# SPDX-License-Identifier: GPL-2.0
"""What chaos does to a cluster. A fault is drawn from a random number generator, inflicted, and mended.

Drawing asks nothing but the generator, so a seed always gives the same order of faults; who is meant by a role is
found out when the fault is inflicted.
"""

import random
import time
from dataclasses import dataclass, field
from typing import Any, Callable

from vm.agent import AgentGone
from vm.cluster import ROUTER
from vm.poll import wait_for
from vm.qmp import QmpError
from run_state import Run

ROLES = ("owner", "owner", "owner", "first", "second")
STATE = "/var/lib/knell"
GONE = (AgentGone, QmpError, OSError)


@dataclass
class Fault:
    """One fault, ready to be inflicted."""

    kind: str
    values: dict[str, Any]
    victims: set[str] = field(default_factory=set)
    """nodes that may die of it; known once it is inflicted"""
    off: set[str] = field(default_factory=set)
    """nodes that stay off until the service is back"""
    mends: list[Callable[[], None]] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.kind}({', '.join(f'{k}={v}' for k, v in self.values.items())})"

    @property
    def bound(self) -> float:
        """Seconds from the end of the deed to the first answer to the client."""
        return KINDS[self.kind][2]

    def inflict(self, run: Run) -> None:
        """Do it; of two faults that come at once, the first may have left nothing for the second to act on."""
        try:
            KINDS[self.kind][1](self, run, **self.values)
        except GONE:
            pass

    def mend(self) -> None:
        """Take it back, as far as the machine it was about still runs."""
        while self.mends:
            try:
                self.mends.pop()()
            except GONE:
                pass


KINDS: dict[str, tuple[Callable[[random.Random], dict[str, Any]], Callable[..., None], float]] = {}


def kind(bound: float, **draws: Callable[[random.Random], Any]) -> Callable:
    """Register a kind of fault under its function's name; @draws make its arguments."""

    def register(function: Callable) -> Callable:
        KINDS[function.__name__.replace("_", "-")] = (
            lambda rng: {name: draw(rng) for name, draw in draws.items()}, function, bound)
        return function

    return register


def draw(rng: random.Random) -> Fault:
    """Any fault."""
    name = rng.choice(sorted(KINDS))
    return Fault(name, KINDS[name][0](rng))


def role(rng: random.Random) -> str:
    return rng.choice(ROLES)


def between(low: float, high: float) -> Callable[[random.Random], float]:
    return lambda rng: round(rng.uniform(low, high), 1)


def who(run: Run, wanted: str) -> str:
    """The node that has a role now."""
    order = [run.site.settings.home, *run.site.settings.standby[run.site.settings.home]]
    owner = run.owner() or order[0]
    others = [name for name in order if name != owner]
    return {"owner": owner, "first": others[0], "second": others[-1]}[wanted]


def last(seconds: float) -> None:
    """The time a fault lasts."""
    end = time.monotonic() + seconds
    wait_for("the fault to have lasted", lambda: time.monotonic() >= end, seconds + 5, 0.1)


def doom(fault: Fault, run: Run, name: str) -> None:
    """This boot of a node ends now; it is booted again when the service is back."""
    fault.victims.add(name)
    fault.off.add(name)
    run.excuse(name)


@kind(60, node=role)
def panic(fault: Fault, run: Run, node: str) -> None:
    """The kernel panics."""
    name = who(run, node)
    doom(fault, run, name)
    run.vm(name).spawn("/bin/sh", "-c", "echo c > /proc/sysrq-trigger")


@kind(60, node=role)
def power(fault: Fault, run: Run, node: str) -> None:
    """Power loss."""
    name = who(run, node)
    doom(fault, run, name)
    run.vm(name).kill()


@kind(60, node=role)
def hang(fault: Fault, run: Run, node: str) -> None:
    """Every user process stops."""
    name = who(run, node)
    doom(fault, run, name)
    run.vm(name).spawn("/bin/sh", "-c", "kill -STOP -1")


@kind(60, node=role)
def stop_daemon(fault: Fault, run: Run, node: str) -> None:
    """The daemon stops, everything else goes on."""
    name = who(run, node)
    doom(fault, run, name)
    run.vm(name).run("pkill", "-STOP", "-x", "knelld")


@kind(60, node=role)
def kill_daemon(fault: Fault, run: Run, node: str) -> None:
    """The daemon is killed; whoever supervises it starts it again."""
    name = who(run, node)
    fault.victims.add(name)     # if it is not back in time
    run.vm(name).run("pkill", "-KILL", "-x", "knelld")
    run.site.start_knell(name)


@kind(60, node=role, seconds=between(0.5, 25), end=lambda rng: rng.choice(("router", "server")))
def cut(fault: Fault, run: Run, node: str, seconds: float, end: str) -> None:
    """The storage link is cut: silently, or with loss of carrier at the server."""
    name = who(run, node)
    fault.victims.add(name)
    card = (ROUTER, f"sto-{name}") if end == "router" else (name, "sto0")
    run.cluster.set_link(*card, False)
    fault.mends.append(lambda: run.vm(card[0]).running() and run.cluster.set_link(*card, True))
    last(seconds)


def netem(fault: Fault, run: Run, name: str, end: str, words: str) -> None:
    """Disturb what one end of a server's storage link sends."""
    vm, card = (ROUTER, f"sto-{name}") if end == "router" else (name, "sto0")
    boot = run.vm(vm).boots
    run.vm(vm).run("tc", "qdisc", "add", "dev", card, "root", "netem", *words.split())

    def mend() -> None:
        machine = run.vm(vm)
        if machine.running() and machine.boots == boot:
            machine.run("tc", "qdisc", "del", "dev", card, "root", check=False)

    fault.mends.append(mend)


@kind(60, node=role, seconds=between(0.5, 25), end=lambda rng: rng.choice(("router", "server")))
def one_way(fault: Fault, run: Run, node: str, seconds: float, end: str) -> None:
    """What one end sends is lost, the other direction works."""
    name = who(run, node)
    fault.victims.add(name)
    netem(fault, run, name, end, "loss 100%")
    last(seconds)


@kind(60, node=role, seconds=between(5, 20), ms=lambda rng: rng.choice((20, 100, 300)), end=lambda rng: rng.choice(("router", "server")))
def delay(fault: Fault, run: Run, node: str, seconds: float, ms: int, end: str) -> None:
    """Packets are late, some are lost, some overtake others: nobody dies of that."""
    netem(fault, run, who(run, node), end, f"delay {ms}ms {ms // 2}ms loss 1%")
    last(seconds)


@kind(60, node=role, seconds=between(0.5, 25))
def pause(fault: Fault, run: Run, node: str, seconds: float) -> None:
    """The whole machine stands still, then goes on as if nothing had been."""
    name = who(run, node)
    fault.victims.add(name)
    machine = run.vm(name)
    machine.qmp.command("stop")
    fault.mends.append(lambda: machine.running() and machine.qmp.command("cont"))
    last(seconds)
    fault.mend()


@kind(150, how=lambda rng: rng.choice(("power", "panic")))
def router(fault: Fault, run: Run, how: str) -> None:
    """The only router dies and comes back: a cold start of everything."""
    fault.victims |= set(run.cluster.machines)    # all are cut off
    run.excuse(ROUTER)
    machine = run.vm(ROUTER)
    if how == "panic":
        machine.spawn("/bin/sh", "-c", "echo c > /proc/sysrq-trigger")
        wait_for("the router to be gone", lambda: not machine.running(), 30)
    machine.kill()
    run.site.restart(ROUTER)


@kind(60, node=role, seconds=between(5, 15))
def disk_full(fault: Fault, run: Run, node: str, seconds: float) -> None:
    """No room where the daemon keeps its state."""
    name = who(run, node)
    fault.victims.add(name)
    run.vm(name).sh(f"dd if=/dev/zero of={STATE}/fill bs=1M 2>/dev/null; true")
    fault.mends.append(lambda: run.vm(name).running() and run.vm(name).run("rm", "-f", f"{STATE}/fill"))
    last(seconds)


@kind(60, node=role, seconds=between(1, 10), jump=lambda rng: rng.choice((-86400, -3600, -5, 5, 3600, 86400)))
def clock_jump(fault: Fault, run: Run, node: str, seconds: float, jump: int) -> None:
    """The wall clock jumps, and back: nobody dies of that."""
    name = who(run, node)
    machine = run.vm(name)
    machine.run("date", "-s", f"@{int(time.time()) + jump}")
    fault.mends.append(lambda: machine.running() and machine.run("date", "-s", f"@{int(time.time())}"))
    last(seconds)


@kind(60, node=role)
def reload_module(fault: Fault, run: Run, node: str) -> None:
    """The daemon ends in good order, the module is loaded anew."""
    name = who(run, node)
    machine = run.vm(name)
    machine.run("pkill", "-TERM", "-x", "knelld")
    wait_for(f"{name}: the daemon has ended", lambda: machine.run("pgrep", "-x", "knelld", check=False).status, 30)
    machine.run("modprobe", "-r", "knell")
    machine.run("modprobe", "knell")
    run.site.start_knell(name)


@kind(60)
def planned(_: Fault, run: Run) -> None:
    """The administrator moves the application."""
    run.vm(ROUTER).run("knellctl", "failover", who(run, "owner"))
