# SPDX-License-Identifier: GPL-2.0
"""A VM that is a real Debian: the host's root read-only, what "make install" installs laid over it, systemd as init.

What the guest writes goes to its state disk and outlives a restart.
"""

import lzma
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from . import initramfs, kernel
from .machine import Disk, Machine

TOP = Path(__file__).resolve().parents[2]
MODULES = ("virtio_pci", "virtio_blk", "9pnet_virtio", "9p", "overlay", "crc32c_generic", "ext4")

# Nothing of these is of use in a VM, and each costs seconds under emulation.
MASKED = (
    "apt-daily.timer", "dev-hugepages.mount", "dev-mqueue.mount", "getty.target", "kexec-load.service",
    "kexec.service", "proc-sys-fs-binfmt_misc.automount",
    "sys-fs-fuse-connections.mount", "sys-kernel-debug.mount", "sys-kernel-tracing.mount", "systemd-binfmt.service",
    "systemd-firstboot.service", "systemd-logind.service",
    "systemd-machine-id-commit.service", "systemd-pcrphase.service", "systemd-pcrphase-sysinit.service",
    "systemd-random-seed.service", "systemd-remount-fs.service", "systemd-repart.service", "systemd-rfkill.socket",
    "systemd-sysusers.service",
    "systemd-tmpfiles-clean.timer", "systemd-update-utmp.service", "systemd-update-utmp-runlevel.service",
    "systemd-user-sessions.service", "tmp.mount",
)

AGENT_UNIT = """[Unit]
Description=Agent of the test harness
DefaultDependencies=no
IgnoreOnIsolate=yes
[Service]
ExecStart=/usr/lib/vm/agent /dev/virtio-ports/knell.agent
Environment=HOME=/root LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin
"""
AGENT_RULE = 'SUBSYSTEM=="virtio-ports", ATTR{name}=="knell.agent", TAG+="systemd", ENV{SYSTEMD_WANTS}="vm-agent.service"\n'


class DebianMachine(Machine):
    """A Machine whose @products is the folder made by install()."""

    products: Path

    def device_arguments(self) -> list[str]:
        shared = "local,readonly=on,security_model=none,multidevs=remap"
        return super().device_arguments() + [
            "-virtfs", f"{shared},id=host,path=/,mount_tag=host",
            "-virtfs", f"{shared},id=products,path={self.products},mount_tag=products"]

    def kernel_arguments(self) -> str:
        return f"{super().kernel_arguments()} systemd.getty_auto=0 systemd.show_status=1 systemd.firstboot=0"

    def booted(self, timeout: float = 120) -> str:
        """Wait for the end of the boot; systemd's word for it ("running", "degraded")."""
        return self.run("systemctl", "is-system-running", "--wait", timeout=timeout, check=False).out.strip()


def install(release: str, folder: Path) -> Path:
    """Run "make install" into a folder that can be laid over a merged-/usr root, as a package would do it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    subprocess.run(["make", "-s", "install", f"DESTDIR={folder}", f"KVER={release}"], cwd=TOP, check=True,
                   stdout=subprocess.DEVNULL)
    modules = folder / "usr/lib/modules" / release
    modules.parent.mkdir(parents=True, exist_ok=True)
    (folder / "lib/modules" / release).rename(modules)
    shutil.rmtree(folder / "lib")
    for program in (folder / "usr/sbin").iterdir():
        initramfs.strip(program, program.with_suffix(".part"))
        program.with_suffix(".part").rename(program)
    source = kernel.modroot(release) / "lib/modules" / release
    (folder / "lib").symlink_to("usr/lib")      # where depmod looks
    (modules / "kernel").symlink_to(source / "kernel")
    for entry in source.glob("modules.*"):
        shutil.copy(entry, modules)
    subprocess.run(["depmod", "-b", folder, release], check=True)
    (modules / "kernel").unlink()               # the guest has it: its root is the host's
    (folder / "lib").unlink()
    (folder / "usr/lib/vm").mkdir(parents=True)
    shutil.copy(initramfs.build_agent(), folder / "usr/lib/vm/agent")
    return folder


def build_initrd(release: str, out: Path) -> Path:
    """The initramfs that lays the layers over each other."""
    root = out.with_suffix(".root")
    for name in ("bin", "dev", "proc", "sys", "modules"):
        (root / name).mkdir(parents=True)
    shutil.copy(initramfs.find_tool("busybox"), root / "bin/busybox")
    order = []
    for source in initramfs.module_closure(release, MODULES):
        name = source.name.removesuffix(".xz")
        data = source.read_bytes()
        (root / "modules" / name).write_bytes(lzma.decompress(data) if source.suffix == ".xz" else data)
        order.append(name)
    (root / "modules/order").write_text("".join(f"{name}\n" for name in order))
    shutil.copy(initramfs.GUEST / "debian-init", root / "init")
    (root / "init").chmod(0o755)
    initramfs.write_cpio(root, out)
    shutil.rmtree(root)
    return out


@dataclass
class Seed:
    """What a VM's root has that the host's has not."""

    name: str
    files: dict[str, str] = field(default_factory=dict)
    enabled: dict[str, str] = field(default_factory=dict)
    """unit -> the target that wants it"""

    def write(self, root: Path) -> None:
        system = root / "etc/systemd/system"
        system.mkdir(parents=True)
        for unit in MASKED:
            (system / unit).symlink_to("/dev/null")
        for unit, target in self.enabled.items():
            wants = system / f"{target}.wants"
            wants.mkdir(exist_ok=True)
            (wants / unit).symlink_to(f"/lib/systemd/system/{unit}")
        files = {"etc/hostname": f"{self.name}\n", "etc/hosts": f"127.0.0.1 localhost\n127.0.1.1 {self.name}\n",
                 "etc/machine-id": f"{self.name.encode().hex():0>32}\n", "etc/fstab": "",
                 "etc/systemd/system/vm-agent.service": AGENT_UNIT, "etc/udev/rules.d/70-vm-agent.rules": AGENT_RULE,
                 **self.files}
        for path, text in files.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        # a journal that outlives a restart
        (root / "var/log/journal").mkdir(parents=True)
        for path in ("etc/modules-load.d", "etc/iscsi", "root", "var/lib/systemd"):
            (root / path).mkdir(parents=True, exist_ok=True)


def state_disk(path: Path, seed: Seed, megabytes: int = 256) -> Disk:
    """The disk that takes what a VM writes, with its seed."""
    root = path.with_suffix(".seed")
    seed.write(root / "seed")
    subprocess.run(["mkfs.ext4", "-q", "-F", "-E", "root_owner=0:0", "-d", root, path, f"{megabytes}m"], check=True,
                   stdout=subprocess.DEVNULL, env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"})
    shutil.rmtree(root)
    return Disk("state", path)
