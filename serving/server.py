"""Open the service on an address: logs as JSON lines, deadlines, a drain before the end."""

import asyncio
import errno
import gc
import ipaddress
import logging
import signal
import socket
import sys
import time
from types import FrameType

import uvicorn
from fastapi import FastAPI

from features.errors import InvalidSetting
from serving.admission import Door
from serving.connections import protocol_behind
from serving.keyring import Keys
from serving.observed import JsonLines
from serving.patience import ImpatientProtocol

LOG = logging.getLogger("seicast.service")
#: Requests under way when the service is told to stop may take so long to end.
DRAIN_S = 10
#: Requests that are cut when the drain ends are answered so within this time.
LAST_WORD_S = 0.2
KEEP_ALIVE_S = 15
#: Objects made before garbage is looked for. An explained answer to a hundred cells is some
#: thousands, none of them garbage before it is sent; Python's own 700 look through them often.
N_YOUNG_OBJECTS = 10_000
OPEN_TO_ALL = (
    "There are no keys: whoever reaches this address may do everything, also train, promote and "
    "delete. Make the first key with: seicast keys add NAME --role admin"
)


def run(app: FastAPI, keys: Keys, host: str, port: int, linger_s: float = 0.0) -> None:
    """Serve until told to stop.

    Parameters
    ----------
    app : FastAPI
        See ``serving.app.create_app``.
    keys : Keys
    host : str
    port : int
    linger_s : float
        How long the service goes on answering after it was told to stop, not ready any more.

    Raises
    ------
    InvalidSetting
        If the address is taken or not this machine's, or if it can be reached from
        elsewhere while there are no keys.
    """
    _log_as_json()
    end_orderly_on_sigterm()
    check_access(keys, host)
    listener = listening(host, port)
    LOG.info("listening on http://%s:%d", host, listener.getsockname()[1])
    door: Door = app.state.door
    config = uvicorn.Config(
        app,
        http=protocol_behind(door, app.state.lane),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=DRAIN_S,
    )
    gc.freeze()  # what is loaded by now stays: no collection need look at it again
    gc.set_threshold(N_YOUNG_OBJECTS)
    LingeringServer(config, door, linger_s).run(sockets=[listener])


class LingeringServer(uvicorn.Server):
    """A server that is not ready from the moment it is told to stop, and stops a little later.

    In between, whoever spreads requests over several services learns that this one leaves, and
    what is sent to it until then is answered.

    Parameters
    ----------
    config : uvicorn.Config
    door : Door
    linger_s : float
    """

    def __init__(self, config: uvicorn.Config, door: Door, linger_s: float) -> None:
        super().__init__(config)
        self.door = door
        self.linger_s = linger_s
        self._leaves_at_s = float("inf")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Be ready no more, and leave after the time to linger; a second signal cuts it short."""
        is_first = not self.door.is_closing
        self.door.is_closing = True
        super().handle_exit(sig, frame)
        if is_first and self.linger_s > 0:
            self.should_exit = False
            self._leaves_at_s = time.monotonic() + self.linger_s

    async def on_tick(self, counter: int) -> bool:
        """Tell whether it is time to leave."""
        self.should_exit = self.should_exit or time.monotonic() >= self._leaves_at_s
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain; whoever has not read his reply by then is let go, and told of in the log."""
        await super().shutdown(sockets)
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=LAST_WORD_S)
        for each in self.server_state.connections:
            if isinstance(each, ImpatientProtocol):
                each.let_go()
        await asyncio.sleep(0)  # in which each connection is lost, and its line written


def end_orderly_on_sigterm() -> None:
    """Let SIGTERM end this process with code 0, past every ``finally``.

    uvicorn drains, then raises the signal again; by default that would kill the process at once,
    and leave what was started beside the service.
    """

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)


def check_access(keys: Keys, host: str) -> None:
    """Say loudly that there are no keys, or refuse where strangers could come."""
    if not keys.are_none():
        return
    if not _is_loopback(host):
        raise InvalidSetting(
            f"The address {host} can be reached from other machines, and there are no keys. "
            f"Make one first: seicast keys add NAME --role admin; or serve on 127.0.0.1."
        )
    LOG.warning(OPEN_TO_ALL)


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens, or raise InvalidSetting with the way out."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named in full: asyncio sends small replies at once on sockets that say they are TCP alone.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        taken = getattr(error, "errno", None) == errno.EADDRINUSE
        why = "is taken by another program; choose another with --port" if taken else str(error)
        raise InvalidSetting(f"Cannot listen on {host} port {port}: it {why}.") from error
    listener.listen(2048)
    return listener


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _log_as_json() -> None:
    """Send the service's and the server's log to standard error, one JSON object a line."""
    # What no line shows need not be looked up for each of them.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("seicast", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(logging.INFO)
        logger.propagate = False
