# SPDX-License-Identifier: GPL-2.0
"""The mailbox LUN over tcm_loop: this kernel is the router, the tests are its initiators. Runs in a VM."""

import errno
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Optional

import loop
import wire
from genl import NetlinkError
from initiator import CLUSTER, EPOCH, PARK, Initiator
from ktap import check, equal, main, test, within
from router import BECOMING_READY, DENIED, OTHER_ROUTER, ROUTER, SEQUENCE, X, Y, counters, join, netlink, unload
from sg import Device

STRANGER, NEXT = 9, 10
BAD_PARAMETER, BAD_FIELD, BAD_OPCODE = (5, 0x26, 0), (5, 0x24, 0), (5, 0x20, 0)

store: Optional[Path] = None
ports: dict[int, loop.Port] = {}


x: Initiator
y: Initiator


@test("INQUIRY: processor device, vendor KNELL, product MAILBOX")
def _():
    answer = x.device.run(bytes([0x12, 0, 0, 0, 96, 0]), expect=96)
    check(answer.good, answer)
    equal(answer.data[0], 3, "device type")
    equal(answer.data[8:16], b"KNELL   ", "vendor")
    equal(answer.data[16:32], b"MAILBOX".ljust(16), "product")


@test("VPD pages 00h, 80h and 83h")
def _():
    for page in (0x00, 0x80, 0x83):
        answer = x.device.run(bytes([0x12, 1, page, 0, 252, 0]), expect=252)
        check(answer.good and answer.data[0] == 3 and answer.data[1] == page, hex(page), answer)
    check(b"test-box" in x.device.run(bytes([0x12, 1, 0x80, 0, 252, 0]), expect=252).data, "serial number")


