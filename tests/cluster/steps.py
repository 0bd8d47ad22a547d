# SPDX-License-Identifier: GPL-2.0
"""The words a scenario file is written in: what is done to the cluster and what must then be seen.

A step is a function whose first argument is the Run; the rest comes from the scenario file. Node
arguments are names or roles: $owner, $next (the standby that takes over), $third, $router.
"""

import re
import time
from typing import Callable, Optional

from vm import pcap
from vm.cluster import ROUTER
from vm.poll import wait_for
from vm.site import DATA_DEVICE, PORT, FLOATING, Client
from run_state import Failure, Run

STEPS: dict[str, Callable] = {}


def step(function: Callable) -> Callable:
    """Register a word by the function's name."""
    STEPS[function.__name__.replace("_", "-")] = function
    return function


# what is done

@step
def panic(run: Run, node: str, how: str = "sysrq") -> None:
    """Kill a node's kernel: sysrq, or a word of knell_crash ("irq": an oops in an interrupt)."""
    vm = run.vm(node)
    if how != "sysrq":
        vm.run("modprobe", "knell_crash")
    run.excuse(node)
    run.mark("inflicted")
    if how == "sysrq":
        vm.spawn("/bin/sh", "-c", "echo c > /proc/sysrq-trigger")
    else:
        vm.spawn("/bin/sh", "-c", "echo $1 > /sys/module/knell_crash/parameters/now", "sh", how)


@step
def power_loss(run: Run, node: str) -> None:
    """End a node's VM without a word."""
    run.excuse(node)
    run.mark("inflicted")
    run.vm(node).kill()


@step
def freeze(run: Run, node: str, what: str = "knelld") -> None:
    """Stop the daemon, or every user process, of a node."""
    run.mark("inflicted")
    if what == "all":
        run.excuse(node)
        run.vm(node).spawn("/bin/sh", "-c", "kill -STOP -1")
    else:
        run.vm(node).run("pkill", "-STOP", "-x", what)


@step
def cut(run: Run, node: str, end: str = "router") -> None:
    """Cut a server's storage link: silently (router's end) or with loss of carrier (its own end)."""
    name = run.name(node)
    run.mark("inflicted")
    if end == "router":
        run.cluster.set_link(ROUTER, f"sto-{name}", False)
    else:
        run.cluster.set_link(name, "sto0", False)


@step
def plug(run: Run, node: str) -> None:
    """Mend both ends of a server's storage link."""
    name = run.name(node)
    run.cluster.set_link(ROUTER, f"sto-{name}", True)
    if run.vm(name).running():
        run.cluster.set_link(name, "sto0", True)


@step
def failover(run: Run, node: str, at: Optional[str] = None) -> None:
    """Order a planned switch with the console program of another node."""
    run.mark("inflicted")
    run.vm(at or "$router").run("knellctl", "failover", run.name(node), timeout=60)


@step
def command(run: Run, node: str, argv: list[str], status: int = 0, output: str = "", timeout: float = 60) -> None:
    """Run a command on a node; its status and, if given, its output (a pattern) must fit."""
    result = run.vm(node).run(*[run.expand(a) for a in argv], check=False, timeout=timeout)
    if result.status != status or not re.search(output, result.out + result.err):
        raise Failure(f"{' '.join(argv)} on {run.name(node)}: status {result.status}, expected {status} "
                      f"and output like {output!r}:\n{result.out}{result.err}")


@step
def boot(run: Run, node: str) -> None:
    """Start a node that has ended, up to its daemon."""
    run.site.restart(run.name(node))


# what must be seen

@step
def gone(run: Run, node: str, within: float = 15) -> None:
    """The VM of a node ends by itself."""
    run.vm(node).wait_gone(within)


@step
def status(run: Run, node: str, is_: str, at: Optional[list[str]] = None, within: float = 15) -> None:
    """Every living node (or those named in at) says that a node has a status, like 'down' or 'standby|active'."""
    name = run.name(node)
    watchers = [run.name(w) for w in at] if at else [w for w in run.alive() if w != name or "down" not in is_]
    for watcher in watchers:
        wait_for(f"{watcher} says that {name} is {is_}",
                 lambda w=watcher: re.fullmatch(is_, run.site.node_status(w, name)), within)


