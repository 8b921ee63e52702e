"""Jet 4 and ACE databases (Microsoft Access): columns of fixed width, straight from the pages.

    page       4096 bytes; page 0 says "Standard Jet DB" or "Standard ACE DB" at byte 4 and the
               version at byte 0x14 (0: Jet 3, refused; 1 and more: Jet 4 and ACE)
    type 0x02  definition of a table: next page u32 @4, rows u32 @16, columns u16 @45, indices
               u32 @51; from 63 on 12 bytes an index, 25 a column (type u8 @0, number u16 @5,
               flags u8 @15 with 1 for fixed width, offset u16 @21), then the names
               (u16 length, UTF-16)
    type 0x01  rows: page of the definition u32 @4, rows u16 @12, their starts u16 from 14 on
               (0x8000: moved elsewhere, 0x4000: deleted), filled from the page's end downwards
    row        columns u16 @0, fixed columns from 2 on, ..., one bit a column at the very end
               (0: null)

Source: the format notes that mdbtools publishes (HACKING). Text columns are not read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features.errors import UnreadableFile

PAGE_BYTES = 4096
MAGICS = (b"Standard Jet DB", b"Standard ACE DB")
#: Access type -> numpy type; others are not numbers of fixed width.
DTYPES = {2: "u1", 3: "<i2", 4: "<i4", 6: "<f4", 7: "<f8", 8: "<f8"}
#: Access allows 255 columns and 32 indices a table; more pages than this are a broken chain.
MOST_DEFINITION_PAGES = 16

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Column:
    """Where a column of fixed width lies in its row."""

    number: int
    offset: int
    dtype: str


@dataclass(frozen=True)
class Table:
    """A table's definition: the page it starts on, its number of rows, its fixed columns."""

    page: int
    n_rows: int
    columns: dict[str, Column]


def is_database(head: bytes) -> bool:
    """Tell whether a file starts like an Access database."""
    return head[4:19] in MAGICS


def open_pages(path: Path) -> Bytes:
    """Return the pages of a database file, shape (n_pages, 4096), without loading them."""
    if path.stat().st_size < PAGE_BYTES:
        raise UnreadableFile(f"'{path.name}' ends within its first page; copy it anew.")
    return as_pages(path.name, np.memmap(path, dtype=np.uint8, mode="r"))


