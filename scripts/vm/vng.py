# SPDX-License-Identifier: GPL-2.0
"""The slower, fuller kind of VM: virtme-ng, whose root is the host's own, read-only, with udev."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import BinaryIO

from . import initramfs, kernel
from .machine import Machine, kvm


class VngMachine(Machine):
    """A Machine whose @initrd is the folder made by prepare()."""

    def command(self) -> list[str]:
        script = self.initrd / "root/usr/lib/vm/vng.sh"
        append = re.sub(r"\bconsole=\S+\s*", "", self.kernel_arguments())
        argv = ["vng", "--run", str(self.vmlinux), "--name", self.name, "--user", "root", "--force-9p", "--verbose",
                "--disable-microvm", "--disable-monitor", "--cpus", str(self.cpus), "--memory", f"{self.memory}M",
                "--cwd", "/", "--append", append,
                "--exec", f"sh {script} {self.initrd}"]
        if not kvm():
            argv += ["--disable-kvm", "--qemu-opts=-cpu qemu64,+rdrand"]
        return argv + [f"--qemu-opts={argument}" for argument in self.device_arguments()]

    def _stderr(self, errors: BinaryIO) -> BinaryIO | int:
        return subprocess.STDOUT    # where virtme-ng puts the console


def prepare(release: str, products: initramfs.Products, out: Path) -> Path:
    """The folder a VngMachine shares with its guest: modules, programs, agent."""
    folder = out.with_suffix(".vng")
    root = folder / "root"
    modules = root / "usr/lib/modules" / release
    modules.mkdir(parents=True)
    (root / "lib").symlink_to("usr/lib")    # where depmod looks
    source = kernel.modroot(release) / "lib/modules" / release
    (modules / "kernel").symlink_to(source / "kernel")
    for entry in source.glob("modules.*"):
        shutil.copy(entry, modules)
    (modules / "updates").mkdir()
    for module in products.modules:
        initramfs.strip(module, modules / "updates" / module.name)
    subprocess.run(["depmod", "-b", root, release], check=True)
    (modules / "kernel").unlink()   # the guest has it: its root is the host's
    (root / "lib").unlink()
    (root / "usr/lib/vm").mkdir(parents=True)
    (root / "usr/sbin").mkdir(parents=True)
    for program in products.programs:
        initramfs.strip(program, root / "usr/sbin" / program.name)
    for dest, path in products.files.items():
        target = root / dest.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    for script in initramfs.GUEST.glob("*.sh"):
        shutil.copy(script, root / "usr/lib/vm")
        (root / "usr/lib/vm" / script.name).chmod(0o755)
    shutil.copy(initramfs.build_agent(), folder / "agent")
    return folder