@step
def serves(run: Run, node: str, within: float = 30) -> None:
    """A node serves: the client has an answer from it, and every living node says so."""
    name = run.name(node)
    run.mark("answered", run.client.wait_answer(name, within, run.marks.get("inflicted")))
    for watcher in run.alive():
        wait_for(f"{watcher} says that {name} serves the application",
                 lambda w=watcher: run.site.app(w)[:2] == ("running", name), within)


@step
def idle(run: Run, node: str) -> None:
    """A node holds nothing of the application: no process, no mount, no address."""
    vm = run.vm(node)

    def holds() -> str:
        return vm.sh("pgrep -x recordd; grep /srv/records /proc/mounts; ip -o addr show | grep -F \"$1/\"; true",
                     FLOATING).out.strip()

    wait_for(f"{run.name(node)} let go of everything", lambda: not holds(), 15)


@step
def no_knell_frames(run: Run, seconds: float) -> None:
    """For a span of time nothing of knell goes over any link while the client is served."""
    begin = time.time()
    wait_for("the span of time to pass", lambda: time.time() >= begin + seconds, seconds + 5)
    for server in run.cluster.servers:
        count = run.cluster.frames(server, begin, begin + seconds)
        run.note(f"link {server}: {dict(count.pdus)} in {seconds:g} s")
        if count.ours:
            raise Failure(f"{count.ours} knell PDUs on the link of {server} in {seconds:g} quiet seconds: "
                          f"{dict(count.pdus)}")
        if server == run.roles["$owner"] and not count.pdus["command"]:
            raise Failure(f"no storage traffic captured on the link of {server}: the capture proves nothing")


@step
def stale_reads(run: Run, node: str) -> None:
    """A standby reads the whole shared device through its page cache."""
    run.vm(node).run("dd", f"if={DATA_DEVICE}", "of=/dev/null", "bs=1M", timeout=120)


@step
def only_writer(run: Run, node: str) -> None:
    """Exactly one key is registered on the volume, and it is the node's."""
    name = run.name(node)
    want = f"{run.cluster.number(name):04x}"
    result = wait_for(f"keys on the volume, seen by {name}",
                      lambda: run.vm(name).run("sg_persist", "--in", "--read-keys", DATA_DEVICE).out, 10)
    keys = re.findall(r"0x([0-9a-f]+)", result.split("key", 1)[-1])
    keys = [k for k in keys if len(k) > 8]
    if len(keys) != 1 or keys[0].rjust(16, "0")[8:12] != want:
        raise Failure(f"keys on the volume are {keys}, expected one of node {name} (…{want}…):\n{result}")


@step
def records_kept(run: Run) -> None:
    """No acknowledged record is lost, none is doubled, and there is no gap."""
    if run.client.lost:
        raise Failure(f"an acknowledged record is lost: {run.client.lost}")
    owner = run.owner()
    text = run.vm(owner).run("cat", "/srv/records/records", timeout=120).out
    numbers = [int(line.split()[0]) for line in text.splitlines()]
    acked = run.client.acked
    if numbers != list(range(1, len(numbers) + 1)):
        bad = next(i for i, n in enumerate(numbers, 1) if n != i)
        raise Failure(f"record {bad} is not where it should be: {numbers[max(0, bad - 3):bad + 2]}")
    if len(numbers) < acked:
        raise Failure(f"{acked} records were acknowledged, {len(numbers)} are on the volume")


@step
def same_mib(run: Run) -> None:
    """Every living node holds the same generation of the MIB."""
    wait_for("the same MIB on every node",
             lambda: len({run.site.mib(n) for n in run.alive()}) == 1 or None, 15)


@step
def clean_consoles(run: Run) -> None:
    """No kernel complained, but for the one that was made to die."""
    found = run.complaints()
    if found:
        raise Failure("kernel complaints:\n" + "\n".join(found[:20]))


@step
def client_moves(run: Run, to: str) -> None:
    """Let the client run on another node."""
    run.client.stop()
    run.client = Client(run.cluster, run.name(to), run.client.acked + 1)


__all__ = ["STEPS", "PORT", "pcap"]
