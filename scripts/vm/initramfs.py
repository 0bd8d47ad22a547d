# SPDX-License-Identifier: GPL-2.0
"""Builds the initramfs of the fast VMs out of the host's own tools, modules and this tree's products."""

import hashlib
import lzma
import os
import shutil
import stat
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterable

from . import kernel

GUEST = Path(__file__).parent / "guest"

TOOLS = (
    "arping", "bash", "blkid", "blockdev", "dash", "dd", "drbdadm", "drbdmeta", "drbdsetup", "e2fsck", "flock",
    "fsck", "fsck.ext4", "fsck.xfs", "ip", "iscsiadm", "iscsid", "kexec", "kmod", "mkfs.ext4", "mkfs.xfs",
    "mount", "pgrep", "ping", "pkill", "sg_inq", "sg_persist", "sg_raw", "sg_reset", "sg_turs", "ss", "strace",
    "sqlite3", "tc", "tcpdump", "umount", "xfs_repair",
)

MODULES = (
    "8021q", "bonding", "configfs", "crc32c_generic", "crc32c_intel", "dm_mod", "drbd", "e1000e", "ext4", "hmac",
    "i6300esb", "iscsi_target_mod", "iscsi_tcp", "loop", "netconsole", "scsi_debug",
    "sch_netem", "scsi_transport_iscsi", "sd_mod", "sg", "sha256_generic", "softdog", "target_core_file",
    "target_core_iblock", "target_core_mod", "tcm_loop", "tcp_diag", "tun", "veth", "virtio_blk", "virtio_console",
    "virtio_net", "virtio_pci", "xfs",
)

# Found by their name only at run time, so ldd does not know them.
LIBRARIES = ("libgcc_s.so.1",)

# What drbdadm hands over to when the kernel has DRBD 8.4.
DRBD_84 = ("/lib/drbd/drbdadm-84", "/lib/drbd/drbdsetup-84")


@dataclass
class Products:
    """What of this tree goes into a VM."""

    modules: list[Path] = field(default_factory=list)
    """kernel modules (.ko), loadable by name"""
    programs: list[Path] = field(default_factory=list)
    """executables for /usr/sbin, with their libraries"""
    files: dict[str, Path] = field(default_factory=dict)
    """guest path -> host file"""


def _libraries(program: Path) -> set[str]:
    out = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return {word for line in out.splitlines() for word in line.split() if word.startswith("/")}


def _copy_program(root: Path, program: Path, dest: str) -> None:
    target = root / dest.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(program.resolve(), target)
    target.chmod(0o755)
    for lib in _libraries(program):
        copy = root / lib.lstrip("/")
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(os.path.realpath(lib), copy)


def find_tool(name: str) -> Path:
    """A program of this machine that goes into a VM."""
    path = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if not path:
        raise FileNotFoundError(f"{name} is not installed on this machine: run scripts/setup")
    return Path(path)


def module_closure(release: str, modules: Iterable[str]) -> list[Path]:
    """Files of modules and of what they depend on, in the order they are loaded in."""
    modroot = kernel.modroot(release)
    files: dict[str, None] = {}
    for module in modules:
        out = subprocess.run(["modprobe", "-d", modroot, "-S", release, "-D", module],
                             capture_output=True, text=True, check=False).stdout
        for line in out.splitlines():
            if line.startswith("insmod "):
                files[line.split()[1]] = None
    return [Path(f) for f in files]


def _copy_modules(root: Path, release: str) -> None:
    base = root / "lib/modules" / release
    base.mkdir(parents=True)
    for source in module_closure(release, MODULES):
        target = base / str(source).split(f"lib/modules/{release}/", 1)[1]
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".xz":
            target.with_suffix("").write_bytes(lzma.decompress(source.read_bytes()))
        else:
            shutil.copy(source, target)
    for name in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
        source = kernel.modroot(release) / "lib/modules" / release / name
        if source.exists():
            shutil.copy(source, base)


def _base_root(root: Path, release: str) -> None:
    for name in ("bin", "sbin", "usr/sbin", "usr/bin", "usr/share", "lib64", "proc", "sys", "dev", "etc/iscsi",
                 "etc/knell", "etc/target/pr", "tmp", "run", "var/lib/knell", "var/log", "var/lib/iscsi",
                 "root", "mnt", "srv", "state", "lib/vm"):
        (root / name).mkdir(parents=True, exist_ok=True)
    os.symlink("../run", root / "var/run")
    os.symlink("../run/lock", root / "var/lock")
    for tool in TOOLS:
        _copy_program(root, find_tool(tool), f"/usr/sbin/{tool}")
    for program in DRBD_84:
        _copy_program(root, Path(program), program)
    for lib in LIBRARIES:
        for folder in ("/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu"):
            if os.path.exists(f"{folder}/{lib}") and not (root / folder.lstrip("/") / lib).exists():
                (root / folder.lstrip("/")).mkdir(parents=True, exist_ok=True)
                shutil.copy(os.path.realpath(f"{folder}/{lib}"), root / folder.lstrip("/") / lib)
    for name in ("modprobe", "insmod", "rmmod", "lsmod", "depmod"):
        os.symlink("kmod", root / "usr/sbin" / name)
    shutil.copy(find_tool("busybox"), root / "bin/busybox")
    applets = subprocess.run([root / "bin/busybox", "--list"], capture_output=True, text=True, check=True)
    for applet in applets.stdout.split():
        if applet not in ("busybox", "sh") and not (root / "usr/sbin" / applet).exists():
            os.symlink("/bin/busybox", root / "bin" / applet)
    # busybox's shell would run its own ip, mount... instead of the real ones
    os.symlink("/usr/sbin/dash", root / "bin/sh")
    os.symlink("/usr/sbin/modprobe", root / "sbin/modprobe")
    for name in ("mount", "umount"):
        os.symlink(f"/usr/sbin/{name}", root / "bin" / name)
    (root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n")
    (root / "etc/group").write_text("root:x:0:\nnogroup:x:65534:\n")
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n")
    os.symlink("/proc/mounts", root / "etc/mtab")
    if os.path.exists("/etc/mke2fs.conf"):
        shutil.copy("/etc/mke2fs.conf", root / "etc")
    if os.path.isdir("/lib/terminfo"):
        (root / "lib/terminfo/l").mkdir(parents=True, exist_ok=True)
        shutil.copy("/lib/terminfo/l/linux", root / "lib/terminfo/l/")
    _copy_modules(root, release)


def _add_own_files(root: Path) -> None:
    agent = build_agent()
    shutil.copy(agent, root / "sbin/agent")
    shutil.copy(GUEST / "init", root / "init")
    shutil.copy(GUEST / "mdev.conf", root / "etc/mdev.conf")
    for script in GUEST.iterdir():
        if script.suffix == ".sh" or script.name == "disk-name":
            shutil.copy(script, root / "lib/vm" / script.name)
            (root / "lib/vm" / script.name).chmod(0o755)


def build_agent() -> Path:
    """The static agent, compiled on first use."""
    source = GUEST / "agent.c"
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:16]
    out = kernel.cache_dir() / f"agent-{digest}"
    if not out.exists():
        part = out.with_suffix(f".{os.getpid()}")
        subprocess.run(["cc", "-static", "-O2", "-Wall", "-Wextra", "-Werror", "-o", part, source], check=True)
        part.rename(out)
    return out


