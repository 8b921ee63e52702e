"""Tables that a phone can show: each cell is told the name of its column.

A hook of MkDocs; ``stylesheets/tables.css`` makes a card of every row where there is no room.
"""

import re
from typing import Any

#: So many columns have room everywhere.
FEW_COLUMNS = 2
TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
ROW = re.compile(r"<tr>.*?</tr>", re.DOTALL)
HEADING = re.compile(r"<th(?=[ >])[^>]*>(.*?)</th>", re.DOTALL)
CELL = re.compile(r"<td(?=[ >])")
TAG = re.compile(r"<[^>]+>")


def on_page_content(html: str, **_: Any) -> str:
    """Return a page whose tables are labelled."""
    return labelled(html)


def labelled(html: str) -> str:
    """Return HTML in which the cells of every table of many columns have their column's name.

    Examples
    --------
    >>> rows = "<tr><td>x</td><td>y</td><td>z</td></tr>"
    >>> html = labelled(f"<table><tr><th>a</th><th>b</th><th>c</th></tr>{rows}</table>")
    >>> html.partition("</tr>")[2]
    '<tr><td data-name="a">x</td><td data-name="b">y</td><td data-name="c">z</td></tr></table>'
    """
    return TABLE.sub(_labelled_table, html)


def _labelled_table(match: re.Match[str]) -> str:
    table = match.group()
    names = [TAG.sub("", heading).replace('"', "&quot;") for heading in HEADING.findall(table)]
    if len(names) <= FEW_COLUMNS:
        return table

    def labelled_row(row: re.Match[str]) -> str:
        columns = iter(names)
        return CELL.sub(lambda _: f'<td data-name="{next(columns, "")}"', row.group())

    return ROW.sub(labelled_row, table)
