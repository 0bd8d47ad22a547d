# SPDX-License-Identifier: GPL-2.0
"""What a healthy cluster costs: packets on the links and processor time, per minute."""

import time
from dataclasses import dataclass

from vm.machine import Machine
from vm.poll import wait_for
from scene import Scene

TICKS_PER_S = 100       # USER_HZ


@dataclass
class Quiet:
    """One healthy span of time, scaled to a minute."""

    frames: float
    """PDUs and datagrams of knell, all links"""
    nops: float
    """iSCSI NOP-In and NOP-Out PDUs, all links"""
    packets: float
    """packets of any kind, all links"""
    daemon_ms: dict[str, float]
    """node -> processor time of knelld and its children"""
    kernel_ms: dict[str, float]
    """node -> processor time of the module's threads and workers named after it"""


def _ticks(vm: Machine, kernel: bool) -> int:
    """Processor time of knelld, or of kernel threads named after the module."""
    total = 0
    out = vm.run("sh", "-c", "cat /proc/[0-9]*/stat 2>/dev/null", check=False).out
    for line in out.splitlines():
        name = line[line.index("(") + 1:line.rindex(")")]
        words = line[line.rindex(")") + 2:].split()
        in_kernel = int(words[6]) & 0x00200000      # PF_KTHREAD
        if name.startswith("knell") and bool(in_kernel) == kernel:
            # own user and system time; of waited-for children too, for the daemon's canaries
            total += sum(int(words[i]) for i in ((11, 12) if kernel else (11, 12, 13, 14)))
    return total


def measure(scene: Scene, seconds: float) -> Quiet:
    """Leave a healthy cluster alone, without a client."""
    nodes = scene.cluster.machines
    scene.settle()
    before = {name: (_ticks(vm, False), _ticks(vm, True)) for name, vm in nodes.items()}
    begin = time.time()
    wait_for("the quiet time to pass", lambda: time.time() >= begin + seconds, seconds + 10, 1)
    end = time.time()
    after = {name: (_ticks(vm, False), _ticks(vm, True)) for name, vm in nodes.items()}
    per_minute = 60 / (end - begin)
    counts = [scene.cluster.frames(server, begin, end) for server in scene.cluster.servers]

    def milliseconds(index: int) -> dict[str, float]:
        return {name: (after[name][index] - before[name][index]) * 1000 / TICKS_PER_S * per_minute for name in nodes}

    return Quiet(frames=sum(c.ours for c in counts) * per_minute,
                 nops=sum(c.pdus["nop-in"] + c.pdus["nop-out"] for c in counts) * per_minute,
                 packets=sum(sum(c.packets.values()) for c in counts) * per_minute,
                 daemon_ms=milliseconds(0), kernel_ms=milliseconds(1))
