"""The files of an upload in a folder, as readers want them: a mapping beside what it maps."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from features.errors import UnreadableFile
from features.readers.mapped_csv import is_mapping, mapping_names
from store.facts import Original


@contextmanager
def on_disk(files: Sequence[Original]) -> Iterator[list[Path]]:
    """Yield the paths of files in a folder that is removed afterwards; readers go by names.

    Parameters
    ----------
    files : sequence of Original
        ``cell7.columns.toml`` is laid beside ``cell7.csv``, ``seicast.columns.toml`` beside all;
        neither is a path of its own.

    Raises
    ------
    UnreadableFile
        If a mapping comes twice, or there is nothing that it maps.
    """
    mappings = [file for file in files if is_mapping(file.name)]
    others = [file for file in files if not is_mapping(file.name)]
    _check(mappings, others)
    with tempfile.TemporaryDirectory(prefix="seicast-upload-") as folder:
        paths = []
        for number, file in enumerate(others):
            # Each in a folder of its own: two files may share a name.
            path = Path(folder, str(number), file.name)
            path.parent.mkdir()
            path.write_bytes(file.content)
            _lay_beside(path, mappings)
            paths.append(path)
        yield paths


def _lay_beside(path: Path, mappings: Sequence[Original]) -> None:
    names = mapping_names(path.name)
    for mapping in mappings:
        if mapping.name in names:
            path.with_name(mapping.name).write_bytes(mapping.content)


def _check(mappings: Sequence[Original], others: Sequence[Original]) -> None:
    """Refuse a mapping whose name fits no file; it would be kept, and do nothing."""
    names = [mapping.name for mapping in mappings]
    mapped = {name for other in others for name in mapping_names(other.name)}
    for mapping in mappings:
        if names.count(mapping.name) > 1:
            raise UnreadableFile(f"'{mapping.name}' comes more than once; send one.")
        if mapping.name not in mapped:
            examples = ", ".join(
                f"that of '{other.name}' is called '{mapping_names(other.name)[0]}'"
                for other in others[:3]
            )
            raise UnreadableFile(
                f"'{mapping.name}' maps no file that came with it; "
                f"{examples or 'send the file as well'}."
            )
