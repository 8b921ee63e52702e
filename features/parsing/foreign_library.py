"""Calls of other people's parsers: whatever they raise on a damaged file becomes one refusal."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from features.errors import SeicastError, UnreadableFile

LONGEST_REASON = 200


@contextmanager
def refusing_damage(path: Path, format_name: str) -> Iterator[None]:
    """Turn any error of a library into UnreadableFile, with the library's reason.

    Parameters
    ----------
    path : Path
        The file that is read inside the block.
    format_name : str
        What the file was taken for.

    Raises
    ------
    UnreadableFile
        In place of whatever the block raises; errors of our own tree pass.
    """
    try:
        yield
    except (SeicastError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # A panic of a library written in Rust is no Exception.
        reason = f"{type(error).__name__}: {error}"[:LONGEST_REASON]
        raise UnreadableFile(
            f"'{path.name}' cannot be read as {format_name}: {reason}. It is damaged or of an "
            f"unknown version; copy it anew, or export it as CSV."
        ) from error
