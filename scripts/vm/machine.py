# SPDX-License-Identifier: GPL-2.0
"""One virtual machine: a QEMU process, its console, its agent and its monitor."""

import os
import re
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Callable, Optional

from . import tsc
from .agent import Agent, AgentGone, Job, Result
from .poll import scaled
from .qmp import Qmp

# panic=1, not -1: QEMU ends with the guest's reset, and what its thread has not yet sent of the guest's frames
# ends with it. On a busy host that was the whole last gasp.
APPEND = ("console=ttyS0 mitigations=off panic=1 net.ifnames=0 random.trust_cpu=on no_timer_check "
          "tsc=reliable rcupdate.rcu_expedited=1 nokaslr loglevel=6")
if tsc.khz():
    APPEND += f" tsc_early_khz={tsc.khz()}"

CRASH_TEXT = re.compile(
    r"BUG:|WARNING:|Oops|general protection fault|Kernel panic|Call Trace:|INFO: task .* blocked|"
    r"rcu: INFO|soft lockup|hard LOCKUP|INFO: lockdep|INFO: trying to register|circular locking|KASAN|UBSAN|"
    r"ODEBUG|refcount_t:|Unable to handle|kernel NULL pointer|segfault at|traps: ")


def kvm() -> bool:
    """Whether the machine has hardware virtualisation and may use it."""
    flags = Path("/proc/cpuinfo").read_text()
    return bool(re.search(r"\b(vmx|svm)\b", flags)) and os.access("/dev/kvm", os.R_OK | os.W_OK)


@dataclass
class Nic:
    """A network card: the two ends are unix datagram sockets."""

    name: str
    mac: str
    local: str
    remote: str
    capture: Optional[Path] = None
    model: str = "virtio-net-pci"


@dataclass
class Disk:
    """A disk kept across restarts of the VM."""

    serial: str
    path: Path


