"""Keys that are read beside the loop, so that no request waits for the database to be let in.

The database may be slow, or away: health is answered all the same, and whoever had a key goes on
for a while.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from anyio import to_thread

from features.errors import BrokenStore
from store.keys import Holder, KeyStore

LOG = logging.getLogger("seicast.service")
#: A key that was revoked is refused after little more than this.
LOOK_S = 1.0
#: So long keys are taken as they were last seen; one revoked meanwhile opens no longer than that.
KEPT_S = 60.0


class KeyWatch:
    """The keys of a store, as of late.

    Parameters
    ----------
    store : KeyStore
        Read once now, so that a service never opens without knowing whether there are keys.
    clock : callable
        Seconds, rising.
    """

    def __init__(self, store: KeyStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._is_away = False
        self.look()

    async def run(self) -> None:
        """Look at the keys again and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await to_thread.run_sync(self.look)
            except Exception as error:  # noqa: BLE001  whatever it is, what is known goes on
                self._tell(error)

    def look(self) -> None:
        """Read the keys."""
        self._table = self._store.table()
        self._seen_at_s = self._clock()
        if self._is_away:
            LOG.info("keys can be read again")
        self._is_away = False

    def are_none(self) -> bool:
        """Tell whether no key was ever made, as far as is known."""
        return self._table.are_none()

    def holder_of(self, key: str) -> Holder | None:
        """Return the holder of a key that is valid.

        Raises
        ------
        BrokenStore
            If the keys could not be read for so long that some may be revoked.
        """
        if self._clock() - self._seen_at_s > KEPT_S:
            raise BrokenStore(
                f"Keys could not be read for more than {KEPT_S:g} s, so none is taken; the log of "
                "the service says why."
            )
        return self._table.holder_of(key)

    def _tell(self, error: Exception) -> None:
        """Say once that keys cannot be read."""
        if not self._is_away:
            LOG.error("keys cannot be read; those last seen hold for %g s: %s", KEPT_S, error)
        self._is_away = True
