# SPDX-License-Identifier: GPL-2.0
"""Words for scenarios about arrays: who serves the replicated volume, and that its servers saw a pause and no error."""

import re

from vm.arrays import RESOURCE, WITNESS_DEVICE as WITNESS
from vm.poll import wait_for
from run_state import Failure, Run
from steps import STEPS, step

__all__ = ["STEPS"]

ANSWERS_COMM = "knell-fence-pee"    # the kernel keeps 15 characters of a program's name

IO_ERROR = re.compile(r"I/O error|Aborting journal|Remounting filesystem read-only|rejecting I/O|timing out command")


def service(run: Run) -> dict:
    """The record of the servers' application in its owner's word."""
    return next(a for a in run.site.status(run.name("$owner"))["applications"] if a["name"] != RESOURCE)


@step
def array_serves(run: Run, node: str, within: float = 60) -> None:
    """Every living node says that an array serves the volume."""
    for watcher in run.alive():
        wait_for(f"{watcher} says that {node} serves the volume",
                 lambda w=watcher: run.site.volume(w) == ("running", run.name(node)), within)


@step
def replicas_equal(run: Run, node: str, within: float = 60) -> None:
    """The replicas are connected and both up to date, in an array's word."""
    wait_for("both replicas connected and up to date",
             lambda: run.vm(node).run("cat", "/proc/drbd").out.count("cs:Connected") == 2 and
             run.vm(node).run("cat", "/proc/drbd").out.count("ds:UpToDate/UpToDate") == 2, within)


@step
def witness_names(run: Run, at: str, nodes: list[str], within: float = 30) -> None:
    """The newest record of the witness, read through an array's session, names these as current."""
    wanted = sorted(run.cluster.number(run.name(n)) for n in nodes)

    def named() -> bool:
        newest = (0, [])
        for slot in (0, 1):
            out = run.vm(at).sh(f"dd if={WITNESS} bs=4096 count=1 skip={slot} iflag=direct 2>/dev/null | "
                                "head -c 64 | xxd -p -c 64").out
            data = bytes.fromhex(out.strip())
            if data[:8] != b"KNELLWIT":
                continue
            count = int.from_bytes(data[24:26], "big")
            found = [int.from_bytes(data[26 + 2 * i:28 + 2 * i], "big") for i in range(count)]
            newest = max(newest, (int.from_bytes(data[16:24], "big"), found))
        return newest[1] == wanted

    wait_for(f"the witness names {wanted}", named, within)


@step
def remember_service(run: Run) -> None:
    """What the application's record and process are now."""
    run.counters["version"] = service(run)["record_version"]
    run.counters["pid"] = int(run.vm("$owner").run("pgrep", "-x", "recordd").out)


@step
def never_noticed(run: Run, most: float) -> None:
    """The server's program is the same process, nobody took the application, its kernel saw no I/O error, and the
    longest pause between two acknowledged records was at most @most seconds."""
    owner = run.name("$owner")
    if service(run)["record_version"] != run.counters["version"]:
        raise Failure(f"the application was touched: {service(run)}")
    if int(run.vm(owner).run("pgrep", "-x", "recordd").out) != run.counters["pid"]:
        raise Failure("the program is another process")
    for _, _, line in run.vm(owner).console:
        if IO_ERROR.search(line):
            raise Failure(f"{owner} saw an error: {line}")
    times = [when for when, *_ in run.client.acks if when >= run.marks["begin"]]
    longest = max(later - earlier for earlier, later in zip(times, times[1:]))
    run.note(f"longest pause {longest:.1f} s, {len(times)} records acknowledged")
    if longest > most:
        raise Failure(f"the client waited {longest:.1f} s for a record")


HELD = "/run/held"


@step
def hold_promotion(run: Run, node: str) -> None:
    """A takeover by this array stops before DRBD's question whether it may go on alone is answered."""
    vm, lock = run.vm(node), f"/run/knell/replica/{RESOURCE}.lock"
    vm.run("mkdir", "-p", "/run/knell/replica")
    vm.put(HELD, "")
    run.jobs["held"] = vm.spawn("flock", lock, "sh", "-c", f"while [ -e {HELD} ]; do sleep 0.1; done")
    wait_for("the lock is held", lambda: vm.run("flock", "-n", lock, "true", check=False).status == 1, 10)


@step
def promotion_held(run: Run, node: str, within: float = 60) -> None:
    """The array is in the middle of its takeover: it holds the witness, and DRBD has asked."""
    wait_for(f"DRBD asks on {run.name(node)}",
             lambda: run.vm(node).run("pgrep", "-x", ANSWERS_COMM, check=False).status == 0, within)
    run.mark("inflicted")


@step
def let_promotion_go(run: Run, node: str) -> None:
    """The question is answered."""
    run.vm(node).run("rm", HELD)


@step
def volume_state(run: Run, is_: str, within: float = 60) -> None:
    """Every living node says that the replicated volume is in a state."""
    for watcher in run.alive():
        wait_for(f"{watcher} says that the volume is {is_}",
                 lambda w=watcher: re.fullmatch(is_, run.site.volume(w)[0]), within)