@test("commands of disks and reservations are unknown to it")
def _():
    for cdb in (bytes([0x08, 0, 0, 0, 8, 0]), bytes([0x28, 0, 0, 0, 0, 0, 0, 0, 8, 0]),
                bytes([0x5E, 0, 0, 0, 0, 0, 0, 0, 8, 0]), bytes([0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
                bytes([0x4D, 0, 0, 0, 0, 0, 0, 0, 8, 0])):
        equal(x.device.run(cdb, expect=4096).code, BAD_OPCODE, f"sense of opcode {cdb[0]:#x}")
    for cdb in (bytes([0x0A, 0, 0, 0, 8, 0]), bytes([0x2A, 0, 0, 0, 0, 0, 0, 0, 8, 0]),
                bytes([0x5F, 0, 0, 0, 0, 0, 0, 0, 24, 0])):
        equal(x.device.run(cdb, out=bytes(24)).code, BAD_OPCODE, f"sense of opcode {cdb[0]:#x}")
    equal(x.device.run(bytes([0x16, 0, 0, 0, 0, 0])).code, BAD_OPCODE, "sense of RESERVE(6)")


@test("without a cluster: SEND becomes ready later, RECEIVE wants a HELLO")
def _():
    equal(x.hello().code, BECOMING_READY, "sense of SEND")
    equal(x.receive().code, SEQUENCE, "sense of RECEIVE")


@test("an initiator the cluster does not name gets nothing")
def _():
    join()
    stranger = Initiator(netlink, ports[STRANGER], store)
    equal(stranger.hello().code, DENIED, "sense of SEND")
    equal(stranger.hello(node=X).code, DENIED, "sense of SEND as another node")
    equal(stranger.receive().code, SEQUENCE, "sense of RECEIVE")
    stranger.device.close()


@test("nothing before HELLO, a last gasp neither")
def _():
    equal(x.receive().code, SEQUENCE, "sense of RECEIVE")
    equal(x.send_raw(wire.seal(x.say(wire.DOWN, 0xFFFFFFFF, 1), 0, 0), 0, 1).code, SEQUENCE, "sense of a last gasp")
    equal(x.send_raw(wire.seal(x.say(wire.STANDBY, 1), 1, x.incarnation), 1).code, SEQUENCE, "sense of SEND")


@test("HELLO of another cluster, node or shape is refused")
def _():
    equal(x.hello(cluster=CLUSTER + 1).code, BAD_PARAMETER, "other cluster")
    equal(x.hello(node=Y).code, BAD_PARAMETER, "other node")
    equal(x.hello(epoch=0).code, BAD_PARAMETER, "epoch 0")
    equal(x.hello(role=7).code, BAD_PARAMETER, "unknown role")
    equal(x.hello(incarnation=x.incarnation + 1).code, BAD_PARAMETER, "incarnation unlike the hop header's")
    sequenced = wire.seal(wire.hello(X, cluster=CLUSTER, epoch=EPOCH, incarnation=x.incarnation), 1, x.incarnation)
    equal(x.send_raw(sequenced, 1).code, BAD_PARAMETER, "sequenced HELLO")
    check(x.link()["STATE"] != 2, "link is up")
    equal(x.receive().code, SEQUENCE, "sense of RECEIVE")


@test("HELLO both ways brings the link up")
def _():
    check(x.hello().good, "HELLO")
    greeting = x.take(x.receive())
    equal((greeting.kind, greeting.seq, greeting.origin), (wire.HELLO, 0, ROUTER), "first frame")
    node, role, _, epoch, incarnation, peer, seq = wire.HELLO_BODY.unpack(greeting.body)
    equal((node, role, epoch), (ROUTER, wire.ROUTER, EPOCH), "who greets")
    equal((peer, seq), (x.incarnation, 0), "what it knows of us")
    equal(incarnation, greeting.incarnation, "incarnation")
    x.peer = incarnation
    equal((x.link()["STATE"], x.link()["PEER"], x.link()["KIND"]), (2, X, 2), "link")


@test("a new link gets all records, then a RECEIVE parks")
def _():
    frames = x.drain()
    check(any(f.kind == wire.NODE for f in frames), "node records in", frames)
    equal([f.seq for f in frames], list(range(1, len(frames) + 1)), "sequence")
    y.log_in()
    pending = y.park()
    check(pending.waiting, "parked")
    equal(y.link()["PARKED"], 1, "parked commands")
    check(x.send(x.say(wire.STANDBY, 1)).good, "SEND")
    received = y.take(pending.wait(5))
    equal((received.kind, received.origin), (wire.NODE, ROUTER), "frame")
    equal(wire.NODE_BODY.unpack(received.body[:32])[:3], (X, X, wire.STANDBY), "record")


@test("a repeated SEND is good and has no effect")
def _():
    before = x.link()
    again = wire.seal(x.say(wire.STANDBY, 1), x.seq, x.incarnation)
    check(x.send_raw(again, x.seq).good, "repetition")
    equal(x.link()["RX_DUPLICATE"], before["RX_DUPLICATE"] + 1, "duplicates")
    equal(x.link()["RX_FRAMES"], before["RX_FRAMES"], "frames")


@test("a gap or another incarnation is refused, the next frame in sequence is not")
def _():
    frame = x.say(wire.STANDBY, 2)
    equal(x.send_raw(wire.seal(frame, x.seq + 2, x.incarnation), x.seq + 2).code, SEQUENCE, "gap")
    equal(x.send_raw(wire.seal(frame, x.seq + 1, x.incarnation + 2), x.seq + 1).code, SEQUENCE, "incarnation")
    equal(x.send_raw(wire.seal(frame, x.seq + 1, x.incarnation), x.seq + 2).code, BAD_PARAMETER, "CDB and header")
    check(x.send(frame).good, "in sequence")


@test("a frame is delivered again until it is acknowledged")
def _():
    y.drain()
    check(x.send(x.say(wire.STANDBY, 3)).good, "SEND")
    first = wire.open_hop(y.receive().data)
    again = wire.open_hop(y.receive().data)
    equal(again, first, "second delivery")
    y.got = first.seq
    check(y.park(timeout=PARK * 2).wait(20).host, "parks after the acknowledgement")


@test("a younger RECEIVE supersedes the parked one")
def _():
    old = y.park()
    young = y.park()
    answer = old.wait(5)
    check(answer.good and not answer.data, "superseded RECEIVE", answer)
    check(x.send(x.say(wire.STANDBY, 4)).good, "SEND")
    equal(y.take(young.wait(5)).kind, wire.NODE, "frame")


@test("ABORT TASK ends a parked RECEIVE and loses nothing")
def _():
    answer = y.park(timeout=0.5).wait(10)
    check(answer.host, "a RECEIVE that timed out ended with", answer)
    equal(y.link()["PARKED"], 0, "parked commands")
    check(x.send(x.say(wire.STANDBY, 5)).good, "SEND")
    equal(y.take(y.receive()).kind, wire.NODE, "frame")


@test("LOGICAL UNIT RESET ends a parked RECEIVE and loses nothing")
def _():
    pending = y.park()
    begin = time.monotonic()
    y.device.reset()
    pending.wait(10)
    check(time.monotonic() - begin < 5, "took", time.monotonic() - begin)
    check(x.send(x.say(wire.STANDBY, 6)).good, "SEND")
    answers = [y.receive() for _ in range(2)]
    found = [a for a in answers if a.good]
    check(found and wire.open_hop(found[0].data).kind == wire.NODE, answers)
    y.drain()


@test("malformed commands are refused")
def _():
    buffer = wire.seal(x.say(wire.STANDBY, 9), x.seq + 1, x.incarnation)
    seq = x.seq + 1
    equal(x.send_raw(buffer, seq, signature=0).code, BAD_FIELD, "signature")
    equal(x.send_raw(buffer, seq, control=4).code, BAD_FIELD, "control")
    equal(x.send_raw(buffer, seq, 2).code, BAD_FIELD, "unknown flag")
    equal(x.send_raw(buffer, seq, 1).code, BAD_FIELD, "unsequenced with a sequence")
    equal(x.send_raw(buffer, 0).code, BAD_FIELD, "sequence 0")
    equal(x.device.run(wire.send_cdb(seq, len(buffer) + 4), out=buffer).code, BAD_FIELD, "length beyond the data")
    equal(x.device.run(wire.send_cdb(seq, len(buffer) - 4), out=buffer).code, BAD_FIELD, "length below the data")
    equal(x.device.run(wire.send_cdb(seq, 8), out=bytes(8)).code, BAD_FIELD, "shorter than the headers")
    equal(x.device.run(wire.send_cdb(seq, 4100), out=bytes(4100)).code, BAD_FIELD, "too long")
    equal(x.device.run(wire.send_cdb(seq, 64), expect=64).code, BAD_FIELD, "SEND that reads")
    equal(x.device.run(wire.receive_cdb(0), out=bytes(4096)).code, BAD_FIELD, "RECEIVE that writes")
    for odd in ({"signature": 0}, {"flags": 1}, {"control": 1}, {"length": 2048}):
        equal(x.receive(**odd).code, BAD_FIELD, odd)
    equal(x.device.run(wire.receive_cdb(0), expect=2048).code, BAD_FIELD, "buffer shorter than the allocation length")


@test("malformed hop buffers are refused")
def _():
    frame, seq = x.say(wire.STANDBY, 9), x.seq + 1
    for odd in ({"magic": 1}, {"version": 2}, {"flags": 1}, {"length": 3}, {"length": len(frame) + 1}, {"crc": 1}):
        equal(x.send_raw(wire.seal(frame, seq, x.incarnation, **odd), seq).code, BAD_PARAMETER, odd)
    check(x.link()["STATE"] == 2, "link went down")


@test("malformed and forged frames in good buffers are counted and dropped")
def _():
    before = counters()
    record = wire.node_record(X, wire.STANDBY, epoch=EPOCH, seq=50)
    check(x.send(x.frame(wire.NODE, record[:-1])).good, "cut record")
    check(x.send(x.frame(wire.NODE, record, cluster=5)).good, "other cluster")
    check(x.send(x.frame(wire.NODE, wire.node_record(Y, wire.DOWN, epoch=EPOCH, seq=0xFFFFFFFF))).good, "other's record")
    check(x.send(x.frame(wire.NODE, record, origin=Y)).good, "other's frame")
    check(x.send(x.frame(99, b"?")).good, "unknown kind")
    after = counters()
    for name in ("rx_malformed", "rx_wrong_cluster", "rx_unknown_kind"):
        equal(after[name] - before[name], 1, name)
    equal(after["rx_forged"] - before["rx_forged"], 2, "rx_forged")
    nodes = {n["NODE"]["ID"]: n["NODE"] for n in netlink.dump("NODE_GET")}
    check(nodes[Y].get("STATUS") != wire.DOWN, "a forged record was believed", nodes[Y])


@test("noise never passes")
def _():
    noise = random.Random(1)
    for _ in range(300):
        length = noise.randrange(44, 600)
        answer = x.send_raw(noise.randbytes(length), noise.getrandbits(32) | 1)
        equal(answer.code, BAD_PARAMETER, f"{length} octets of noise")
    check(x.send(x.say(wire.STANDBY, 60)).good, "SEND after the noise")


@test("queue limits: messages are dropped, notices displace them")
def _():
    y.drain()
    before = y.link()
    for number in range(1, 401):
        message = x.frame(wire.MESSAGE, b"m" * 64, dest=Y, seq=number)
        check(x.send(message).good, "SEND of message", number)
    queued, dropped = y.link()["TX_QUEUED"], y.link()["TX_DROPPED"] - before["TX_DROPPED"]
    check(100 <= queued <= 257, queued, "frames queued")
    equal(queued + dropped, 400, "queued and dropped")
    check(x.send(x.say(wire.STANDBY, 61)).good, "SEND of a notice")
    equal(y.take(y.receive()).kind, wire.NODE, "first frame after that")
    frames = y.drain()
    equal(len(frames), queued - 1, "messages that were left")
    equal({f.kind for f in frames}, {wire.MESSAGE}, "kinds")


@test("a link that is behind hears at once who died, and who lives in one frame instead of hundreds")
def _():
    y.drain()
    last = 500
    for number in range(100, last + 1):
        check(x.send(x.say(wire.STANDBY, number)).good, "SEND of record", number)
    queued = y.link()["TX_QUEUED"]
    check(queued <= 20, queued, "frames queued")
    ports[OTHER_ROUTER] = loop.Port(OTHER_ROUTER)
    other = Initiator(netlink, ports[OTHER_ROUTER], store)
    check(other.hello(role=wire.ROUTER).good, "HELLO")
    death = wire.node_record(OTHER_ROUTER, wire.DOWN, epoch=EPOCH, seq=0xFFFFFFFF, role=wire.ROUTER, reason=1)
    check(other.send(other.frame(wire.NODE, death)).good, "SEND of a death")
    equal(y.link()["TX_QUEUED"], queued + 1, "frames queued after somebody's death")
    records = [[wire.NODE_BODY.unpack(f.body[i:i + 32]) for i in range(0, len(f.body), 32)]
               for f in y.drain() if f.kind == wire.NODE]
    check(any(r[:4] == (OTHER_ROUTER, OTHER_ROUTER, wire.DOWN, 1) for r in records[queued]), "the death follows at once")
    check(len(records) <= queued + 3, len(records), "frames in all")
    check(any(r[0] == X and last in r for r in records[-1]), "the newest record of", X, "in", records[-1])
    other.device.close()
    ports.pop(OTHER_ROUTER).remove()


@test("a re-login resumes after the last acknowledged frame")
def _():
    check(x.send(x.say(wire.STANDBY, 600)).good, "SEND")
    lost = wire.open_hop(y.receive().data)      # arrived, but nobody acknowledged it
    check(y.hello().good, "HELLO again")
    equal(wire.open_hop(y.receive().data).kind, wire.HELLO, "greeting")
    equal(wire.open_hop(y.receive().data), lost, "frame delivered again")
    y.drain()


@test("a restarted initiator gets everything anew")
def _():
    y.restart()
    check(y.hello().good, "HELLO")
    y.peer = y.take(y.receive()).incarnation
    frames = y.drain()
    check(frames and frames[0].seq == 1, "records from sequence 1 on:", frames)


@test("the last gasp stands outside the sequence and reaches the others")
def _():
    pending = y.park()
    gasp = wire.seal(x.say(wire.DOWN, 0xFFFFFFFF, 1), 0, 0)
    check(x.send_raw(gasp, 0, 1).good, "SEND")
    received = y.take(pending.wait(5))
    equal(wire.NODE_BODY.unpack(received.body[:32])[:4], (X, X, wire.DOWN, 1), "record")
    check(x.send(x.say(wire.STANDBY, 601)).good, "the sequence goes on")


@test("a LUN is unmapped although a RECEIVE is parked")
def _():
    pending = y.park(timeout=1)     # sg does not cancel: tcm_loop waits for its time-out
    begin = time.monotonic()
    y.device.close()
    ports[Y].unmap(0)
    check(time.monotonic() - begin < 5, "took", time.monotonic() - begin)
    try:
        pending.wait(5)
    except OSError:
        pass    # the device went away under the ioctl
    within(5, lambda: y.link()["STATE"] == 0, "link goes down")
    y.device = Device(ports[Y].map(0, store))
    y.device.run(bytes(6))
    y.log_in()
    equal(y.link()["STATE"], 2, "link state")


@test("a session that ends takes the link down, parked RECEIVE or not")
def _():
    y.device.close()
    ports[Y].remove()
    within(5, lambda: y.link()["STATE"] == 0, "link goes down")
    ports[Y] = loop.Port(Y)
    y.device = Device(ports[Y].map(0, store))
    y.device.run(bytes(6))
    y.log_in()


@test("a session that ends takes the link down although the next one gets its memory")
def _():
    y.device.close()
    ports[Y].remove()
    next_one = loop.Port(NEXT)
    next_one.map(0, store)
    within(5, lambda: y.link()["STATE"] == 0, "link goes down")
    next_one.remove()
    ports[Y] = loop.Port(Y)
    y.device = Device(ports[Y].map(0, store))
    y.device.run(bytes(6))
    y.log_in()


@test("a cluster that goes away silences the mailbox until HELLO")
def _():
    pending = y.park()
    netlink.do("CLUSTER_DEL")
    farewell = y.take(pending.wait(5))
    equal(wire.NODE_BODY.unpack(farewell.body[:32])[:3], (ROUTER, ROUTER, wire.LEFT), "last record")
    equal(y.receive().code, SEQUENCE, "RECEIVE after that")
    equal(y.hello().code, BECOMING_READY, "HELLO without a cluster")
    join(EPOCH + 1)
    equal(y.receive().code, SEQUENCE, "RECEIVE before HELLO")
    y.log_in()


@test("a node that is known under a higher epoch lets go and takes one above it")
def _():
    ports[OTHER_ROUTER] = loop.Port(OTHER_ROUTER)
    other = Initiator(netlink, ports[OTHER_ROUTER], store)
    check(other.hello(role=wire.ROUTER).good, "HELLO")
    other.peer = other.take(other.receive()).incarnation
    other.drain()
    record = wire.node_record(ROUTER, wire.STANDBY, epoch=EPOCH + 5, seq=1, role=wire.ROUTER)
    before = counters()
    check(other.send(other.frame(wire.NODE, record)).good, "SEND")
    within(5, lambda: counters()["self_newer"] == before["self_newer"] + 1, "the record is heard")
    for epoch, number in ((EPOCH + 5, errno.ESTALE), (EPOCH + 6, errno.EBUSY)):
        try:
            join(epoch)
        except NetlinkError as error:
            equal(error.errno, number, f"joining with epoch {epoch} before letting go")
        else:
            check(False, "joined with epoch", epoch)
    netlink.do("RELEASED")
    join(EPOCH + 6)
    mine = {n["NODE"]["ID"]: n["NODE"] for n in netlink.dump("NODE_GET")}[ROUTER]
    equal((mine["EPOCH"], mine["STATUS"]), (EPOCH + 6, wire.JOINING), "own record")
    other.device.close()
    ports.pop(OTHER_ROUTER).remove()


@test("a disk answers INVALID OPCODE to both commands")
def _():
    disk_store = loop.backstore("rd_mcp", "disk", "rd_pages=64")
    disk = Device(ports[X].map(5, disk_store))
    disk.run(bytes(6))
    equal(disk.run(wire.send_cdb(1, 64), out=bytes(64)).code, BAD_OPCODE, "SEND")
    equal(disk.run(wire.receive_cdb(0), expect=4096).code, BAD_OPCODE, "RECEIVE")
    check(not disk.run(bytes([0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0]), expect=512).data.strip(b"\0"), "the disk was written")
    disk.close()
    ports[X].unmap(5)
    loop.remove_backstore(disk_store)


@test("the driver binds to LUNs above 0 only, and lets go")
def _():
    driver = Path("/sys/bus/scsi/drivers/knell")
    ports[X].map(7, store)
    name = ports[X].devices(7)[0].name
    within(5, lambda: (driver / name).exists(), "bound")
    check(not (driver / ports[X].devices(0)[0].name).exists(), "bound to LUN 0")
    ports[X].unmap(7)
    check(not (driver / name).exists(), "still bound")


@test("the module stays while a mailbox exists")
def _():
    result = subprocess.run(["rmmod", "knell_target"], capture_output=True, text=True, check=False)
    check(result.returncode, "rmmod succeeded")
    check("in use" in result.stderr, result.stderr)


def _hammer(node: int, stop: threading.Event, sent: list) -> None:
    """HELLO, RECEIVE and SEND without pause, whatever the answers are."""
    me = x if node == X else y
    me.restart()
    number = 0
    while not stop.is_set():
        try:
            answer = me.hello()
            sent[1] = answer
            if not answer.good:
                continue
            for _ in range(20):
                number += 1
                message = me.frame(wire.MESSAGE, b"!" * 200, dest=X + Y - node, seq=number)
                me.seq = me.seq + 1
                answer = me.send_raw(wire.seal(message, me.seq, me.incarnation), me.seq)
                sent[1] = answer
                if not answer.good:
                    me.restart()
                    break
                sent[0] += 1
                if number % 10:
                    continue
                answer = me.device.run(wire.receive_cdb(me.got), expect=wire.HOP_MAX, timeout=1)
                if answer.good and answer.data:
                    received = wire.open_hop(answer.data)
                    me.got, me.peer = received.seq or me.got, received.incarnation
        except OSError as error:
            if error.errno not in (errno.ENODEV, errno.ENXIO, errno.EBADF, errno.ENOTTY):
                raise


@test("unmapping, deletion and unloading under load, ten times")
def _():
    global store
    for _ in range(10):
        stop, sent = threading.Event(), [0, None]
        threads = [threading.Thread(target=_hammer, args=(n, stop, sent), daemon=True) for n in (X, Y)]
        for thread in threads:
            thread.start()
        try:
            within(20, lambda: sent[0] > 100, sent)
            for node in (X, Y):
                ports[node].unmap(0)
        finally:
            stop.set()
        for thread in threads:
            thread.join(30)
            check(not thread.is_alive(), "a command hangs")
        for me in (x, y):
            me.device.close()
        if STRANGER in ports:
            ports.pop(STRANGER).remove()
        loop.remove_backstore(store)
        subprocess.run(["rmmod", "knell_target"], check=True)
        subprocess.run(["modprobe", "knell_target"], check=True)
        store = loop.backstore("knell", "box")
        for me in (x, y):
            me.device = Device(ports[me.node].map(0, store))
            me.device.run(bytes(6))


@test("everything goes away in order")
def _():
    for me in (x, y):
        me.device.close()
    loop.clear(ports, store)
    netlink.do("CLUSTER_DEL")
    unload()


if __name__ == "__main__":
    store = loop.backstore("knell", "box")
    for number in (X, Y, STRANGER):
        ports[number] = loop.Port(number)
    x, y = (Initiator(netlink, ports[n], store) for n in (X, Y))
    sys.exit(main())
