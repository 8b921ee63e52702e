"""Tables as files: CSV, Parquet and JSON."""

import io
from urllib.parse import quote

import pandas as pd
from fastapi import Response

MEDIA_TYPES = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
}


def table_reply(table: pd.DataFrame, name: str, format: str) -> Response:
    """Return a table as a file to keep; blanks are empty in CSV and null elsewhere."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}.{format}"
    }
    return Response(_content(table, format), 200, headers, MEDIA_TYPES[format])


def _content(table: pd.DataFrame, format: str) -> str | bytes:
    if format == "csv":
        return table.to_csv(index=False)
    if format == "json":
        return table.to_json(orient="records", double_precision=15)
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()
