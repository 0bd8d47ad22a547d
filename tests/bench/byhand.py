# SPDX-License-Identifier: GPL-2.0
"""The steps of a takeover done by hand with the usual tools, after the same crash: what knell's own steps are compared with."""

import sys

from vm.cluster import ROUTER
from vm.poll import wait_for
from vm.site import DATA_DEVICE, FLOATING, Client
from scene import Scene

WRITE_EXCLUSIVE_REGISTRANTS_ONLY = "5"      # PR type in the SCSI standard's numbering


def _key(scene: Scene, server: str) -> str:
    return f"0x4b4e0001000{scene.cluster.number(server)}0001"


def _serve(scene: Scene, server: str, victim: str = "") -> dict[str, int]:
    """Fence (if there is a victim), mount, start the program, add the address; name -> ns."""
    persist = ["sg_persist", "--no-inquiry", "--out"]
    key = _key(scene, server)
    steps = [["register", *persist, "--register-ignore", f"--param-sark={key}", DATA_DEVICE]]
    if victim:
        steps.append(["preempt", *persist, "--preempt-abort", f"--param-rk={key}",
                      f"--param-sark={_key(scene, victim)}", f"--prout-type={WRITE_EXCLUSIVE_REGISTRANTS_ONLY}",
                      DATA_DEVICE])
        steps.append(["read-keys", "sg_persist", "--no-inquiry", "--in", "--read-keys", DATA_DEVICE])
    else:
        steps.append(["reserve", *persist, "--reserve", f"--param-rk={key}",
                      f"--prout-type={WRITE_EXCLUSIVE_REGISTRANTS_ONLY}", DATA_DEVICE])
    steps += [["flush", "blockdev", "--flushbufs", DATA_DEVICE],
              ["mount", "mount", "-t", scene.site.settings.filesystem, "-o", "noatime", DATA_DEVICE, "/srv/records"],
              ["&exec", "recordd", "--directory", "/srv/records"],
              ["address", "ip", "address", "add", f"{FLOATING}/24", "dev", "lan0"],
              ["&announce", "arping", "-q", "-U", "-c", "3", "-I", "lan0", FLOATING]]
    argv: list[str] = []
    for step in steps:
        argv += ["--", *step] if argv else step
    out = scene.cluster[server].run("bench-timed", *argv).out
    return {name: int(us) * 1000 for name, us, _ in (line.split() for line in out.splitlines())}


def measure(scene: Scene, runs: int, result: list[dict[str, int]]) -> None:
    """Fill in @runs takeovers by hand, by turns; no daemon runs anywhere."""
    scene.site.boot()
    scene.site.make_filesystem()
    owner = scene.site.settings.home
    _serve(scene, owner)
    client = Client(scene.cluster, ROUTER)
    client.wait_answer(owner, 30)
    while len(result) < runs:
        victim, owner = owner, scene.other(owner)
        before = client.acked
        wait_for("records being written", lambda: client.acked > before + 20, 30)
        scene.cluster[victim].kill()
        result.append(_serve(scene, owner, victim))
        client.wait_answer(owner, 60)
        print(f"# by hand {len(result)} of {runs}: {sum(result[-1].values()) / 1e6:.0f} ms", file=sys.stderr, flush=True)
        if len(result) < runs:
            scene.cluster.start([victim])
            scene.site.prepare(victim)
    client.stop()
