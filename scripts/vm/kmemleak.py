# SPDX-License-Identifier: GPL-2.0
"""Asks the kernel of a VM what memory it lost; a kernel without kmemleak answers nothing."""

import re

from .machine import Machine

NODE = "/sys/kernel/debug/kmemleak"
SCAN = 100      # s; a scan reads all memory


def available(machine: Machine) -> bool:
    """Whether the VM's kernel can tell."""
    return machine.run("test", "-w", NODE, check=False).status == 0


def leaks(machine: Machine) -> list[str]:
    """Every unreferenced object with its stack, one string each.

    What was allocated just before the first scan, or was on its way from one list to another, is seen as lost by it;
    the second scan takes that back.
    """
    if not available(machine):
        return []
    for _ in range(2):
        machine.sh(f"echo scan > {NODE}", timeout=SCAN)
    text = machine.run("cat", NODE, timeout=SCAN).out
    return [found.rstrip() for found in re.split(r"^(?=unreferenced object)", text, flags=re.MULTILINE) if found.strip()]
