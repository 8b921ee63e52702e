"""Which names the service answers to: a page elsewhere cannot reach it by a name of its own."""

from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from serving.errors import Kind, problem_reply
from serving.heads import header

FOREIGN = Kind(403, "foreign-host", "The service does not answer to this name")
WAY_OUT = "Add it to SEICAST_HOSTS, a list with commas, if it is this service's."


class OwnNames:
    """The names that a service answers to."""

    def __init__(self, hosts: Iterable[str]) -> None:
        self.hosts = frozenset(host.lower() for host in hosts)

    def are_meant(self, scope: Scope) -> bool:
        """Tell whether a request means this service, and comes from no other one's page."""
        host, origin = header(scope, b"host") or "", header(scope, b"origin")
        # With https, a proxy in front took the encryption off.
        own = (None, f"http://{host}", f"https://{host}")
        return _name(host) in self.hosts and origin in own


class HostCheck:
    """Refuse requests whose Host, or whose Origin, is not in the list."""

    def __init__(self, app: ASGIApp, names: OwnNames) -> None:
        self.app = app
        self.names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if it means this service."""
        if scope["type"] != "http" or self.names.are_meant(scope):
            await self.app(scope, receive, send)
            return
        detail = f"Its Host or Origin is not among the names of this service. {WAY_OUT}"
        await problem_reply(FOREIGN, detail, headers={"Connection": "close"})(scope, receive, send)


def _name(host: str) -> str:
    """Return a host without its port.

    Examples
    --------
    >>> _name("Localhost:8000"), _name("[::1]:8000")
    ('localhost', '[::1]')
    """
    name, separator, port = host.rpartition(":")
    is_port = separator and port.isdecimal() and not name.endswith(":")
    return (name if is_port else host).lower()
