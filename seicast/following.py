"""MLflow follows the shelf: a move that was made without it reaches its champion aliases soon.

The service moves champions on the shelf alone, for it never loads MLflow; a command that is
killed half-way may do so too. A worker notices that the shelf is no longer as it was when the
aliases were last made to follow, and lets a process of its own do it, which loads MLflow.
"""

import json
import logging
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

from seicast.processes import stop as stop_process

LOG = logging.getLogger("seicast.worker")
#: MLflow away, or a bundle of elsewhere: asked again after this.
RETRY_S = 60.0
POLL_S = 0.2
GRACE_S = 5.0
COMMAND = (sys.executable, "-m", "seicast", "jobs", "follow-shelf")


class Follower:
    """Notices that the shelf moved, and has MLflow follow.

    Parameters
    ----------
    shelf : Path
    note : Path
        Where it is written which champions MLflow has followed to.
    """

    def __init__(self, shelf: Path, note: Path) -> None:
        self.shelf = shelf
        self.note = note
        self._tries_again_at_s = 0.0

    def champions(self) -> dict[str, str]:
        """Return the champion file of each name as it is."""
        return {path.parent.name: path.read_text() for path in self.shelf.glob("*/champion.json")}

    def is_behind(self) -> bool:
        """Tell whether the shelf moved since MLflow followed."""
        try:
            return self.champions() != self._followed()
        except OSError:  # a shelf whose folder is being replaced is looked at again
            return False

    def write_down(self, champions: dict[str, str]) -> None:
        """Note that MLflow has followed to these champions, as they were before it did."""
        partial = self.note.with_name(f".{self.note.name}.{uuid.uuid4().hex}.partial")
        partial.write_text(json.dumps(champions))
        partial.replace(self.note)

    def follow(self, stop: threading.Event) -> None:
        """Let a process move the aliases if they are behind; end it when told to stop."""
        if time.monotonic() < self._tries_again_at_s or not self.is_behind():
            return
        process = subprocess.Popen(COMMAND)
        while process.poll() is None:
            if stop.wait(POLL_S):
                stop_process(process, GRACE_S)
                return
        if process.returncode or self.is_behind():
            LOG.warning("MLflow does not follow the shelf yet; tried again in %d s", RETRY_S)
            self._tries_again_at_s = time.monotonic() + RETRY_S

    def _followed(self) -> dict[str, str]:
        try:
            found = json.loads(self.note.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}
