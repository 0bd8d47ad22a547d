# SPDX-License-Identifier: GPL-2.0
"""Run one command in one fast VM; the verdict is its exit status and a clean console.

Usage: python3 -m vm.one [--kernel 6.1|6.12] [--module FILE.ko]... [--program FILE]... [--file GUEST=HOST]...
       [--disk MB] [--cpus N] [--memory MB] [--append TEXT] [--timeout S] [--allow-crash] [--logs DIR] -- COMMAND ARG...
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from . import initramfs, kernel
from .agent import AgentGone
from .machine import Disk, Machine


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="vm.one", description="run one command in one fast VM")
    parser.add_argument("--kernel", default="6.1")
    parser.add_argument("--module", type=Path, action="append", default=[])
    parser.add_argument("--program", type=Path, action="append", default=[])
    parser.add_argument("--file", action="append", default=[], metavar="GUEST=HOST")
    parser.add_argument("--disk", type=int, default=0, help="MB of an empty disk, virtio serial 'disk'")
    parser.add_argument("--cpus", type=int, default=1)
    parser.add_argument("--memory", type=int, default=384)
    parser.add_argument("--append", default="")
    parser.add_argument("--timeout", type=float, default=300)
    parser.add_argument("--allow-crash", action="store_true", help="kernel complaints do not fail the run")
    parser.add_argument("--logs", type=Path, help="keep the console here")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    args = parser.parse_args(argv)
    args.command = args.command[1:] if args.command[:1] == ["--"] else args.command
    if not args.command:
        parser.error("no command")
    return args


def end(machine: Machine) -> None:
    """A guest that dies ends QEMU by itself, after the last line of its console."""
    try:
        machine.wait_gone(5)
    except subprocess.TimeoutExpired:
        pass


def run(args: argparse.Namespace, folder: Path) -> int:
    """Boot, run, judge; returns the exit status."""
    release = kernel.release_of(args.kernel)
    products = initramfs.Products(args.module, args.program,
                                  {g: Path(h) for g, h in (f.split("=", 1) for f in args.file)})
    image = initramfs.build(release, products, folder / "initrd")
    logs = args.logs or folder
    logs.mkdir(parents=True, exist_ok=True)
    disks = []
    if args.disk:
        with open(folder / "disk", "wb") as f:
            f.truncate(args.disk << 20)
        disks.append(Disk("disk", folder / "disk"))
    machine = Machine("vm", str(folder), kernel.vmlinux(release), image, logs, disks=disks,
                      memory=args.memory, cpus=args.cpus, append=args.append)
    machine.start()
    try:
        machine.wait_ready()
        job = machine.spawn(*args.command, on_line=lambda _, line: print(line, flush=True))
        result = job.wait(args.timeout)
        status = result.status if result.status >= 0 else 128 - result.status
        sys.stderr.write(result.err)
    except (AgentGone, TimeoutError) as error:
        print(f"vm.one: {error}", file=sys.stderr)
        status = 124
        end(machine)
    finally:
        machine.kill()
    crash = machine.crash_lines()
    if crash and not args.allow_crash:
        print("vm.one: the kernel complained:", *crash[:20], sep="\n  ", file=sys.stderr)
        status = status or 1
    return status


def main(argv: list[str]) -> int:
    args = parse(argv)
    folder = Path(tempfile.mkdtemp(prefix="kn1."))
    try:
        return run(args, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
