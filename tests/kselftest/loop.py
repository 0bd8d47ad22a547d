# SPDX-License-Identifier: GPL-2.0
"""Target and initiator in one kernel: storage objects, tcm_loop and what is seen of them, by configfs and sysfs."""

import os
import time
from pathlib import Path

TARGET = Path("/sys/kernel/config/target")
DEVICES = Path("/sys/bus/scsi/devices")
HBA = TARGET / "loopback" / "naa.60014050000000ff"


def _write(path: Path, text: str) -> None:
    with open(path, "w", encoding="ascii") as f:
        f.write(text)


def until(condition, what: str, seconds: float = 20):
    """Wait for @condition to return something true; TimeoutError."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.01)


def initiator(node: int) -> str:
    """Name of the initiator that is node @node."""
    return f"naa.600140500000{node:04x}"


def backstore(plugin: str, name: str, control: str = "x") -> Path:
    """A storage object."""
    path = TARGET / "core" / f"{plugin}_0" / name
    path.mkdir(parents=True)
    _write(path / "control", control)
    _write(path / "enable", "1")
    _write(path / "wwn" / "vpd_unit_serial", f"test-{name}")
    return path


def remove_backstore(path: Path) -> None:
    path.rmdir()
    path.parent.rmdir()


class Port:
    """The port of one initiator: LUNs are mapped into it."""

    def __init__(self, node: int):
        self.node = node
        self.path = HBA / f"tpgt_{node}"
        self.path.mkdir(parents=True)
        _write(self.path / "nexus", initiator(node))

    def map(self, lun: int, store: Path) -> str:
        """Map a LUN; returns its /dev/sgN."""
        (self.path / "lun" / f"lun_{lun}").mkdir()
        os.symlink(store, self.path / "lun" / f"lun_{lun}" / "link")
        generic = until(lambda: [p for d in self.devices(lun) for p in (d / "scsi_generic").glob("sg*")],
                         f"sg device of LUN {lun}")[0]
        return until(lambda: Path(f"/dev/{generic.name}").exists() and f"/dev/{generic.name}", "device node")

    def devices(self, lun: int) -> list[Path]:
        """The SCSI device of a LUN, if there is one."""
        return list(DEVICES.glob(f"*:0:{self.node}:{lun}"))

    def unmap(self, lun: int) -> None:
        (self.path / "lun" / f"lun_{lun}" / "link").unlink()
        (self.path / "lun" / f"lun_{lun}").rmdir()

    def end_session(self) -> None:
        _write(self.path / "nexus", "NULL")

    def remove(self) -> None:
        for lun in list((self.path / "lun").glob("lun_*")):
            self.unmap(int(lun.name.removeprefix("lun_")))
        self.end_session()
        self.path.rmdir()


def clear(found: dict[int, Port], store: Path) -> None:
    """Remove all ports, and the storage object that was mapped into them."""
    for port in found.values():
        port.remove()
    remove_hba()
    remove_backstore(store)


def remove_hba() -> None:
    HBA.rmdir()
    HBA.parent.rmdir()
