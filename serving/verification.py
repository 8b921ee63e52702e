"""Try bundles in a process of its own: what crashes or hangs there harms nobody.

    python -m serving.verification FOLDER ...

prints one JSON object a folder, as soon as it is done: ``{"folder": ..., "why": null | reason}``.
A folder at which the process dies is the first without a line.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from features.errors import SeicastError
from models.bundle import verify_bundle

#: For one bundle, which takes a second or two with the start of the process.
TIMEOUT_S = 60
MOST_CHARACTERS = 500


def main(folders: Sequence[str]) -> None:
    """Verify the bundles in some folders, one after the other."""
    for folder in folders:
        verdict = {"folder": folder, "why": _why_not(Path(folder))}
        sys.stdout.write(json.dumps(verdict) + "\n")
        sys.stdout.flush()


def verified(folders: Sequence[Path]) -> Mapping[Path, str | None]:
    """Return for each folder why its bundle must not be loaded, or None.

    Processes are started until every folder has its verdict; at most one a folder dies.
    """
    verdicts: dict[Path, str | None] = {}
    while left := [folder for folder in folders if folder not in verdicts]:
        found, end = _in_child(left)
        verdicts |= found
        culprit = next((folder for folder in left if folder not in found), None)
        if culprit is not None:
            verdicts[culprit] = f"{culprit} {end}; train again."
    return verdicts


def _in_child(folders: Sequence[Path]) -> tuple[dict[Path, str | None], str]:
    """Return the verdicts that a child gave, and how it ended if it gave too few."""
    command = [sys.executable, "-m", "serving.verification", *map(str, folders)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            timeout=TIMEOUT_S * len(folders),
            check=False,
            cwd=Path(__file__).resolve().parents[1],
        )
        output, end = done.stdout, f"ended the process that verified it (code {done.returncode})"
    except subprocess.TimeoutExpired as error:
        output, end = error.stdout or b"", f"could not be verified within {TIMEOUT_S} s"
    lines = output.decode(errors="replace").splitlines(keepends=True)
    # A line cut off by the end of the process is no verdict.
    told = [json.loads(line) for line in lines if line.endswith("\n")]
    return {Path(verdict["folder"]): verdict["why"] for verdict in told}, end


def _why_not(folder: Path) -> str | None:
    try:
        verify_bundle(folder)
    except (SeicastError, OSError) as error:
        return str(error)[:MOST_CHARACTERS]
    return None


if __name__ == "__main__":
    main(sys.argv[1:])
