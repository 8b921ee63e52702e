"""How many clients follow jobs at once; each of them asks the database twice a second."""

from collections.abc import AsyncIterator

from serving.errors import TooManyStreams


class Streams:
    """Count the streams of events that are open.

    Parameters
    ----------
    max_streams : int
    """

    def __init__(self, max_streams: int) -> None:
        self.max_streams = max_streams
        self.n_open = 0

    def check(self) -> None:
        """Raise TooManyStreams if there is no room for another."""
        if self.n_open >= self.max_streams:
            raise TooManyStreams(
                f"{self.max_streams} clients follow jobs already, the limit of this service; "
                f"ask for the state of the job from time to time instead."
            )

    async def counted(self, events: AsyncIterator[str]) -> AsyncIterator[str]:
        """Pass events on; the stream counts until its last one, or until the client leaves."""
        self.n_open += 1
        try:
            async for event in events:
                yield event
        finally:
            self.n_open -= 1
