# SPDX-License-Identifier: GPL-2.0
"""knellctl in a pipe and on a terminal, while the daemon comes and goes; on server b, the standby."""

import signal

from by_systemd import move_to, settled, show
from checks import Failure, check, contains, expect
from machines import Machines
from vm.agent import Job
from vm.poll import wait_for

NONE = "no cluster is installed on this node"

# A terminal of 40 columns: run a command on it, wait for a word, press Ctrl-C, print what was seen.
TERMINAL = """
import fcntl, os, pty, struct, sys, termios
word, argv = sys.argv[1].encode(), sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(argv[0], argv)
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("4H", 10, 40, 0, 0))
seen = b""
while word not in seen:
    seen += os.read(fd, 4096)
os.write(fd, b"\\x03")
status = os.waitpid(pid, 0)[1]
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def ends_well(job: Job, what: str) -> str:
    """Ctrl-C; its whole output. Failure unless it ends with status 0 and without a complaint."""
    job.kill(signal.SIGINT)
    result = job.wait(20)
    expect(result.status == 0 and not result.err, f"{what}: status {result.status}: {result.err}\n{result.out}")
    return result.out


def wait_said(job: Job, word: str, begin: int = 0) -> int:
    """Until a running command has printed @word after octet @begin; where its output ends then."""
    wait_for(f"{' '.join(job.argv)}: {word}", lambda: word in job.out[begin:].decode(errors="replace"), 40)
    return len(job.out)


@check("status --watch and monitor follow a daemon that leaves, is away and comes back; Ctrl-C ends them well")
def follow(site: Machines) -> None:
    vm = site["b"]
    move_to(site, "a")
    jobs = {word: vm.spawn("knellctl", *word.split()) for word in ("status --watch", "--json status --watch", "monitor")}
    ends = {"status --watch": wait_said(jobs["status --watch"], "cluster office"),
            "--json status --watch": wait_said(jobs["--json status --watch"], '"problems"'),
            "monitor": wait_said(jobs["monitor"], "exists -")}
    vm.run("systemctl", "stop", "knelld", timeout=90)
    ends = {"status --watch": wait_said(jobs["status --watch"], NONE, ends["status --watch"]),
            "--json status --watch": wait_said(jobs["--json status --watch"], '"error"', ends["--json status --watch"]),
            "monitor": wait_said(jobs["monitor"], "change", ends["monitor"])}
    late = {word: vm.spawn("knellctl", *word.split()) for word in ("status --watch", "monitor")}
    wait_said(late["status --watch"], NONE)
    wait_said(late["monitor"], "exists -")
    vm.run("systemctl", "start", "knelld", timeout=90)
    wait_said(jobs["status --watch"], "cluster office", ends["status --watch"])
    wait_said(jobs["--json status --watch"], '"nodes"', ends["--json status --watch"])
    wait_said(jobs["monitor"], "name:office", ends["monitor"])
    wait_said(late["status --watch"], "cluster office")
    wait_said(late["monitor"], "name:office")
    for group in (jobs, late):
        for what, job in group.items():
            out = ends_well(job, what)
            expect("\x1b" not in out, f"{what}: control characters in a pipe")
    settled(site, "a")


@check("without the daemon, and without the module, knellctl says what to do; the unit loads the module")
def without(site: Machines) -> None:
    vm = site["b"]
    vm.run("systemctl", "stop", "knelld", timeout=90)
    said = vm.run("knellctl", check=False)
    expect(said.status == 1, f"status {said.status}")
    contains(said.err, NONE, "systemctl start knelld")
    vm.run("rmmod", "knell")
    for words in (("status",), ("status", "--watch"), ("monitor",)):
        said = vm.run("knellctl", *words, check=False)
        expect(said.status == 1, f"{words}: status {said.status}")
        contains(said.err, "modprobe knell")
    vm.run("systemctl", "start", "knelld", timeout=90)
    expect(show(site, "b", "knelld", "ActiveState") == "active", "knelld is not active")
    settled(site, "a")


@check("status --watch on a narrow terminal, closed pipe: nothing is left running")
def terminal(site: Machines) -> None:
    vm = site["b"]
    vm.put("/run/terminal.py", TERMINAL)
    for words, wanted in (("knellctl status --watch", "records"), ("knellctl monitor", "exists -")):
        job = vm.spawn("python3", "/run/terminal.py", wanted, *words.split())
        result = job.wait(40)
        expect(result.status == 0, f"{words} on a terminal: status {result.status}: {result.err}\n{result.out}")
        expect(("\x1b[2J" in result.out) == ("--watch" in words), f"{words}: clears the screen when it should not")
    first = vm.sh("knellctl monitor | head -n 1").out
    contains(first, "exists cluster")
    vm.run("knellctl", "probe", "t")
    left = vm.run("pgrep", "-a", "knellctl", check=False).out
    if left:
        raise Failure(f"still running: {left}")
