"""The head of a request as it comes: what is asked for once needs no mapping made of it."""

import re

from starlette.types import Scope

_OFFER = re.compile(rb"\r\n(?=upgrade[ \t]*:)", re.IGNORECASE)


def header(scope: Scope, name: bytes) -> str | None:
    """Return a header of a request, or None.

    Parameters
    ----------
    scope : Scope
        Of ASGI, which has names of headers in lower case.
    name : bytes
        In lower case.

    Examples
    --------
    >>> header({"headers": [(b"host", b"localhost")]}, b"host")
    'localhost'
    """
    for each, value in scope["headers"]:
        if each == name:
            return str(value, "latin-1")
    return None


def without_upgrade(data: bytes) -> bytes:
    r"""Return the start of a request without an offer to go on in another protocol.

    Clients offer HTTP/2 so, and a server need not accept (RFC 9110, 7.8); but the parser stops
    there, and the body would be lost. The header goes by another name.

    Examples
    --------
    >>> without_upgrade(b"POST / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n{}")
    b'POST / HTTP/1.1\r\nx-Upgrade: h2c\r\n\r\n{}'
    """
    if b"pgrade" not in data and b"PGRADE" not in data:
        return data
    head, blank, body = data.partition(b"\r\n\r\n")
    return _OFFER.sub(b"\r\nx-", head) + blank + body
