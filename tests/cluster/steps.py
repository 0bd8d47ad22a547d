# SPDX-License-Identifier: GPL-2.0
"""The words a scenario file is written in: what is done to the cluster and what must then be seen.

A step is a function whose first argument is the Run; the rest comes from the scenario file. Node
arguments are names or roles: $owner, $next (the standby that takes over), $third, $router; of two arrays $array, which
serves when the scenario begins, and $spare.
"""

import re
import time
from typing import Callable, Optional

import forge
from vm import pcap
from vm.arp import AddressWatch
from vm.cluster import ROUTER
from vm.poll import wait_for
from vm.site import DATA_DEVICE, FLOATING, storage_address
from run_state import Failure, Run

STEPS: dict[str, Callable] = {}


def step(function: Callable) -> Callable:
    """Register a word by the function's name."""
    STEPS[function.__name__.replace("_", "-")] = function
    return function


def mailbox_device(run: Run, node: str) -> str:
    """The generic SCSI device of a node's mailbox LUN."""
    return "/dev/" + run.vm(node).sh("grep -l KNELL /sys/class/scsi_generic/*/device/vendor").out.split("/")[4]


def read_counter(run: Run, node: str, name: str) -> int:
    """A kernel counter of a node."""
    text = run.vm(node).run("knellctl", "stats").out
    return int(re.search(rf"^{name}\s+(\d+)", text, re.MULTILINE).group(1))


# what is done

@step
def panic(run: Run, node: str, how: str = "sysrq") -> None:
    """Kill a node's kernel: sysrq, or a word of knell_crash ("irq": an oops in an interrupt)."""
    vm = run.vm(node)
    if how != "sysrq":
        vm.run("modprobe", "knell_crash")
    run.excuse(node)
    run.mark("inflicted")
    if how == "sysrq":
        vm.spawn("/bin/sh", "-c", "echo c > /proc/sysrq-trigger")
    else:
        vm.spawn("/bin/sh", "-c", "echo $1 > /sys/module/knell_crash/parameters/now", "sh", how)


@step
def busy(run: Run, node: str) -> None:
    """Keep a node's mailbox session busy: echoes, and SENDs that are refused."""
    vm = run.vm(node)
    device = mailbox_device(run, node)
    vm.put("/tmp/junk", b"\0" * 4096)
    refused = f"while :; do sg_raw -s 4096 -i /tmp/junk {device} {' '.join(forge.send_cdb(4096))} 2>/dev/null; done"
    for number in range(3):
        run.jobs[f"busy{number}"] = vm.spawn("/bin/sh", "-c", refused)
    run.jobs["probes"] = vm.spawn("/bin/sh", "-c", "while :; do knellctl probe r; done")


@step
def power_loss(run: Run, node: str) -> None:
    """End a node's VM without a word."""
    run.excuse(node)
    run.mark("inflicted")
    run.vm(node).kill()


@step
def freeze(run: Run, node: str, what: str = "knelld") -> None:
    """Stop the daemon, or every user process, of a node."""
    run.mark("inflicted")
    if what == "all":
        run.excuse(node)
        run.vm(node).spawn("/bin/sh", "-c", "kill -STOP -1")
    else:
        run.vm(node).run("pkill", "-STOP", "-x", what)


@step
def cut(run: Run, node: str, end: str = "router", router: str = ROUTER) -> None:
    """Cut a server's storage link to a router: silently (router's end) or with loss of carrier (its own end)."""
    name = run.name(node)
    owner = router if end == "router" else name
    run.mark("inflicted")
    run.cluster.set_link(owner, run.cluster.storage_card(owner, name, router), False)


@step
def plug(run: Run, node: str, router: str = ROUTER) -> None:
    """Mend both ends of a server's storage link to a router."""
    name = run.name(node)
    for owner in (router, name):
        if run.vm(owner).running():
            run.cluster.set_link(owner, run.cluster.storage_card(owner, name, router), True)


@step
def failover(run: Run, node: str, at: Optional[str] = None) -> None:
    """Order a planned switch with the console program of another node."""
    run.mark("inflicted")
    run.vm(at or "$router").run("knellctl", "failover", run.name(node), timeout=60)


@step
def command(run: Run, node: str, argv: list[str], status: int = 0, output: str = "", timeout: float = 60,
            within: float = 0) -> None:
    """Run a command on a node; its status and, if given, its output (a pattern) must fit, now or within a time."""
    argv, output = [run.expand(a) for a in argv], run.expand(output)
    end = time.monotonic() + within
    while True:
        result = run.vm(node).run(*argv, check=False, timeout=timeout)
        if result.status == status and re.search(output, result.out + result.err):
            return
        if time.monotonic() >= end:
            raise Failure(f"{' '.join(argv)} on {run.name(node)}: status {result.status}, expected {status} "
                          f"and output like {output!r}:\n{result.out}{result.err}")
        time.sleep(0.2)


