# SPDX-License-Identifier: GPL-2.0
"""A Site whose data LUN is replicated between two arrays behind the router, one of which serves it on a floating address.

The router exports the witness from its data disk, to the arrays only.
"""

from .cluster import Cluster
from .poll import wait_for
from .site import (DATA_DEVICE, DATA_IQN, DATA_SERIAL, Settings, Site, cluster_file, initiator, mailbox_iqn,
                   storage_address)

PORTAL = "192.168.77.200"
WITNESS_IQN = "iqn.2026-11.example:witness"
WITNESS_SERIAL = "0000000000000000000000002"
WITNESS_DEVICE = f"/dev/disk/by-id/wwn-0x6001405{WITNESS_SERIAL}"
RESOURCE = "shelf"
RESERVATIONS = "/srv/shelf"
ANSWERS = "/usr/sbin/knell-fence-peer"


def drbd_conf(cluster: Cluster) -> str:
    """The resource: volume 0 is what servers get, volume 1 keeps its reservations."""
    ends = "".join(f"  on {name} {{ address {lan_address(cluster, name)}:7789; }}\n" for name in cluster.arrays)
    return (f"global {{ usage-count no; }}\nresource {RESOURCE} {{\n"
            "  net { protocol C; ping-int 3; ping-timeout 30; timeout 29; connect-int 3; }\n"
            "  disk { fencing resource-and-stonith; on-io-error call-local-io-error; c-plan-ahead 0; resync-rate 50M; }\n"
            "  volume 0 { device /dev/drbd0; disk /dev/disk/by-id/virtio-data; meta-disk internal; }\n"
            "  volume 1 { device /dev/drbd1; disk /dev/disk/by-id/virtio-pr; meta-disk internal; }\n" + ends + "}\n")


def lan_address(cluster: Cluster, name: str) -> str:
    """Address of a VM on the LAN."""
    return f"192.168.77.{cluster.number(name)}"


def array_nodes(cluster: Cluster) -> str:
    """The arrays in the cluster file's list of nodes."""
    first, second = cluster.arrays
    text = ""
    for name in cluster.arrays:
        addresses = ", ".join(storage_address(cluster, name, False, r) for r in cluster.routers)
        text += (f"  - name: {name}\n    id: {cluster.number(name)}\n    role: array\n"
                 f"    initiator: {initiator(name)}\n    addresses: [{addresses}]\n"
                 f"    standby: [{second if name == first else first}]\n")
    return text


def array_application(cluster: Cluster) -> str:
    """The replicated volume as an application."""
    return (f"  - name: {RESOURCE}\n    id: 2\n    node: {cluster.arrays[0]}\n"
            f"    replicas:\n      - resource: {RESOURCE}\n        devices: [/dev/drbd0, /dev/drbd1]\n"
            f"        witness: {WITNESS_DEVICE}\n"
            f"    volumes:\n      - device: /dev/drbd1\n        mount: {RESERVATIONS}\n        type: ext4\n"
            "        options: [sync, noatime]\n"
            f"    addresses:\n      - address: {PORTAL}/24\n        interface: lan0\n"
            f"    exports:\n      - target: {DATA_IQN}\n        lun: 1\n        device: /dev/drbd0\n"
            f"        serial: \"{DATA_SERIAL}\"\n        portal: {PORTAL}\n        reservations: {RESERVATIONS}\n"
            f"        initiators: [{', '.join(cluster.servers)}]\n")


