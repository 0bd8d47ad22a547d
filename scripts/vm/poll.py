# SPDX-License-Identifier: GPL-2.0
"""Waiting for a condition, never for a time."""

import time
from typing import Callable, TypeVar

T = TypeVar("T")


def wait_for(what: str, condition: Callable[[], T], timeout: float, every: float = 0.2) -> T:
    """First true value of @condition; TimeoutError naming @what and the last value."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {timeout:g} s (last seen: {value!r})")
        time.sleep(every)
