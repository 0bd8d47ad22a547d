# SPDX-License-Identifier: GPL-2.0
"""The checks in their order, and the words they share."""

from dataclasses import dataclass
from typing import Callable

from machines import Machines
from vm.machine import Machine


class Failure(Exception):
    """Something is not as it should be."""


@dataclass
class Check:
    """One line of the report."""

    title: str
    run: Callable[[Machines], None]
    essential: bool
    """without it the rest makes no sense"""


CHECKS: list[Check] = []


def check(title: str, essential: bool = False) -> Callable[[Callable[[Machines], None]], Callable[[Machines], None]]:
    """Decorator: this function is the next check."""

    def add(function: Callable[[Machines], None]) -> Callable[[Machines], None]:
        CHECKS.append(Check(title, function, essential))
        return function

    return add


def expect(condition: object, what: str) -> None:
    """Failure with @what unless @condition."""
    if not condition:
        raise Failure(what)


def contains(text: str, *words: str) -> None:
    """Failure unless every one of @words is in @text."""
    missing = [word for word in words if word not in text]
    if missing:
        raise Failure(f"not said: {missing}\nwhat was said:\n{text}")


def type_in(vm: Machine, script: str, timeout: float = 120) -> str:
    """What an administrator's shell prints; the first command that fails is a failure."""
    return vm.run("/bin/bash", "-e", "-c", f"exec 2>&1\n{script}", timeout=timeout).out


def targetcli(vm: Machine, commands: str) -> str:
    """One sitting with targetcli; Failure if it complains."""
    vm.put("/run/targetcli.input", commands)
    out = vm.sh("targetcli 2>&1 < /run/targetcli.input", timeout=180).out
    words = [line for line in out.splitlines()
             if any(word in line for word in ("Error", "error", "No such", "Unexpected", "nvalid", "Traceback",
                                              "not found", "not valid", "Missing", "annot"))]
    expect(not words, f"targetcli complains: {words}\n{out}")
    return out
