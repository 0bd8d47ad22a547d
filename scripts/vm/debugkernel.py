# SPDX-License-Identifier: GPL-2.0
"""Builds the debug kernel from the distribution's source package into the cache, and again only when that changes.

It is a small kernel with everything that finds mistakes (scripts/kconfig/), for the fast VMs. The build tree
stays, so that modules can be built against it and a change of configuration costs only what it touches.

Usage: python3 -m vm.debugkernel
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from . import kernel

PACKAGE = "linux-source-6.1"
TARBALL = Path("/usr/src") / f"{PACKAGE}.tar.xz"
KCONFIG = Path(__file__).resolve().parents[1] / "kconfig"
FRAGMENTS = tuple(KCONFIG / f"{name}.config" for name in ("guest", "storage", "debug"))
PATCHES = tuple(sorted(KCONFIG.glob("*.patch")))
WANTED = re.compile(r"^(?:(CONFIG_\w+)=(.*)|# (CONFIG_\w+) is not set)$", re.MULTILINE)


class BuildError(Exception):
    """The kernel cannot be built as it is asked for; the text says what to do."""


def _output(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def _source_version() -> str:
    try:
        version = _output("dpkg-query", "-W", "-f", "${Version}", PACKAGE)
    except subprocess.CalledProcessError:
        version = ""
    if not version or not TARBALL.exists():
        raise BuildError(f"the kernel's source, Debian package {PACKAGE}, is not installed: run scripts/setup --debug")
    return version


def fingerprint() -> str:
    """What the kernel is made of: source with our patches, configuration, compiler."""
    digest = hashlib.sha256(f"{_source_version()} {_output('gcc', '-dumpfullversion')}".encode())
    for path in (*FRAGMENTS, *PATCHES):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def values(text: str) -> dict[str, str]:
    """Options of a configuration; one that is not set is 'n'."""
    return {m[1] or m[3]: m[2] if m[1] else "n" for m in WANTED.finditer(text)}


def lost(wanted: dict[str, str], config: dict[str, str]) -> list[str]:
    """Options that are not as they were wanted; one that does not exist counts as 'n'."""
    return [f"{name}: wanted {value}, is {config.get(name, 'n')}"
            for name, value in wanted.items() if config.get(name, "n") != value]


def _unpack(source: Path, version: str) -> None:
    stamp = source / ".unpacked"
    wanted = version + "".join(f"\n{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in PATCHES)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"debug kernel: unpacking {PACKAGE} {version}", flush=True)
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    subprocess.run(["tar", "-xf", TARBALL, "-C", source, "--strip-components=1"], check=True)
    for path in PATCHES:
        subprocess.run(["patch", "-s", "-p1", "-d", source, "-i", path], check=True)
    stamp.write_text(wanted)


def _configure(source: Path, build: Path) -> None:
    build.mkdir(exist_ok=True)
    subprocess.run([source / "scripts/kconfig/merge_config.sh", "-n", "-O", build, *FRAGMENTS], cwd=source, check=True,
                   stdout=subprocess.DEVNULL)
    config = values((build / ".config").read_text())
    missing = [line for fragment in FRAGMENTS for line in lost(values(fragment.read_text()), config)]
    if missing:
        raise BuildError("the kernel's configuration does not take what scripts/kconfig/ wants "
                         "(a dependency is missing, or the option is gone):\n  " + "\n  ".join(missing))


def build() -> str:
    """Build the kernel unless the cache has it; returns its release."""
    folder = kernel.debug_folder()
    folder.mkdir(exist_ok=True)
    with open(folder / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp, wanted = folder / "stamp", fingerprint()
        if not stamp.exists() or stamp.read_text() != wanted:
            begin = time.monotonic()
            stamp.unlink(missing_ok=True)
            source, tree = folder / "source", folder / "build"
            _unpack(source, _source_version())
            _configure(source, tree)
            make = ["make", "-s", "-C", str(tree), f"-j{os.cpu_count()}"]
            print("debug kernel: compiling, a quarter of an hour on two processors", flush=True)
            subprocess.run([*make, "bzImage", "modules"], check=True)
            shutil.rmtree(folder / "root", ignore_errors=True)
            subprocess.run([*make, "modules_install", f"INSTALL_MOD_PATH={folder / 'root'}", "INSTALL_MOD_STRIP=1"],
                           check=True)
            stamp.write_text(wanted)
            print(f"debug kernel: built in {time.monotonic() - begin:.0f} s", flush=True)
    return kernel.release_of(kernel.DEBUG)


def main() -> int:
    try:
        print(f"debug kernel: {build()} in {kernel.debug_folder()}")
    except BuildError as error:
        print(f"debug kernel: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"debug kernel: {' '.join(map(str, error.cmd))}: exit status {error.returncode}; "
              "started again it goes on where it stopped", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
