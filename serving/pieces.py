"""Long replies in pieces, each of which is sent before the next is looked at.

What a transport cannot send at once it copies, and moves what is left with every packet: a reply
of 27 MB costs 29 ms of CPU in one write, and 8 ms in pieces of 256 KiB to 1 MiB.
"""

from collections.abc import Sequence

from fastapi import Response
from starlette.types import Receive, Scope, Send

from serving.service import raw_reply


class Pieces(Response):
    """A reply of known length, sent piece by piece.

    Parameters
    ----------
    pieces : sequence of bytes
        JSON, all of it there before the first is sent: what fails is no half reply.
    """

    def __init__(self, pieces: Sequence[bytes]) -> None:
        length = {"content-length": str(sum(map(len, pieces)))}
        super().__init__(headers=length, media_type="application/json")
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the reply."""
        head = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **head})
        for piece in self._pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def reply_in_pieces(pieces: Sequence[bytes]) -> Response:
    """Return a reply of one piece or more."""
    return raw_reply(pieces[0]) if len(pieces) == 1 else Pieces(pieces)
