# SPDX-License-Identifier: GPL-2.0
"""Which kernels the project runs on, and their uncompressed images in the cache.

A PVH vmlinux boots seconds faster than a compressed bzImage when there is no KVM.

Usage: python3 -m vm.kernel list | fetch | vmlinux KVER | modroot KVER | tree KVER | release SERIES
"""

import lzma
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SERIES = ("6.1", "6.12")
DEBUG = "debug"     # in place of a series: the kernel that vm.debugkernel builds
RT = "rt"           # the same for Debian's 6.1 with PREEMPT_RT; "make kmod" leaves it out
_DEBUG_SUFFIX = "-knell-debug"

_MAGICS = (
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)


def cache_dir() -> Path:
    """Folder outside the tree where everything that can be made again is kept."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    path = Path(base) / "knell"
    path.mkdir(parents=True, exist_ok=True)
    return path


def _version_key(release: str) -> list[int]:
    return [int(n) for n in re.findall(r"\d+", release)]


def _newest(series: str, rt: bool) -> list[str]:
    """The newest release of a series with headers, in a list; an empty one if there is none."""
    fits = [p.parent.name for p in Path("/lib/modules").glob(f"{series}.*-amd64/build")
            if p.exists() and ("-rt-" in p.parent.name) == rt and "-cloud-" not in p.parent.name]
    return [max(fits, key=_version_key)] if fits else []


def releases() -> list[str]:
    """Newest release of each supported series that modules can be built for."""
    return [release for series in SERIES for release in _newest(series, False)]


def debug_folder() -> Path:
    """Where the debug kernel is built and kept."""
    return cache_dir() / "debug-kernel"


def is_debug(release: str) -> bool:
    """Whether a release is the debug kernel's."""
    return release.endswith(_DEBUG_SUFFIX)


def release_of(series: str) -> str:
    """The release of one series, of "debug" or "rt"; LookupError if its headers are not there."""
    if series == DEBUG:
        if not (debug_folder() / "stamp").exists():
            raise LookupError("the debug kernel is not built: run make debug-kernel")
        return (debug_folder() / "build/include/config/kernel.release").read_text().strip()
    for release in _newest(SERIES[0], True) if series == RT else releases():
        if series == RT or release.startswith(series + "."):
            return release
    raise LookupError(f"no headers of a {series} kernel are installed: run scripts/setup")


def tree(release: str) -> Path:
    """Folder that modules for a release are built in."""
    return debug_folder() / "build" if is_debug(release) else Path("/lib/modules") / release / "build"


def modroot(release: str) -> Path:
    """Folder whose lib/modules/RELEASE has the kernel's own modules."""
    if is_debug(release):
        return debug_folder() / "root"
    if (Path("/lib/modules") / release / "kernel").is_dir():
        return Path("/")
    return cache_dir() / "kernels" / release


def _unpack_package(release: str) -> None:
    root = cache_dir() / "kernels" / release
    if (root / "boot" / f"vmlinuz-{release}").exists():
        return
    with tempfile.TemporaryDirectory(dir=cache_dir()) as tmp:
        os.chmod(tmp, 0o755)
        subprocess.run(["apt-get", "download", "-q", f"linux-image-{release}"], cwd=tmp, check=True)
        deb = next(Path(tmp).glob("*.deb"))
        out = Path(tmp) / "root"
        subprocess.run(["dpkg", "-x", deb, out], check=True)
        subprocess.run(["depmod", "-b", out, release], check=True)
        root.parent.mkdir(exist_ok=True)
        shutil.rmtree(root, ignore_errors=True)
        out.rename(root)


def image(release: str) -> Path:
    """The compressed image of a release."""
    if is_debug(release):
        return tree(release) / "arch/x86/boot/bzImage"
    for root in (Path("/"), cache_dir() / "kernels" / release):
        path = root / "boot" / f"vmlinuz-{release}"
        if path.exists():
            return path
    raise LookupError(f"no image of kernel {release}: run scripts/setup")


def _decompress(blob: bytes, kind: str) -> bytes:
    if kind == "xz":
        return lzma.LZMADecompressor().decompress(blob)
    with tempfile.TemporaryFile() as src:
        src.write(blob)
        src.seek(0)
        # zstd complains about what follows the frame, after it has written the frame
        return subprocess.run(["zstd", "-d", "-c", "-q"], stdin=src,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def vmlinux(release: str) -> Path:
    """Uncompressed ELF image of a release, made on first use."""
    if is_debug(release):
        return tree(release) / "vmlinux"
    packed = image(release)
    out = cache_dir() / "vmlinux" / f"{release}-{packed.stat().st_size}-{int(packed.stat().st_mtime)}"
    if out.exists():
        return out
    data = packed.read_bytes()
    for magic, kind in _MAGICS:
        at = data.find(magic)
        while at >= 0:
            try:
                elf = _decompress(data[at:], kind)
            except lzma.LZMAError:
                elf = b""
            if elf[:4] == b"\x7fELF":
                out.parent.mkdir(exist_ok=True)
                part = out.with_suffix(f".{os.getpid()}")
                part.write_bytes(elf)
                part.rename(out)
                return out
            at = data.find(magic, at + 1)
    raise ValueError(f"{packed}: no xz or zstd compressed ELF image in it")


def fetch() -> None:
    """Make sure that modules and image of every supported release are there."""
    for series in (*SERIES, RT):
        release = release_of(series)
        if modroot(release) != Path("/"):
            _unpack_package(release)
        print(f"kernel {release}: {vmlinux(release)}")


def main(argv: list[str]) -> int:
    if argv == ["list"]:
        print("\n".join(releases()))
    elif argv == ["fetch"]:
        fetch()
    elif len(argv) == 2 and argv[0] in ("vmlinux", "modroot", "tree", "release"):
        print({"vmlinux": vmlinux, "modroot": modroot, "tree": tree, "release": release_of}[argv[0]](argv[1]))
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
