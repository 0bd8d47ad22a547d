# SPDX-License-Identifier: GPL-2.0
"""Words about who belongs to the cluster: machines without a description, and roles that change."""

from vm.poll import wait_for
from run_state import Run
from steps import STEPS, step

__all__ = ["STEPS"]


@step
def undescribed(run: Run, nodes: list[str]) -> None:
    """Restart daemons, one after the other, without a cluster file or anything they were told before."""
    for node in nodes:
        vm = run.vm(node)
        vm.run("pkill", "-TERM", "-x", "knelld", check=False)
        wait_for("the daemon to end", lambda m=vm: m.run("pgrep", "-x", "knelld", check=False).status, 60)
        vm.run("rm", "-f", "/etc/knell/cluster.yaml")
        vm.run("knelld", "--forget")
    for node in nodes:
        run.site.start_knell(run.name(node), described=False)


@step
def cluster_file(run: Run) -> None:
    """Every node has its cluster file again."""
    for name in run.alive():
        run.site.put_file(name)


@step
def recast(run: Run) -> None:
    """The roles are those of now."""
    run.cast()
