# SPDX-License-Identifier: GPL-2.0
"""How VMs with one kind of kernel differ from others: arguments, memory, how long anything takes."""

from dataclasses import dataclass

from . import kernel


@dataclass(frozen=True)
class Traits:
    """What the harness must know of a kernel."""

    arguments: str = ""
    """for the kernel's command line"""
    memory: int = 512
    """MB of a cluster's VM"""
    patience: float = 1
    """factor for every time the harness waits"""
    stretch: float = 1
    """factor for the cluster file's times"""


# Under emulation KASAN and lockdep make the kernel some four times slower.
_DEBUG = Traits("panic_on_warn=1 hung_task_panic=1 softlockup_panic=1 kasan.fault=panic", 1024, 4, 3)


def traits(release: str) -> Traits:
    """Those of a kernel release."""
    return _DEBUG if kernel.is_debug(release) else Traits()
