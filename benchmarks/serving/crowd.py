"""A crowd: many requests sent in one go, and when each reply arrived in the client's socket.

The kernel notes the arrival, so the time that this client takes to get to a reply, on the very
cores that the service needs, can be told from the time that the service took.
"""

import select
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.serving.load import BROKEN, LOOPBACK, PATIENCE_S

#: Linux: a message tells when its last byte arrived, as seconds and nanoseconds.
SO_TIMESTAMPNS = 35
TIME = struct.Struct("qq")
CHUNK_BYTES, ANCILLARY_BYTES = 1 << 20, 128


@dataclass(frozen=True)
class Arrival:
    """A reply of the crowd; status 0 where the connection broke off instead.

    Attributes
    ----------
    status : int
    arrived_s : float
        From sending the request until the reply's last byte lay in the client's socket.
    read_s : float
        Until the client had read it.
    """

    status: int
    arrived_s: float
    read_s: float


@dataclass
class _Member:
    link: socket.socket
    sent_ns: int = 0
    received: bytes = b""
    arrived_ns: int = field(default=0)

    def is_whole(self) -> bool:
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end:
            return False
        _, _, rest = head.lower().partition(b"\r\ncontent-length: ")
        return len(body) >= int(rest.partition(b"\r\n")[0] or 0)

    def arrival(self) -> Arrival:
        read_s = (time.time_ns() - self.sent_ns) / 1e9
        if not self.is_whole():
            return Arrival(BROKEN, read_s, read_s)
        status = int(self.received.split(b" ", 2)[1])
        # The kernel begins to note times a little after it was asked to; what it did not note
        # arrived before it was read.
        arrived_s = (self.arrived_ns - self.sent_ns) / 1e9 if self.arrived_ns else read_s
        return Arrival(status, arrived_s, read_s)


def crowd(port: int, messages: Sequence[bytes]) -> tuple[list[Arrival], float]:
    """Send all messages as quickly as one thread can, each over a connection of its own.

    Returns
    -------
    list of Arrival
        In no order.
    float
        Seconds from the first message sent to the last.
    """
    members = [_Member(_connected(port)) for _ in messages]
    with select.epoll() as poll:
        waiting = {}
        for member in members:
            waiting[member.link.fileno()] = member
            poll.register(member.link, select.EPOLLIN)
        for member, message in zip(members, messages, strict=True):
            member.sent_ns = time.time_ns()
            member.link.send(message)
        arrivals = _awaited(poll, waiting)
    for member in members:
        member.link.close()
    return arrivals, (members[-1].sent_ns - members[0].sent_ns) / 1e9


def _connected(port: int) -> socket.socket:
    link = socket.create_connection((LOOPBACK, port))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    return link


def _awaited(poll: select.epoll, waiting: dict[int, _Member]) -> list[Arrival]:
    found = []
    deadline = time.monotonic() + PATIENCE_S
    while waiting and time.monotonic() < deadline:
        for number, _ in poll.poll(1.0):
            member = waiting[number]
            is_over = not _read(member)
            if is_over or member.is_whole():
                poll.unregister(number)
                found.append(waiting.pop(number).arrival())
    return found + [member.arrival() for member in waiting.values()]


def _read(member: _Member) -> int:
    """Read what is there, note when it came, and return how much it was."""
    try:
        data, ancillary, _, _ = member.link.recvmsg(CHUNK_BYTES, ANCILLARY_BYTES)
    except OSError:
        return 0
    for _, kind, told in ancillary:
        if kind == SO_TIMESTAMPNS and len(told) == TIME.size:
            seconds, nanoseconds = TIME.unpack(told)
            member.arrived_ns = seconds * 10**9 + nanoseconds
    member.received += data
    return len(data)
