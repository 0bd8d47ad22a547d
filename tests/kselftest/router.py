# SPDX-License-Identifier: GPL-2.0
"""This kernel as the router of a cluster, over netlink; two servers and another router are its nodes."""

import subprocess
from pathlib import Path
from typing import Sequence

import loop
import wire
from genl import Knell
from initiator import CLUSTER, EPOCH

ROUTER, X, Y, OTHER_ROUTER = 1, 2, 3, 4
VERSION_GAP = 256       # a router counts on so far above what an owner alone has told it
HEADER = Path("/lib/knell.h")
BECOMING_READY, SEQUENCE, DENIED = (2, 4, 1), (5, 0x2C, 0), (5, 0x20, 2)

netlink = Knell(HEADER)


def install(routers: tuple[int, ...], servers: tuple[int, ...], epoch: int = EPOCH, lost_grace: int = 600000,
            apps: Sequence[int] = (), start_grace: int = 60000) -> None:
    """A cluster of which this kernel is the first router; it stays harmless whatever it hears.

    The servers are the candidates of all @apps.
    """
    roles = {**{n: wire.ROUTER for n in routers}, **{n: wire.SERVER for n in servers}}
    nodes = [("NODE", {"ID": n, "NAME": f"n{n}", "ROLE": role, **({} if n == routers[0] else {"INITIATOR": loop.initiator(n)})})
             for n, role in roles.items()]
    named = [("APP", {"ID": app, "NAME": f"app{app}", "CANDIDATES": servers}) for app in apps]
    netlink.do("CLUSTER_SET", ("CLUSTER", {"ID": CLUSTER, "NAME": "test", "SELF": routers[0], "EPOCH": epoch,
                                           "KEY": bytes(range(32)), "ON_DOWN": 0, "LOST_GRACE": lost_grace, "START_GRACE": start_grace,
                                           "HELPER_TIMEOUT": 0, "CPU_TIMEOUT": 0, "LINK_GRACE": 0}), *nodes, *named)


def join(epoch: int = EPOCH) -> None:
    """The cluster of two servers and another router."""
    install((ROUTER, OTHER_ROUTER), (X, Y), epoch)


def unload() -> None:
    """Both modules go."""
    for module in ("knell_target", "knell"):
        subprocess.run(["rmmod", module], check=True)


def counters() -> dict:
    return {c["NAME"]: c["VALUE"] for c in netlink.do("STATS_GET")[0]["COUNTER"]}
