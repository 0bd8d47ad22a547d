# SPDX-License-Identifier: GPL-2.0
"""The three Debian machines of the README: target t, servers a and b, a storage network and a clients' network."""

import shutil
import tempfile
from pathlib import Path

from vm import debian, kernel
from vm.debian import DebianMachine, Seed
from vm.lan import Lan
from vm.machine import Disk, Nic
from vm.site import build_applications

NUMBERS = {"t": 1, "a": 2, "b": 3}
LINK = "[Match]\nMACAddress={mac}\n[Link]\nName={name}\nNamePolicy=\n"
NETWORK = ("[Match]\nName={name}\n[Link]\nRequiredForOnline=no-carrier:routable\n[Network]\nLinkLocalAddressing=ipv6\n"
           "IPv6AcceptRA=no\nAddress={v4}\nAddress={v6}\n")
ENABLED = {"systemd-networkd.service": "multi-user.target", "systemd-networkd.socket": "sockets.target",
           "systemd-networkd-wait-online.service": "network-online.target"}
# What Debian enables when the packages are installed.
TARGET = {"rtslib-fb-targetctl.service": "multi-user.target"}
INITIATOR = {"open-iscsi.service": "sysinit.target", "iscsid.socket": "sockets.target"}


class Machines:
    """The VMs; a context manager that leaves nothing behind but the logs."""

    def __init__(self, series: str, build: Path, logs: Path):
        release = kernel.release_of(series)
        self.logs = logs
        self.notes: list[str] = []
        logs.mkdir(parents=True)
        self.folder = Path(tempfile.mkdtemp(prefix="kns."))
        for name in ("sto", "lan"):
            (self.folder / name).mkdir()
        self.networks = {name: Lan(str(self.folder / name)) for name in ("sto", "lan")}
        products = debian.install(release, build / "site" / "root")
        (products / "usr/bin").mkdir()
        for program in build_applications(build):
            shutil.copy(program, products / "usr/bin")
        initrd = debian.build_initrd(release, self.folder / "initrd")
        self.vms: dict[str, DebianMachine] = {}
        for name in NUMBERS:
            machine = DebianMachine(
                name=name, folder=str(self.folder), vmlinux=kernel.vmlinux(release), initrd=initrd, logs=logs,
                nics=[self._nic(name, card) for card in ("sto", "lan")],
                disks=[debian.state_disk(self.folder / f"{name}.state", self._seed(name))], memory=768,
                append="loglevel=5")
            machine.products = products
            self.vms[name] = machine
        data = self.folder / "t.data"
        with open(data, "wb") as f:
            f.truncate(112 << 20)
        self.vms["t"].disks.append(Disk("data", data))

    def __enter__(self) -> "Machines":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getitem__(self, name: str) -> DebianMachine:
        return self.vms[name]

    @staticmethod
    def mac(name: str, card: str) -> str:
        """MAC of a card, "sto" or "lan"."""
        return f"52:54:00:4b:{NUMBERS[name]:02x}:{1 if card == 'sto' else 2:02x}"

    def _nic(self, name: str, card: str) -> Nic:
        vm_end, switch_end = self.networks[card].add(name)
        capture = self.logs / f"{name}-{card}"
        return Nic(f"{card}0", self.mac(name, card), vm_end, switch_end, capture)

    def _seed(self, name: str) -> Seed:
        seed = Seed(name, enabled={**ENABLED, **(TARGET if name == "t" else INITIATOR)})
        number = NUMBERS[name]
        for card, v4, v6 in (("sto", f"10.0.2.{number}/24", f"fd00:2::{number}/64"),
                             ("lan", f"192.168.77.{number}/24", f"fd00:77::{number}/64")):
            values = {"name": f"{card}0", "mac": self.mac(name, card), "v4": v4, "v6": v6}
            seed.files[f"etc/systemd/network/10-{card}0.link"] = LINK.format(**values)
            seed.files[f"etc/systemd/network/10-{card}0.network"] = NETWORK.format(**values)
        if name == "t":
            # instead of the README's logical volume
            seed.files["etc/udev/rules.d/70-data.rules"] = (
                'SUBSYSTEM=="block", ATTR{serial}=="data", SYMLINK+="vg0/data"\n')
        else:
            seed.files["etc/iscsi/initiatorname.iscsi"] = f"InitiatorName=iqn.2026-11.org.example:{name}\n"
            seed.files["etc/iscsi/iscsid.conf"] = Path("/etc/iscsi/iscsid.conf").read_text(encoding="utf-8")
        return seed

    def start(self, names: tuple[str, ...] = tuple(NUMBERS)) -> None:
        """Boot side by side, to the end of systemd's boot."""
        for name in names:
            self[name].start()
        for name in names:
            self[name].wait_ready(180)
        for name in names:
            self[name].booted(180)

    def note(self, text: str) -> None:
        """Something to know that is no verdict; printed before the check's line."""
        self.notes.append(text)

    def close(self) -> None:
        """End every VM and the networks, remove sockets and disks."""
        for machine in self.vms.values():
            machine.kill()
        for network in self.networks.values():
            network.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def leaks(self) -> list[str]:
        """What close() should have ended or removed and did not."""
        found = [f"process of VM {m.name}" for m in self.vms.values() if m.running()]
        return found + ([str(self.folder)] if self.folder.exists() else [])
