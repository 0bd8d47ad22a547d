# SPDX-License-Identifier: GPL-2.0
"""Words for the scenarios in faults/, added to the others: arm an injection point of kmod/fault/, see that it was passed."""

from vm.poll import wait_for
from run_state import Run
from steps import STEPS, read_counter, step

__all__ = ["STEPS"]


@step
def fault(run: Run, node: str, point: str, what: str = "off") -> None:
    """Arm one of the injection points of kmod/fault/ on a node: 'ACTION [TIMES [MS]]'."""
    run.vm(node).sh("echo \"$2\" > /sys/kernel/debug/knell/\"$1\"", point, what)


@step
def suffered(run: Run, node: str, point: str, times: int = 1, within: float = 15) -> None:
    """An injection point of a node was passed while it was armed."""
    def hits() -> int:
        return int(run.vm(node).run("cat", f"/sys/kernel/debug/knell/{point}").out.split()[2])

    wait_for(f"point {point} of {run.name(node)} is passed {times} times", lambda: hits() >= times, within)


@step
def counter_is(run: Run, node: str, name: str, value: int, within: float = 15) -> None:
    """A kernel counter of a node takes a value."""
    wait_for(f"counter {name} of {run.name(node)} is {value}", lambda: read_counter(run, node, name) == value, within)