@step
def put(run: Run, node: str, path: str, text: str, mode: int = 0o644) -> None:
    """Write a file on a node."""
    run.vm(node).put(path, text, mode)


@step
def break_session(run: Run, node: str) -> None:
    """Break the TCP connection of a node's data session; the mailbox session stays."""
    run.mark("inflicted")
    name = run.name(node)
    sessions = run.vm(name).sh("grep -l '^iqn.*:data$' /sys/class/iscsi_session/*/targetname").out.split()
    number = sessions[0].split("/")[4].removeprefix("session")
    file = f"/sys/class/iscsi_connection/connection{number}:0/local_port"
    port = wait_for(f"the data session of {name} is up",
                    lambda: run.vm(name).sh(f"cat {file} 2>/dev/null; true").out.strip(), 30)
    run.vm(name).run("modprobe", "tcp_diag")
    run.vm(name).run("ss", "-K", "sport", "=", f":{port}")


@step
def shutdown(run: Run, node: str) -> None:
    """End a node in good order: the daemon first, then the machine."""
    run.mark("inflicted")
    run.vm(node).run("pkill", "-TERM", "-x", "knelld")
    wait_for("the daemon to end", lambda: run.vm(node).run("pgrep", "-x", "knelld", check=False).status, 30)
    run.vm(node).spawn("reboot", "-f")


@step
def restart_daemon(run: Run, node: str) -> None:
    """Start the daemon of a node again."""
    run.site.start_knell(run.name(node))


@step
def boot(run: Run, node: str) -> None:
    """Start a node that has ended, up to its daemon."""
    run.site.restart(run.name(node))


# what must be seen

@step
def gone(run: Run, node: str, within: float = 15) -> None:
    """The VM of a node ends by itself."""
    run.vm(node).wait_gone(within)


@step
def watch_address(run: Run) -> None:
    """From now on ask the LAN who has the floating address."""
    run.watch = AddressWatch(run.cluster.lan, FLOATING)


@step
def address_once(run: Run) -> None:
    """Nobody took the floating address while another one still answered for it."""
    run.watch.close()
    names = {run.cluster.mac(name, "lan0"): name for name in run.cluster.machines}
    holders = list(dict.fromkeys(names[mac] for _, mac in run.watch.answers))
    if holders != [run.name("$owner"), run.name("$next")]:
        raise Failure(f"the address was held by {holders}, not by the owner and then by the next")
    for earlier, later, seconds in run.watch.overlaps():
        raise Failure(f"{names[earlier]} and {names[later]} both held the address for {seconds:.2f} s")
    last = max(when for when, mac in run.watch.answers if names[mac] == holders[0])
    first = min(when for when, mac in run.watch.answers if names[mac] == holders[1])
    run.note(f"{holders[0]} let go of the address {last - run.marks['inflicted']:.1f} s after the cut, "
             f"{holders[1]} took it {first - last:.1f} s later")


@step
def status(run: Run, node: str, is_: str, at: Optional[list[str]] = None, within: float = 15) -> None:
    """Every living node (or those named in at) says that a node has a status, like 'down' or 'standby|active'."""
    name = run.name(node)
    watchers = [run.name(w) for w in at] if at else [w for w in run.alive() if w != name or "down" not in is_]
    for watcher in watchers:
        wait_for(f"{watcher} says that {name} is {is_}",
                 lambda w=watcher: re.fullmatch(is_, run.site.node_status(w, name)), within)


@step
def serves(run: Run, node: str, at: Optional[list[str]] = None, within: float = 30) -> None:
    """A node serves: the client has an answer from it, and every living node (or those in at) says so."""
    name = run.name(node)
    run.mark("answered", run.client.wait_answer(name, within, run.marks.get("inflicted")))
    for watcher in [run.name(w) for w in at] if at else run.alive():
        wait_for(f"{watcher} says that {name} serves the application",
                 lambda w=watcher: run.site.app(w)[:2] == ("running", name), within)


@step
def idle(run: Run, node: str, within: float = 15) -> None:
    """A node holds nothing of the application: no process, no mount, no address."""
    vm = run.vm(node)

    def holds() -> str:
        return vm.sh("pgrep -x recordd; grep /srv/records /proc/mounts; ip -o addr show | grep -F \"$1/\"; true",
                     FLOATING).out.strip()

    wait_for(f"{run.name(node)} let go of everything", lambda: not holds(), within)


