"""Rows of cycles, of steps and of points in one text file, each layer indented by an empty cell.

    Cycle ID,Cap_Chg(mAh),Cap_DChg(mAh)
    ,Step ID,Step Name,Step Time(h:min:s.ms)
    ,,Record ID,Time(h:min:s.ms),Voltage(V),Current(mA)
    1,1.99,1.97
    ,1,CC_Chg,0:59:59.0
    ,,1,0:00:00.0,3.21,2.0

Flattened, each point carries its cycle, its step and the step's name; nothing else of the upper
layers is needed, for it can be had from the points.
"""

from collections.abc import Sequence

from features.parsing.column_units import name_key
from features.parsing.text_lines import as_utf8, first_lines, header_in, split

#: What the points carry of their layers; the names as a flat file has them.
LAYERS = ("Cycle ID", "Step ID", "Step Name")
STEP_NAMES = ("step name", "step type", "工步名称", "工步类型")


def flattened(data: bytes, signatures: Sequence[frozenset[str]]) -> bytes | None:
    """Return a nested text as a flat one with the same numbers of lines; None if it is not nested.

    Parameters
    ----------
    data : bytes
    signatures : sequence of frozenset of str
        The header of the points is the first line that holds all names of one of these.
    """
    text = as_utf8(data)
    lines = first_lines(text)
    number, delimiter = header_in(lines, signatures) or (0, ",")
    if number < 2 or not lines[number].startswith(2 * delimiter):
        return None
    names = [name_key(cell) for cell in split(lines[number - 1], delimiter)]
    name_at = next((names.index(name) for name in STEP_NAMES if name in names), None)
    n_layers = len(LAYERS) - (name_at is None)
    flat = [*lines[:number], delimiter.join([*LAYERS[:n_layers], lines[number][2:]])]
    cycle, step, name = "", "", ""
    for each in text.decode("utf-8", errors="replace").split("\n")[number + 1 :]:
        line = each if each.strip(f"{delimiter} ") else ""  # spreadsheets close with delimiters
        if line.startswith(2 * delimiter):
            flat.append(delimiter.join([*(cycle, step, name)[:n_layers], line[2:]]))
            continue
        flat.append("")  # the points keep their numbers of line
        if line.startswith(delimiter):
            cells = split(line, delimiter)
            step, name = cells[1].strip(), _cell(cells, name_at)
        elif line:
            cycle = split(line, delimiter)[0].strip()
    return "\n".join(flat).encode()


def _cell(cells: Sequence[str], index: int | None) -> str:
    return cells[index].strip() if index is not None and index < len(cells) else ""