class ArraySite(Site):
    """A Cluster with two arrays and knell on it."""

    def cluster_file(self) -> str:
        text = cluster_file(self.cluster, self.settings)
        return text.replace("applications:\n", array_nodes(self.cluster) + "applications:\n") + \
            array_application(self.cluster)

    def start(self) -> None:
        self.boot()
        self._first_synchronisation()
        for name in (*self.cluster.routers, *self.cluster.arrays):
            self.start_knell(name)
        wait_for("an array to serve the volume", lambda: self.volume(self.cluster.routers[0])[0] == "running", 60)
        for name in self.cluster.servers:
            self._login_data(name)
        self.make_filesystem()
        for name in self.cluster.servers:
            self.start_knell(name)

    def restart(self, name: str) -> None:
        self.cluster.start([name])
        self.prepare(name)
        if name in self.cluster.servers:
            self._login_data(name)
        self.start_knell(name)

    def volume(self, at: str) -> tuple[str, str]:
        """(state, owner) of the replicated volume in a node's word."""
        app = next(a for a in self.status(at)["applications"] if a["name"] == RESOURCE)
        return app["state"], app["owner"] or ""

    def _export(self, name: str) -> None:
        super()._export(name)
        if name == self.cluster.storage:
            pairs = [word for array in self.cluster.arrays
                     for word in (initiator(array), storage_address(self.cluster, array, True, name))]
            self._target(name, "data", WITNESS_IQN, WITNESS_SERIAL, 0, pairs)

    def login(self, name: str) -> None:
        """The mailboxes; an array to the witness as well, and its replica up."""
        vm = self.cluster[name]
        for router in self.cluster.routers:
            portal = storage_address(self.cluster, name, True, router)
            targets = [mailbox_iqn(router)]
            if name in self.cluster.arrays and router == self.cluster.storage:
                targets.append(WITNESS_IQN)
            for iqn in targets:
                vm.run("/lib/vm/login.sh", portal, iqn, "0", str(self.settings.replacement))
        if name in self.cluster.arrays:
            wait_for(f"{name}: the witness", lambda: vm.run("test", "-b", WITNESS_DEVICE, check=False).status == 0, 30)
            self._replicate(name)

    def _login_data(self, name: str) -> None:
        vm = self.cluster[name]
        vm.run("/lib/vm/login.sh", PORTAL, DATA_IQN, str(self.settings.noop), str(self.settings.replacement))
        wait_for(f"{name}: {DATA_DEVICE}", lambda: vm.run("test", "-b", DATA_DEVICE, check=False).status == 0, 30)

    def _replicate(self, name: str) -> None:
        """DRBD up, as its own service would on a real array; LIO there."""
        vm = self.cluster[name]
        vm.run("mkdir", "-p", "/var/lib/drbd", "/run/drbd", "/run/lock", "/etc/target/pr", RESERVATIONS)
        vm.put("/etc/drbd.conf", drbd_conf(self.cluster))
        vm.run("modprobe", "drbd", f"usermode_helper={ANSWERS}")
        vm.run("modprobe", "-a", "target_core_mod", "iscsi_target_mod", "target_core_iblock")
        if self.cluster[name].boots == 1:
            vm.run("drbdadm", "create-md", "--force", RESOURCE)
        vm.run("drbdadm", "up", RESOURCE)

    def _first_synchronisation(self) -> None:
        """Empty disks are equal; a file system for the reservations."""
        first = self.cluster[self.cluster.arrays[0]]
        wait_for("the replicas are connected",
                 lambda: first.run("cat", "/proc/drbd").out.count("cs:Connected") == 2, 30)
        for volume in (0, 1):
            first.run("drbdadm", "new-current-uuid", "--clear-bitmap", f"{RESOURCE}/{volume}")
        first.run("drbdadm", "primary", RESOURCE)
        first.run("mkfs.ext4", "-q", "-F", "/dev/drbd1")
        first.run("drbdadm", "secondary", RESOURCE)

    def evidence(self, name: str) -> list[list[str]]:
        commands = super().evidence(name)
        if name in self.cluster.arrays:
            commands += [["cat", "/proc/drbd"], ["sh", "-c", "head -50 /run/knell/replica/*; ls -lR /etc/target/pr"],
                         ["sg_persist", "-k", WITNESS_DEVICE], ["sg_persist", "-r", WITNESS_DEVICE],
                         ["sh", "-c", "find /sys/kernel/config/target; cat /sys/kernel/config/target/core/*/*/pr/*"]]
        return commands


def site_for(cluster: Cluster, settings: Settings) -> Site:
    """The kind of site that fits a cluster."""
    return (ArraySite if cluster.arrays else Site)(cluster, settings)
