# SPDX-License-Identifier: GPL-2.0
"""Waiting for a condition, never for a time."""

import time
from typing import Callable, TypeVar

T = TypeVar("T")

_patience = 1.0


def set_patience(factor: float) -> None:
    """From now on wait @factor times as long for everything: the VMs are that much slower."""
    global _patience
    _patience = factor


def scaled(seconds: float) -> float:
    """How long to wait for what takes up to @seconds at normal speed."""
    return seconds * _patience


def wait_for(what: str, condition: Callable[[], T], timeout: float, every: float = 0.2) -> T:
    """First true value of @condition; TimeoutError naming @what and the last value."""
    timeout = scaled(timeout)
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {timeout:g} s (last seen: {value!r})")
        time.sleep(every)
