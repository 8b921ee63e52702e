"""The head of a request as it comes: what is asked for once needs no mapping made of it."""

from starlette.types import Scope


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
