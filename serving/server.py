"""Open the service on an address: logs as JSON lines, deadlines, a drain before the end."""

import errno
import ipaddress
import logging
import signal
import socket
import sys
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from features.errors import InvalidSetting
from serving.connections import ImpatientProtocol
from serving.keyring import Keys
from serving.observed import JsonLines

LOG = logging.getLogger("seicast.service")
#: Requests under way when the service is told to stop may take so long to end.
DRAIN_S = 10
KEEP_ALIVE_S = 15
OPEN_TO_ALL = (
    "There are no keys: whoever reaches this address may do everything, also train, promote and "
    "delete. Make the first key with: seicast keys add NAME --role admin"
)


def run(app: ASGIApp, keys: Keys, host: str, port: int) -> None:
    """Serve until told to stop.

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
    config = uvicorn.Config(
        app,
        http=ImpatientProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=DRAIN_S,
    )
    uvicorn.Server(config).run(sockets=[listener])


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
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("seicast", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(logging.INFO)
        logger.propagate = False
