# SPDX-License-Identifier: GPL-2.0
"""A notice from servers that are busy to their limits: echoes from kernel to kernel, and panics."""

from dataclasses import dataclass, field

from vm.poll import wait_for
from vm.site import Client
import death
from scene import Scene

# more threads than processors, storage and memory too; each alone would keep the only processor busy
LOAD = ["stress-ng", "--quiet", "--temp-path", "/tmp", "--cpu", "4", "--io", "2", "--vm", "1", "--vm-bytes", "64M",
        "--timeout", "0"]


@dataclass
class Busy:
    """What one kernel took, ns."""

    rtts: list[int] = field(default_factory=list)
    """UDP round trips before the load"""
    idle: list[int] = field(default_factory=list)
    """echoes before the load"""
    loaded: list[int] = field(default_factory=list)
    """the same under load at both ends"""
    panics: list[int] = field(default_factory=list)
    """panic of a loaded server to the event in the other one's kernel"""


def load(scene: Scene, server: str) -> None:
    """Keep a server busy until it ends."""
    scene.cluster[server].spawn(*LOAD)
    wait_for(f"the load on {server}",
             lambda: float(scene.cluster[server].run("cat", "/proc/loadavg").out.split()[0]) > 3, 120)


def measure(scene: Scene, echoes: int, panics: int, found: Busy) -> None:
    """Fill in @found; what came before an error is kept."""
    scene.start()
    for server in scene.cluster.servers:
        found.rtts += scene.ping(server, 100)
    found.idle += death.probes(scene, echoes)
    for server in scene.cluster.servers:
        load(scene, server)
    found.loaded += death.probes(scene, echoes)
    client = Client(scene.cluster, scene.site.settings.client)
    client.wait_answer(None, 30)
    while len(found.panics) < panics:
        last = death.die(scene, client)
        found.panics.append(last.knows)
        if len(found.panics) < panics:
            scene.cluster[last.victim].wait_gone(60)
            scene.site.restart(last.victim)
            scene.settle()
            load(scene, last.victim)
    client.stop()
