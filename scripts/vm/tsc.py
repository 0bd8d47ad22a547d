# SPDX-License-Identifier: GPL-2.0
"""How fast the time stamp counter of this machine runs.

A guest kernel under emulation calibrates its counter against an emulated timer. On a busy host it gets
that wrong by factors ("PIT calibration deviates from HPET"), and then all its clocks run too fast: a
time-out of two seconds is over after half a second. So it is told: QEMU without hardware
virtualisation hands the host's counter through.
"""

import ctypes
import functools
import mmap
import platform
import time

_RDTSC = bytes.fromhex("0f3148c1e2204809d0c3")  # rdtsc; shl rdx, 32; or rax, rdx; ret


@functools.cache
def khz() -> int:
    """Frequency in kHz to about a thousandth; 0 if this machine has no such counter."""
    if platform.machine() != "x86_64":
        return 0
    code = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(_RDTSC)
    read = ctypes.CFUNCTYPE(ctypes.c_uint64)(ctypes.addressof(ctypes.c_char.from_buffer(code)))

    def one() -> tuple[int, int, int]:
        before = time.monotonic_ns()
        ticks = read()
        after = time.monotonic_ns()
        return after - before, (before + after) // 2, ticks

    def sample() -> tuple[int, int]:
        # the sample that was least disturbed is the one that took least time
        return min(one() for _ in range(50))[1:]

    begin = sample()
    time.sleep(0.05)
    end = sample()
    return (end[1] - begin[1]) * 1_000_000 // (end[0] - begin[0])
