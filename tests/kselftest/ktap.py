# SPDX-License-Identifier: GPL-2.0
"""Runs functions as tests and reports them in KTAP."""

import sys
import time
import traceback
from typing import Callable

_tests: list[tuple[str, Callable[[], None]]] = []


class Failed(AssertionError):
    """A test did not hold."""


def test(name: str) -> Callable:
    """Decorator: the function is a test; tests run in the order of the file."""
    def register(function: Callable[[], None]) -> Callable[[], None]:
        _tests.append((name, function))
        return function
    return register


def check(condition: object, *what: object) -> None:
    """Fail the test, saying @what, unless @condition is true."""
    if not condition:
        raise Failed(" ".join(str(w) for w in what) or "condition does not hold")


def equal(found: object, wanted: object, what: object = "value") -> None:
    """Fail the test unless both are equal."""
    check(found == wanted, what, "is", repr(found), "instead of", repr(wanted))


def within(seconds: float, condition: Callable[[], object], what: object) -> object:
    """Wait until @condition returns something true, which is returned; fail the test after @seconds."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        check(time.monotonic() < deadline, "not within", seconds, "s:", what)
        time.sleep(0.01)


def throughout(seconds: float, condition: Callable[[], object], what: object) -> None:
    """Fail the test if @condition is false at any time for so long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        check(condition(), "not throughout", seconds, "s:", what)
        time.sleep(0.01)


def main() -> int:
    """Run all tests; exit status for sys.exit()."""
    failed = 0
    print("KTAP version 1")
    print(f"1..{len(_tests)}")
    for number, (name, function) in enumerate(_tests, 1):
        begin = time.monotonic()
        try:
            function()
            verdict = "ok"
        except Exception:  # noqa: BLE001  a test may fail in any way
            failed += 1
            verdict = "not ok"
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
        print(f"{verdict} {number} {name}")
        print(f"# {time.monotonic() - begin:.2f} s", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit("this is a module")
