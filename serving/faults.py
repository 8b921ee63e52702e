"""What is wrong with the head of a request, before any application sees it.

A head that two readers could understand in two ways is refused: a proxy in front may be the
other reader.
"""

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from serving.errors import Kind

#: Request line and headers together, each header with its colon, blank and line break.
MOST_HEAD_BYTES = 64 * 1024
_PER_HEADER_BYTES = 4
VERSIONS = ("1.0", "1.1")
#: Said twice, these may say two things.
SAID_ONCE = frozenset(
    {
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"host",
        b"idempotency-key",
        b"origin",
        b"transfer-encoding",
    }
)
MALFORMED = Kind(400, "malformed-request", "The request is not valid HTTP")
LONG_HEAD = Kind(431, "head-too-large", "The head of the request is too large")
OTHER_VERSION = Kind(505, "other-http-version", "The service speaks HTTP/1.1")


class Fault(Exception):
    """A head is refused; it carries the kind, its text the way out."""

    def __init__(self, kind: Kind, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


LONG = Fault(LONG_HEAD, f"Its line and headers exceed {MOST_HEAD_BYTES} bytes; send fewer.")
UNREADABLE = Fault(
    MALFORMED,
    "Its line, a header or the framing of its body cannot be read; send it with an HTTP client.",
)


def check_head(url: bytes, headers: Sequence[tuple[bytes, bytes]], version: str) -> None:
    """Raise a fault if a head is wrong or can be read in two ways.

    Parameters
    ----------
    url : bytes
        As the request line has it.
    headers : sequence of (bytes, bytes)
        Names in lower case.
    version : str
    """
    if len(url) + _n_bytes(headers) > MOST_HEAD_BYTES:
        raise LONG
    if version not in VERSIONS:
        raise Fault(OTHER_VERSION, f"Send the request in HTTP {' or '.join(VERSIONS)}.")
    said = dict(headers)
    if len(said) < len(headers):
        _check_once([name for name, _ in headers])
    if said.get(b"transfer-encoding", b"chunked").strip().lower() != b"chunked":
        raise Fault(MALFORMED, "Transfer-Encoding may be 'chunked' alone; pack with gzip by "
                    "Content-Encoding.")  # fmt: skip
    if not url.startswith((b"/", b"*")) and _host(url) != said.get(b"host", b"").lower():
        raise Fault(MALFORMED, "Its line names another host than its header Host.")


def _check_once(names: Sequence[bytes]) -> None:
    doubled = sorted({name.decode() for name in SAID_ONCE if names.count(name) > 1})
    if doubled:
        raise Fault(MALFORMED, f"{', '.join(doubled)}: send each of these headers once.")


def _n_bytes(headers: Iterable[tuple[bytes, bytes]]) -> int:
    return sum(len(name) + len(value) + _PER_HEADER_BYTES for name, value in headers)


def _host(url: bytes) -> bytes:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return b""
