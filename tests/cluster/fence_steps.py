# SPDX-License-Identifier: GPL-2.0
"""Words for scenarios about persistent reservations: registered and fenced by hand, whose keys are on the volume,
who may write to it."""

import re

import forge
from vm.cluster import ROUTER
from vm.poll import wait_for
from vm.site import DATA_DEVICE
from run_state import Failure, Run
from steps import STEPS, step

__all__ = ["STEPS"]


@step
def squat(run: Run, node: str) -> None:
    """Register a living node's key on the volume, as if it had won the race for it."""
    name = run.name(node)
    epoch = next(n["epoch"] for n in run.site.status(name)["nodes"] if n["name"] == name)
    key = forge.CLUSTER << 32 | run.cluster.number(name) << 16 | epoch & 0xffff
    run.vm(name).run("sg_persist", "--out", "--register", f"--param-sark={key:#x}", "--param-aptpl", DATA_DEVICE)


@step
def fence_by_hand(run: Run, node: str, by: str, asleep: bool = False) -> None:
    """Take a serving node's registration away, as if another had won the volume, while all links stand.

    If asleep, its helper does not run from before that until the program has ended by it, and finds both at once.
    """
    victim, winner = run.name(node), run.name(by)
    run.mark("inflicted")

    def key(name: str) -> str:
        epoch = next(n["epoch"] for n in run.site.status(ROUTER)["nodes"] if n["name"] == name)
        return f"{forge.CLUSTER << 32 | run.cluster.number(name) << 16 | epoch & 0xffff:#x}"

    squat(run, by)
    victim_key, winner_key = key(victim), key(winner)
    if asleep:
        run.vm(victim).run("pkill", "-STOP", "-x", "knelld")
    run.vm(winner).run("sg_persist", "--out", "--preempt-abort", f"--param-rk={winner_key}",
                       f"--param-sark={victim_key}", "--prout-type=5", "--param-aptpl", DATA_DEVICE)
    if asleep:
        run.vm(victim).run("sh", "-c", "while pgrep -x recordd --runstates R,S,D >/dev/null; do :; done")
        run.vm(victim).run("pkill", "-CONT", "-x", "knelld")


def read_keys(run: Run, name: str) -> list[int]:
    """The keys registered on the volume; a node that was preempted is told so first, in place of an answer."""
    def ask() -> str:
        done = run.vm(name).run("sg_persist", "--in", "--read-keys", DATA_DEVICE, check=False)
        return done.out if done.status == 0 else ""

    out = wait_for(f"{name} reads the keys on the volume", ask, 10)
    return [int(key, 16) for key in re.findall(r"^\s+0x([0-9a-f]+)$", out, re.MULTILINE)]


@step
def no_keys(run: Run, node: str) -> None:
    """No node's key is registered on the volume; one left behind, of epoch 0, may hold the reservation."""
    keys = read_keys(run, run.name(node))
    if any(key & 0xffff for key in keys):
        raise Failure(f"keys are left on the volume: {[f'{key:016x}' for key in keys]}")


def write_behind(run: Run, name: str) -> list[str]:
    """A direct write to the part of the disk that lies behind the file system."""
    return ["dd", "if=/dev/zero", f"of={DATA_DEVICE}", "oflag=direct", "conv=notrunc", "bs=4096", "count=1",
            f"seek={run.site.settings.fs_mb * 256 + run.cluster.number(name)}"]


@step
def only_writer(run: Run, node: str) -> None:
    """Exactly one key is registered on the volume, the node's, and no other server can write."""
    name = run.name(node)

    found = wait_for(f"keys on the volume, seen by {name}", lambda: read_keys(run, name), 10)
    if len(found) != 1 or found[0] >> 16 & 0xffff != run.cluster.number(name) or not found[0] & 0xffff:
        raise Failure(f"keys on the volume are {[f'{key:016x}' for key in found]}, expected one, of node {name} "
                      f"(number {run.cluster.number(name)})")
    for server in [s for s in run.alive() if s in run.cluster.servers]:
        status = run.vm(server).run(*write_behind(run, server), check=False).status
        if (status == 0) != (server == name):
            raise Failure(f"{server} {'can' if status == 0 else 'cannot'} write to the volume that {name} serves")


@step
def leave_writer(run: Run, node: str) -> None:
    """Leave a program running on a node that writes to the volume until it is refused."""
    name = run.name(node)
    words = " ".join(write_behind(run, name))
    run.jobs["writer"] = run.vm(name).spawn(
        "/bin/sh", "-c", f"while {words} 2>/run/writer.log; do sleep 0.1; done; cat /run/writer.log")


@step
def writer_refused(run: Run, within: float = 60) -> None:
    """The program left running was refused."""
    job = run.jobs["writer"]
    wait_for("the writer that was left running to be refused", job.done.is_set, within)
    out = job.out.decode(errors="replace")
    run.note(f"writer left running: {out.strip().splitlines()[0] if out.strip() else 'no output'}")
    if "rror" not in out and "xchange" not in out:
        raise Failure(f"the writer ended, but not with an error: {out!r}")
