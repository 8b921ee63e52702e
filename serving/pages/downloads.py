"""Tables as files: CSV, Parquet and JSON."""

import io
from typing import Literal, get_args
from urllib.parse import quote

import pandas as pd
from fastapi import Response

from features.errors import InvalidSetting

Format = Literal["csv", "parquet", "json"]
MEDIA_TYPES = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
}


def table_reply(table: pd.DataFrame, name: str, format: Format) -> Response:
    """Return a table as a file to keep; blanks are empty in CSV and null elsewhere."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}.{format}"
    }
    return Response(content_of(table, format), 200, headers, MEDIA_TYPES[format])


def format_of(name: str) -> Format:
    """Return the format that a file's name asks for.

    Raises
    ------
    InvalidSetting
        If the ending is of no such format.

    Examples
    --------
    >>> format_of("A1_cycles.parquet")
    'parquet'
    """
    known: tuple[Format, ...] = get_args(Format)
    for each in known:
        if name.endswith(f".{each}"):
            return each
    raise InvalidSetting(f"'{name}' must end in one of .{', .'.join(known)}.")


def content_of(table: pd.DataFrame, format: Format) -> str | bytes:
    """Return a table as the bytes or the text of a file."""
    if format == "csv":
        return table.to_csv(index=False)
    if format == "json":
        return table.to_json(orient="records", double_precision=15)
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()
