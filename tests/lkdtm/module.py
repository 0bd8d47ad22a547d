# SPDX-License-Identifier: GPL-2.0
"""Provides LKDTM, the kernel's own module of ways to die, for a kernel release."""

import shutil
import subprocess
from pathlib import Path

from vm import debugkernel, kernel

HERE = Path(__file__).resolve().parent
SOURCE = "drivers/misc/lkdtm"


def _unpack(folder: Path) -> None:
    if not debugkernel.TARBALL.exists():
        raise LookupError(f"{debugkernel.TARBALL} is not there: run scripts/setup --debug")
    folder.mkdir(parents=True)
    subprocess.run(["tar", "-xf", debugkernel.TARBALL, "-C", folder, "--strip-components=4",
                    f"{debugkernel.PACKAGE}/{SOURCE}"], check=True)


def build(release: str, out: Path) -> Path:
    """The kernel's own module, or one compiled on first use."""
    own = kernel.modroot(release) / "lib/modules" / release / f"kernel/{SOURCE}/lkdtm.ko"
    if own.exists():
        return own
    folder = out / release / "lkdtm"
    if not (folder / "core.c").exists():
        shutil.rmtree(folder, ignore_errors=True)
        _unpack(folder)
    for part in (HERE / "kmod").iterdir():
        shutil.copy2(part, folder)
    subprocess.run(["make", "-s", "-C", str(kernel.tree(release)), f"M={folder}", "modules"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return folder / "lkdtm.ko"