@dataclass
class Machine:
    """Specification and life of a VM; start() may be called again after it ended."""

    name: str
    folder: str
    """short path for unix sockets"""
    vmlinux: Path
    initrd: Path
    logs: Path
    nics: list[Nic] = field(default_factory=list)
    disks: list[Disk] = field(default_factory=list)
    memory: int = 512
    cpus: int = 1
    append: str = ""
    on_console: Optional[Callable[[float, str, str], None]] = None
    """called with (time, VM name, line)"""

    def __post_init__(self) -> None:
        self.process: Optional[subprocess.Popen] = None
        self.agent: Optional[Agent] = None
        self.qmp: Optional[Qmp] = None
        self.boots = 0
        self.console: list[tuple[float, int, str]] = []
        """(time of arrival, boot number, line)"""
        self.started = 0.0
        self._reader: Optional[threading.Thread] = None

    # life

    def command(self) -> list[str]:
        """QEMU's command line."""
        argv = ["qemu-system-x86_64", "-M", "q35", "-name", self.name, "-m", str(self.memory),
                "-smp", str(self.cpus), "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                "-kernel", str(self.vmlinux), "-initrd", str(self.initrd),
                "-append", self.kernel_arguments(), "-serial", "stdio"]
        argv += ["-enable-kvm", "-cpu", "host"] if kvm() else ["-accel", "tcg", "-cpu", "qemu64,+rdrand"]
        return argv + self.device_arguments()

    def kernel_arguments(self) -> str:
        """The kernel's command line."""
        return f"{APPEND} {self.append}".strip()

    def device_arguments(self) -> list[str]:
        """Monitor, agent port, disks and network cards."""
        argv = ["-qmp", f"unix:{self.folder}/{self.name}.qmp",
                "-chardev", f"socket,id=agent,path={self.folder}/{self.name}.agent",
                "-device", "virtio-serial-pci", "-device", "virtserialport,chardev=agent,name=knell.agent"]
        for disk in self.disks:
            argv += ["-drive", f"if=none,id={disk.serial},file={disk.path},format=raw,cache=unsafe",
                     "-device", f"virtio-blk-pci,drive={disk.serial},serial={disk.serial}"]
        for nic in self.nics:
            argv += ["-netdev", f"dgram,id={nic.name},local.type=unix,local.path={nic.local},"
                                f"remote.type=unix,remote.path={nic.remote}",
                     "-device", f"{nic.model},netdev={nic.name},id=nic-{nic.name},mac={nic.mac}"]
            if nic.capture:
                path = nic.capture.with_name(f"{nic.capture.stem}.{self.boots}.pcap")
                argv += ["-object", f"filter-dump,id=dump-{nic.name},netdev={nic.name},file={path}"]
        return argv

    def start(self) -> None:
        """Start QEMU; returns at once, see wait_ready()."""
        assert not self.running(), f"{self.name} runs already"
        self._close()
        self.boots += 1
        self.started = time.time()
        self.agent = Agent(self.name, f"{self.folder}/{self.name}.agent")
        self.qmp = Qmp(f"{self.folder}/{self.name}.qmp")
        for nic in self.nics:
            Path(nic.local).unlink(missing_ok=True)
        errors = open(self.logs / f"{self.name}.qemu.{self.boots}.log", "wb")
        with errors:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                            stderr=self._stderr(errors), start_new_session=True)
        self._reader = threading.Thread(target=self._read_console, args=(self.process, self.boots), daemon=True)
        self._reader.start()

    def _stderr(self, errors: BinaryIO) -> BinaryIO | int:
        return errors

    def wait_ready(self, timeout: float = 90) -> None:
        """Until the agent in the VM answers; TimeoutError with the end of the console."""
        timeout = scaled(timeout)
        deadline = time.monotonic() + timeout
        self.qmp.connect()
        while not self.agent.ready.wait(0.2):
            if not self.running() or time.monotonic() > deadline:
                tail = "\n".join(line for _, _, line in self.console[-20:])
                raise TimeoutError(f"{self.name}: not up after {timeout:g} s; the end of its console:\n{tail}")

    def running(self) -> bool:
        """Whether the QEMU process lives."""
        return self.process is not None and self.process.poll() is None

    def wait_gone(self, timeout: float) -> None:
        """Until QEMU has ended (the guest was powered off or reset itself)."""
        self.process.wait(scaled(timeout))
        self._reader.join(5)
        self._close()

    def kill(self) -> None:
        """Power loss: end QEMU without a word."""
        if self.running():
            os.killpg(self.process.pid, signal.SIGKILL)
        if self.process:
            self.process.wait(10)
            self._reader.join(5)
        self._close()

    def _close(self) -> None:
        if self.agent:
            self.agent.close()
        if self.qmp:
            self.qmp.close()
        self.agent = self.qmp = None

    # work

    def run(self, *argv: str, timeout: float = 60, check: bool = True) -> Result:
        """Run a command in the VM."""
        return self._agent().run(list(argv), timeout, check)

    def sh(self, script: str, *args: str, timeout: float = 60, check: bool = True) -> Result:
        """Run a shell script in the VM; @args become $1..."""
        return self.run("/bin/sh", "-c", script, "sh", *args, timeout=timeout, check=check)

    def spawn(self, *argv: str, on_line: Optional[Callable[[float, str], None]] = None) -> Job:
        """Start a command in the VM and leave it running."""
        return self._agent().start(list(argv), on_line)

    def put(self, path: str, content: str | bytes, mode: int = 0o644) -> None:
        """Write a file in the VM."""
        self._agent().put(path, content.encode() if isinstance(content, str) else content, mode)

    def _agent(self) -> Agent:
        if self.agent is None:
            raise AgentGone(f"{self.name} is not running")
        return self.agent

    def crash_lines(self, boot: Optional[int] = None) -> list[str]:
        """Console lines that look like a kernel complaint."""
        return [line for _, number, line in list(self.console)
                if (boot is None or number == boot) and CRASH_TEXT.search(line)]

    def saw(self, pattern: str, since: float = 0) -> Optional[float]:
        """When a console line first matched, or None."""
        rule = re.compile(pattern)
        for when, _, line in list(self.console):
            if when >= since and rule.search(line):
                return when
        return None

    def _read_console(self, process: subprocess.Popen, boot: int) -> None:
        with open(self.logs / f"{self.name}.console.{boot}.log", "w", encoding="utf-8") as log:
            for raw in process.stdout:
                now = time.time()
                line = raw.decode(errors="replace").rstrip("\r\n")
                log.write(f"{now:.6f} {line}\n")
                log.flush()
                self.console.append((now, boot, line))
                if self.on_console:
                    self.on_console(now, self.name, line)
