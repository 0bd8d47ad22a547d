# SPDX-License-Identifier: GPL-2.0
"""This kernel as the router of a cluster, over netlink; two servers and another router are its nodes."""

from pathlib import Path

import loop
import wire
from genl import Knell
from initiator import CLUSTER, EPOCH

ROUTER, X, Y, OTHER_ROUTER = 1, 2, 3, 4
HEADER = Path("/lib/knell.h")
BECOMING_READY, SEQUENCE, DENIED = (2, 4, 1), (5, 0x2C, 0), (5, 0x20, 2)

netlink = Knell(HEADER)


def join(epoch: int = EPOCH) -> None:
    """Install the cluster with this kernel as its router."""
    nodes = [("NODE", {"ID": ROUTER, "NAME": "r", "ROLE": wire.ROUTER})]
    nodes += [("NODE", {"ID": n, "NAME": f"n{n}", "ROLE": wire.SERVER, "INITIATOR": loop.initiator(n)}) for n in (X, Y)]
    nodes += [("NODE", {"ID": OTHER_ROUTER, "NAME": "o", "ROLE": wire.ROUTER, "INITIATOR": loop.initiator(OTHER_ROUTER)})]
    netlink.do("CLUSTER_SET", ("CLUSTER", {"ID": CLUSTER, "NAME": "test", "SELF": ROUTER, "EPOCH": epoch,
                                           "KEY": bytes(range(32)), "ON_DOWN": 0, "LOST_GRACE": 600000,
                                           "HELPER_TIMEOUT": 0, "CPU_TIMEOUT": 0, "LINK_GRACE": 0}), *nodes)


def counters() -> dict:
    return {c["NAME"]: c["VALUE"] for c in netlink.do("STATS_GET")[0]["COUNTER"]}