def as_pages(file: str, content: Bytes) -> Bytes:
    """Return the bytes of a database as pages, shape (n_pages, 4096)."""
    if content.size < PAGE_BYTES or content[0x14] == 0:
        raise UnreadableFile(
            f"'{file}' is a Jet 3 database (Access 97) or cut short; Jet 4 and ACE are read. "
            f"Convert it with Access, or export its rows as CSV."
        )
    return content[: content.size // PAGE_BYTES * PAGE_BYTES].reshape(-1, PAGE_BYTES)


def find_tables(pages: Bytes, needed: Sequence[str]) -> list[Table]:
    """Return the tables that have all of these fixed columns."""
    starts = np.flatnonzero((pages[:, 0] == 2) & (pages[:, 1] == 1))
    tables = [_table(pages, int(page)) for page in starts]
    return [table for table in tables if table and set(needed) <= set(table.columns)]


def read_columns(
    file: str, pages: Bytes, table: Table, names: Sequence[str]
) -> dict[str, NDArray[np.float64]]:
    """Return columns of a table in the order of its pages; a null is NaN.

    Raises
    ------
    UnreadableFile
        If rows lie outside their page, are missing, or were moved.
    """
    starts, ends = _rows(file, pages, table)
    flat = pages.reshape(-1)
    return {name: _values(file, flat, starts, ends, table.columns[name]) for name in names}


def _table(pages: Bytes, page: int) -> Table | None:
    definition = _definition(pages, page)
    n_columns = _integer(definition, 45, 2)
    at = 63 + 12 * _integer(definition, 51, 4)
    names_at = at + 25 * n_columns
    if names_at > len(definition):
        return None
    names = _names(definition[names_at:], n_columns)
    entries = [definition[at + 25 * k : at + 25 * (k + 1)] for k in range(len(names))]
    columns = {
        name: Column(_integer(entry, 5, 2), _integer(entry, 21, 2), DTYPES[entry[0]])
        for name, entry in zip(names, entries, strict=True)
        if entry[0] in DTYPES and entry[15] & 1
    }
    return Table(page, _integer(definition, 16, 4), columns)


def _definition(pages: Bytes, page: int) -> bytes:
    """Join the pages of a definition; those behind the first add all but their head."""
    parts: list[bytes] = [pages[page].tobytes()]
    for _ in range(MOST_DEFINITION_PAGES):
        following = _integer(parts[-1], 4, 4)
        if not 0 < following < len(pages):
            break
        parts.append(pages[following].tobytes())
    return parts[0] + b"".join(part[8:] for part in parts[1:])


def _names(content: bytes, n_columns: int) -> list[str]:
    names, at = [], 0
    for _ in range(n_columns):
        length = _integer(content, at, 2)
        names.append(content[at + 2 : at + 2 + length].decode("utf-16-le", errors="replace"))
        at += 2 + length
    return names


def _integer(content: bytes, at: int, size: int) -> int:
    return int.from_bytes(content[at : at + size], "little")


def _rows(file: str, pages: Bytes, table: Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where the rows of a table start and end in the file."""
    owners = np.ascontiguousarray(pages[:, 4:8]).view("<u4")[:, 0]
    is_own = (pages[:, 0] == 1) & (pages[:, 1] == 1) & (owners == table.page)
    own = np.flatnonzero(is_own)
    n_rows = np.ascontiguousarray(pages[own, 12:14]).view("<u2").astype(np.int64)[:, 0]
    if (n_rows > (PAGE_BYTES - 14) // 2).any():
        raise _damaged(file, "a page claims more rows than fit on it")
    most = int(n_rows.max(initial=0))
    slots = np.ascontiguousarray(pages[own, 14 : 14 + 2 * most]).view("<u2")
    starts = (slots & 0x1FFF).astype(np.int64)
    ends = np.hstack([np.full((own.size, 1), PAGE_BYTES), starts])[:, :-1]
    is_row = (np.arange(most) < n_rows[:, None]) & ((slots & 0x4000) == 0)
    _check_rows(file, table, slots[is_row], (ends - starts)[is_row])
    base = own[:, None] * PAGE_BYTES
    return (base + starts)[is_row], (base + ends)[is_row]


def _check_rows(
    file: str, table: Table, slots: NDArray[np.uint16], lengths: NDArray[np.int64]
) -> None:
    if (slots & 0x8000).any():
        raise UnreadableFile(
            f"'{file}' has rows that were moved by editing; compact the database with Access."
        )
    width = max((c.offset + np.dtype(c.dtype).itemsize for c in table.columns.values()), default=0)
    if (lengths < width + 2).any():
        raise _damaged(file, f"a row is shorter than its {width} bytes of fixed columns")
    if slots.size != table.n_rows:
        raise _damaged(file, f"it announces {table.n_rows} rows and holds {slots.size}")


def _values(
    file: str,
    flat: Bytes,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    column: Column,
) -> NDArray[np.float64]:
    size = np.dtype(column.dtype).itemsize
    at = starts + 2 + column.offset
    cells = np.ascontiguousarray(flat[at[:, None] + np.arange(size)])
    with np.errstate(invalid="ignore"):  # damage can be a signalling NaN; it is refused later
        values: NDArray[np.float64] = cells.view(column.dtype)[:, 0].astype(np.float64)
    n_columns = flat[starts] + 256 * flat[starts + 1].astype(np.int64)
    mask_at = ends - (n_columns + 7) // 8 + column.number // 8
    if ((mask_at < starts) | (mask_at >= ends)).any():
        raise _damaged(file, "a row's null bits lie outside it")
    is_null = (flat[mask_at] >> (column.number % 8)) & 1 == 0
    return np.where(is_null, np.nan, values)


def _damaged(file: str, reason: str) -> UnreadableFile:
    return UnreadableFile(f"'{file}' is damaged or cut short: {reason}; copy it anew.")