@step
def no_knell_frames(run: Run, seconds: float, nops: bool = True) -> None:
    """For a span of time nothing of knell goes over any link while the client is served.

    On the mailbox connections go the target's NOP-Ins and their answers, or, without them, no packet at all.
    """
    begin = time.time()
    wait_for("the span of time to pass", lambda: time.time() >= begin + seconds, seconds + 5)
    for server in run.cluster.servers:
        count = run.cluster.frames(server, begin, begin + seconds)
        run.note(f"link {server}: {dict(count.pdus)} in {seconds:g} s")
        if count.ours:
            raise Failure(f"{count.ours} knell PDUs on the link of {server} in {seconds:g} quiet seconds: "
                          f"{dict(count.pdus)}")
        allowed = 4 * (count.pdus["nop-in"] + 1) if nops else 0    # each PDU, and a bare acknowledgement
        if count.packets["mailbox"] > allowed or nops != bool(count.pdus["nop-in"]):
            raise Failure(f"{count.packets['mailbox']} packets on the mailbox connection of {server}, "
                          f"{count.pdus['nop-in']} NOP-Ins: at most {allowed} packets were expected")
        if server == run.roles["$owner"] and not count.pdus["command"]:
            raise Failure(f"no storage traffic captured on the link of {server}: the capture proves nothing")


@step
def app_state(run: Run, is_: str, within: float = 60) -> None:
    """Every living node says that the application is in a state."""
    for watcher in run.alive():
        wait_for(f"{watcher} says that the application is {is_}",
                 lambda w=watcher: run.site.app(w)[0] == is_, within)


@step
def reason(run: Run, is_: str, node: str = "") -> None:
    """Every living node gives this reason (a pattern) for the state of the application, or the status of a node."""
    for watcher in run.alive():
        found = run.site.app(watcher)[2] if not node else next(
            n["reason"] for n in run.site.status(watcher)["nodes"] if n["name"] == run.name(node))
        if not re.fullmatch(is_, found):
            raise Failure(f"{watcher} says that the reason is {found!r}, expected {is_!r}")


@step
def console_says(run: Run, node: str, text: str, within: float = 30) -> None:
    """A line on a node's console, since the deed."""
    wait_for(f"{run.name(node)}'s console says {text!r}",
             lambda: run.vm(node).saw(text, run.marks.get("inflicted", 0)), within)


@step
def daemon_says(run: Run, node: str, text: str, within: float = 15) -> None:
    """A line in the daemon's log, since the scenario began."""
    name = run.name(node)
    wait_for(f"{name}'s daemon says {text!r}",
             lambda: any(re.search(text, e.text) for e in
                         run.cluster.timeline.events("knelld", name, run.marks["begin"])), within)


@step
def never(run: Run, status: str) -> None:
    """No node was said to have a status since the scenario began."""
    for event in run.cluster.timeline.events("event", since=run.marks["begin"]):
        if f'"status":"{status}"' in event.text and '"event":"change"' in event.text:
            raise Failure(f"{event.vm} said: {event.text}")


@step
def daemon_never_said(run: Run, node: str, text: str) -> None:
    """No such line in the daemon's log since the scenario began."""
    for event in run.cluster.timeline.events("knelld", run.name(node), run.marks["begin"]):
        if re.search(text, event.text):
            raise Failure(f"{event.vm} said: {event.text}")


@step
def gasp(run: Run, node: str, way: str) -> None:
    """What went over a dying node's link at the end: 'certificate' or 'iscsi' (a SEND) alone, or 'both'."""
    name = run.name(node)
    since = run.marks["inflicted"] - 2  # QEMU starts a capture's clock at a whole second: 1 s early and more

    def seen() -> dict[str, int]:
        return dict(run.cluster.frames(name, since, float("inf")).pdus)

    if way == "both":
        wait_for(f"a certificate and a SEND on the link of {name}",
                 lambda: seen().get("certificate") and seen().get("knell send"), 5)
        return
    want, other = ("certificate", "knell send") if way == "certificate" else ("knell send", "certificate")
    count = wait_for(f"a {want} on the link of {name}", lambda: seen() if seen().get(want) else None, 5)
    if count.get(other):
        raise Failure(f"on the link of {name} after the panic: {count}; no {other} was expected")


