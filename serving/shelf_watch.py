"""Champions that change while the service answers: looked for, tried aside, then swapped in.

Each new bundle is first verified in a process of its own, see ``serving.verification``. Only
then is it loaded here, and the champions are replaced by one assignment; a request that has
begun keeps those it began with. A bundle that fails leaves the one before at work, and says
why in ``/v1/models``.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from anyio import to_thread

from features.errors import SeicastError
from models.shelf import Champion, Entry, champion_entry, load_version
from serving.champions import Champions
from serving.verification import verified

LOG = logging.getLogger("seicast.models")

#: Folders of bundles -> for each why it must not be loaded, or None.
Verify = Callable[[Sequence[Path]], Mapping[Path, str | None]]


class ShelfWatch:
    """The champions of a shelf, as of late.

    Parameters
    ----------
    shelf : Path
    verify : callable
    """

    def __init__(self, shelf: Path, verify: Verify = verified) -> None:
        self.shelf = shelf
        self.verify = verify
        self.current = Champions()
        self._seen: Mapping[str, bytes] = {}

    async def run(self, poll_s: float) -> None:
        """Look at the shelf again and again, until cancelled."""
        while True:
            await asyncio.sleep(poll_s)
            try:
                await to_thread.run_sync(self.look)
            except OSError:
                LOG.exception("the shelf cannot be read; what answers goes on")

    def look(self) -> None:
        """Take up what changed on the shelf since the last look."""
        found = self._champion_files()
        changed = [name for name in found if found[name] != self._seen.get(name)]
        gone = set(self._seen) - set(found)
        if changed or gone:
            self.current = self._changed(changed, gone)
        self._seen = found

    def _changed(self, changed: Sequence[str], gone: set[str]) -> Champions:
        ready = {name: kept for name, kept in self.current.ready.items() if name not in gone}
        broken = {name: why for name, why in self.current.broken.items() if name not in gone}
        found = self._verified(changed)
        for name, champion in found.items():
            if isinstance(champion, Champion):
                ready[name] = champion
                broken.pop(name, None)
                LOG.info("model %s v%d answers from now on", name, champion.entry.version)
            else:
                kept = f" Version {ready[name].entry.version} goes on." if name in ready else ""
                # Replies name no folder of the server.
                broken[name] = champion.replace(str(self.shelf), "shelf") + kept
                LOG.warning("model %s was refused: %s", name, broken[name])
        for name in gone:
            LOG.info("model %s is gone from the shelf", name)
        return Champions(dict(sorted(ready.items())), broken)

    def _verified(self, names: Sequence[str]) -> dict[str, Champion | str]:
        """Return the champion of each name, or why it must not answer."""
        entries: dict[str, Entry] = {}
        found: dict[str, Champion | str] = {}
        for name in names:
            try:
                entries[name] = champion_entry(self.shelf, name)
            except (SeicastError, OSError) as error:
                found[name] = str(error)
        folders = {name: self.shelf / name / f"v{each.version}" for name, each in entries.items()}
        verdicts = self.verify(list(folders.values()))
        for name, entry in entries.items():
            found[name] = verdicts[folders[name]] or self._loaded(entry)
        return found

    def _loaded(self, entry: Entry) -> Champion | str:
        """Return the very version that was verified; its hash is checked once more."""
        try:
            return load_version(self.shelf, entry)
        except (SeicastError, OSError) as error:
            return str(error)

    def _champion_files(self) -> dict[str, bytes]:
        files: dict[str, bytes] = {}
        for path in sorted(self.shelf.glob("*/champion.json")):
            try:
                files[path.parent.name] = path.read_bytes()
            except OSError as error:
                LOG.warning("%s cannot be read: %s", path.parent.name, error)
        return files