def strip(source: Path, dest: Path) -> None:
    """Copy a module or program without its debugging information."""
    subprocess.run(["strip", "--strip-debug", "-o", dest, source], check=True)


def _add_products(root: Path, release: str, products: Products) -> None:
    updates = root / "lib/modules" / release / "updates"
    updates.mkdir(exist_ok=True)
    for module in products.modules:
        strip(module, updates / module.name)
    for program in products.programs:
        _copy_program(root, program, f"/usr/sbin/{program.name}")
        strip(program, root / "usr/sbin" / program.name)
    for dest, source in products.files.items():
        target = root / dest.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    subprocess.run(["depmod", "-b", root, release], check=True)


def _newc(name: bytes, inode: int, mode: int, size: int, major: int = 0, minor: int = 0) -> bytes:
    head = b"070701" + b"".join(b"%08X" % v for v in (
        inode, mode, 0, 0, 1, 0, size, 0, 0, major, minor, len(name) + 1, 0)) + name + b"\0"
    return head + b"\0" * (-len(head) % 4)


def write_cpio(root: Path, out: Path) -> None:
    """The folder as an uncompressed newc archive, all files owned by root."""
    with open(out, "wb") as f:
        inode = 1
        f.write(_newc(b"dev", inode, stat.S_IFDIR | 0o755, 0))
        f.write(_newc(b"dev/console", inode + 1, stat.S_IFCHR | 0o600, 0, 5, 1))
        inode += 2
        for folder, dirs, files in os.walk(root):
            for name in sorted(dirs + files):
                path = os.path.join(folder, name)
                info = os.lstat(path)
                if stat.S_ISLNK(info.st_mode):
                    data = os.readlink(path).encode()
                elif stat.S_ISREG(info.st_mode):
                    data = Path(path).read_bytes()
                else:
                    data = b""
                f.write(_newc(os.path.relpath(path, root).encode(), inode, info.st_mode, len(data)))
                f.write(data + b"\0" * (-len(data) % 4))
                inode += 1
        f.write(_newc(b"TRAILER!!!", 0, 0, 0))


def crash_image(folder: Path) -> Path:
    """Initramfs of a crash kernel: says on the console that it is up, and restarts the machine."""
    root, out = folder / "crash.root", folder / "crash.img"
    shutil.rmtree(root, ignore_errors=True)
    for name in ("bin", "dev", "proc"):
        (root / name).mkdir(parents=True)
    shutil.copy(find_tool("busybox"), root / "bin/busybox")
    (root / "init").write_text("#!/bin/busybox sh\necho CRASH KERNEL IS UP\n/bin/busybox reboot -f\n")
    (root / "init").chmod(0o755)
    write_cpio(root, out)
    shutil.rmtree(root)
    return out


def _fingerprint(release: str) -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    digest.update(release.encode())
    # a kernel that was compiled again has other modules under the same release
    modules = os.stat(kernel.modroot(release) / "lib/modules" / release / "modules.dep")
    digest.update(f"{modules.st_size}{modules.st_mtime_ns}".encode())
    for tool in (*TOOLS, "busybox"):
        info = os.stat(find_tool(tool))
        digest.update(f"{tool}{info.st_size}{info.st_mtime_ns}".encode())
    return digest.hexdigest()[:16]


def build(release: str, products: Products, out: Path) -> Path:
    """Write the initramfs for a kernel release with the products in it to @out."""
    base = kernel.cache_dir() / f"root-{release}-{_fingerprint(release)}"
    if not base.exists():
        for old in kernel.cache_dir().glob(f"root-{release}-*"):
            shutil.rmtree(old, ignore_errors=True)
        part = base.with_name(f"{base.name}.{os.getpid()}")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        _base_root(part, release)
        part.rename(base)
    root = out.with_suffix(".root")
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(base, root, symlinks=True)
    _add_own_files(root)
    _add_products(root, release, products)
    write_cpio(root, out)
    shutil.rmtree(root)
    return out