@step
def counter(run: Run, node: str, name: str, above: int = 0, within: float = 10) -> None:
    """A kernel counter of a node rises above what it was when it was last asked for (0 at first)."""
    key = f"{run.name(node)} {name}"
    if key not in run.counters:
        run.counters[key] = read_counter(run, node, name)
        return
    wait_for(f"counter {name} of {run.name(node)} rises above {run.counters[key] + above}",
             lambda: read_counter(run, node, name) > run.counters[key] + above, within)
    del run.counters[key]


@step
def no_conflicts(run: Run, node: str) -> None:
    """Since this was last asked for, no command of a node was refused because of a reservation."""
    key = f"{run.name(node)} conflicts"
    text = run.vm(node).run("knellctl", "health", check=False).out
    count = int(re.search(r"(\d+) reservation conflicts", text).group(1))
    if run.counters.setdefault(key, count) != count:
        raise Failure(f"{count - run.counters[key]} commands of {run.name(node)} met a reservation conflict")


def send_certificate(run: Run, sender: str) -> None:
    """What is in /tmp/certificate of a node goes to the router as one datagram."""
    run.vm(sender).run("bash", "-c", "cat /tmp/certificate > \"/dev/udp/$1/5731\"", "bash",
                       storage_address(run.cluster, sender, True))


@step
def forged_certificate(run: Run, by: str, about: str, flaw: str) -> None:
    """A node sends the router a certificate about another: flaw 'mac', 'cluster' or 'epoch'."""
    sender, victim = run.name(by), run.name(about)
    epoch = next(n["epoch"] for n in run.site.status(ROUTER)["nodes"] if n["name"] == victim)
    data = forge.certificate(run.cluster.number(victim), epoch - (flaw == "epoch"),
                             "00" * 32 if flaw == "mac" else run.site.secret,
                             forge.CLUSTER + (flaw == "cluster"))
    run.vm(sender).put("/tmp/certificate", data)
    send_certificate(run, sender)


@step
def replayed_certificate(run: Run, by: str, about: str) -> None:
    """A node sends the router the certificate that another really sent when it died before."""
    reader = pcap.Reader()
    for path in run.cluster.captures(run.name(about)):
        reader.read(path)
    real = [p.data for p in reader.pdus if p.kind == "certificate"]
    if not real:
        raise Failure(f"no certificate of {run.name(about)} was captured")
    run.vm(by).put("/tmp/certificate", real[-1])
    send_certificate(run, run.name(by))


@step
def forged_notice(run: Run, by: str, about: str, wrong_cluster: bool = False) -> None:
    """A node says over its own mailbox session that another node is down."""
    epochs = {n["name"]: n["epoch"] for n in run.site.status(ROUTER)["nodes"]}
    sender, victim = run.name(by), run.name(about)
    data = forge.death_notice(run.cluster.number(victim), epochs[victim], run.cluster.number(sender), epochs[sender],
                              forge.CLUSTER + wrong_cluster)
    run.vm(sender).put("/tmp/notice", data)
    run.vm(sender).run("sg_raw", "-s", str(len(data)), "-i", "/tmp/notice", mailbox_device(run, sender),
                       *forge.send_cdb(len(data)), check=False)


@step
def stale_reads(run: Run, node: str) -> None:
    """A standby reads the shared device, metadata and records, through its page cache."""
    run.vm(node).run("dd", f"if={DATA_DEVICE}", "of=/dev/null", "bs=1M", "count=32", timeout=120)


@step
def records_kept(run: Run) -> None:
    """No acknowledged record is lost, none is doubled, and there is no gap."""
    if run.client.lost:
        raise Failure(f"an acknowledged record is lost: {run.client.lost}")
    owner = run.owner()
    acked = run.client.acked  # before the file is read: the client goes on meanwhile
    text = run.vm(owner).run("cat", "/srv/records/records", timeout=120).out
    numbers = [int(line.split()[0]) for line in text.splitlines()]
    if numbers != list(range(1, len(numbers) + 1)):
        bad = next(i for i, n in enumerate(numbers, 1) if n != i)
        raise Failure(f"record {bad} is not where it should be: {numbers[max(0, bad - 3):bad + 2]}")
    if len(numbers) < acked:
        raise Failure(f"{acked} records were acknowledged, {len(numbers)} are on the volume")


@step
def same_mib(run: Run) -> None:
    """Every living node holds the same generation of the MIB."""
    wait_for("the same MIB on every node",
             lambda: len({run.site.mib(n) for n in run.alive()}) == 1 or None, 15)


@step
def clean_consoles(run: Run) -> None:
    """No kernel complained, but for the one that was made to die."""
    found = run.complaints()
    if found:
        raise Failure("kernel complaints:\n" + "\n".join(found[:20]))


