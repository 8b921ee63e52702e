"""BioLogic EC-Lab and BT-Lab binaries, .mpr: modules, one of which holds the rows.

    file       "BIO-LOGIC MODULAR FILE" and padding, 52 bytes; then modules to the end
    module     "MODULE", short name (10 bytes), long name (25), length u32, version u32, date (8);
               EC-Lab 11.50 and later, told by a length of 0xffffffff, go on with
               length u32, 0 u32, version u32, date (8)
    VMP Set    settings: technique u8 @0
    VMP data   rows u32, columns u8, their ids; from a fixed offset on the rows without gaps:
               version 0: ids u8, rows at 100; 2: ids u16, rows at 405; 3: ids u16, rows at 406;
               10 and 11: columns u16, ids u16, rows at 1007
    row        one byte of flags where any flag is among the ids, then the columns in order

The width of a column follows from its id alone, so an unknown id is refused. Version 0 stores the
low byte of an id. I > 0 oxidises the working electrode, which charges a cell whose positive
electrode it is. Techniques that store no current store the charge of each row: its quotient by
the row's duration is what EC-Lab exports as <I>. Impedance rows have a frequency above 0.

Sources: the tables that galvani, yadg and OpenReadout publish, as facts; ids, widths and offsets
compared with EC-Lab's text exports of the same runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.counting import counted
from features.errors import InvalidRecord, UnreadableFile
from features.parsing.cycling_rows import cycling_table
from features.parsing.reading import Reading
from features.parsing.spectrum_loops import spectra_of
from features.records import Spectrum

FORMAT = "BioLogic .mpr"
MAGIC, FIRST_MODULE = b"BIO-LOGIC MODULAR FILE", 52
SETTINGS, ROWS = "VMP Set", "VMP data"
#: version of "VMP data" -> (bytes of the number of columns, bytes of an id, offset of the rows)
LAYOUTS = {0: (1, 1, 100), 2: (1, 2, 405), 3: (1, 2, 406), 10: (2, 2, 1007), 11: (2, 2, 1007)}
FLAG_IDS = frozenset({1, 2, 3, 21, 31, 65})
MODE_ID, MODE_BITS, OPEN_CIRCUIT = 1, 0b11, 3
WIDTHS = {
    "<f8": (4, 7, 11, 13, 23, 24, 74, 110, 112, 115, 116, 123, 124, 125, 126, 379, 438, 467, 880),
    "<u4": (468, 469),
    "<u2": (39, 131, 295),
    "<f4": (
        *(5, 6, 8, 9, 16, 17, 19, 20, 26, 27, 32, 33, 34, 35, 36, 37, 38, 69, 70, 75, 76, 77, 78),
        *(96, 98, 99, 100, 101, 163, 168, 169, 172, 173, 174, 241, 242, 271, 272, 301, 302, 326),
        *(331, 332, 361, 362, 391, 392, *range(422, 427), *range(430, 436), 441, 462, 471),
        *(*range(473, 482), *range(486, 504)),
    ),
}
DTYPES = {number: dtype for dtype, numbers in WIDTHS.items() for number in numbers}

#: What is read, by EC-Lab's label of the id; the first id that is there wins.
TIME = {4: "time/s"}
VOLTAGE = {6: "Ewe/V", 77: "<Ewe>/V", 174: "<Ewe>/V", 27: "Ewe-Ece/V"}
CURRENT = {8: "I/mA", 76: "<I>/mA", 11: "<I>/mA"}
#: id -> (label, Ah per unit)
CHARGE_OF_ROW = {7: ("dq/mA.h", 1e-3)}  # dQ, unlike dq, counts from the start of a sequence
CHARGE_SO_FAR = {13: ("(Q-Qo)/mA.h", 1e-3), 434: ("(Q-Qo)/C", 1 / 3600)}
CYCLE, HALF_CYCLE, SEQUENCE, IMPEDANCE_LOOP = 24, 468, 131, 469
LOOPS = (CYCLE, SEQUENCE, IMPEDANCE_LOOP)
TEMPERATURE = 462
COUNTER_ELECTRODE = 9
FREQUENCY, REAL, MINUS_IMAGINARY, MODULUS, PHASE = 32, 37, 38, 36, 35
TECHNIQUES = {
    0x04: "GCPL",
    0x06: "CV",
    0x0B: "OCV",
    0x18: "CA",
    0x19: "CP",
    0x1C: "Wait",
    0x1D: "PEIS",
    0x1E: "GEIS",
    0x32: "ZIR",
    0x33: "CVA",
    0x6C: "LSV",
    0x75: "constant voltage",
    0x76: "constant current",
    0x7F: "Modulo Bat",
    0x88: "battery capacity determination",
}

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Module:
    """One part of a file."""

    version: int
    date: str
    body: bytes


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a file, by column id."""

    file: str
    n_rows: int
    ids: tuple[int, ...]
    values: NDArray[np.void]

    def first_of(self, ids: Sequence[int]) -> int | None:
        """Return the first of these columns that the file has."""
        return next((number for number in ids if number in self.ids), None)

    def column(self, number: int) -> Array:
        """Return a column as floats."""
        return np.asarray(self.values[str(number)], dtype=float)

    @property
    def mode(self) -> NDArray[np.uint8]:
        """Return how each row was controlled: 1 current, 2 potential, 3 open circuit."""
        return np.asarray(self.values["flags"] & MODE_BITS)


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file starts like EC-Lab's."""
    return head.startswith(MAGIC)


def read(path: Path) -> Reading:
    """Return the cycling and the spectra of a file.

    Raises
    ------
    UnreadableFile
        If it is damaged, has a column of unknown width, or holds no rows.
    """
    modules = _modules(path)
    rows = _rows(path.name, modules)
    with np.errstate(all="ignore"):  # damage overflows here, and is refused by its size
        cycling, understood, notes = _cycling(rows)
        spectra, more = _spectra(rows)
    if spectra:
        understood["freq/Hz"] = "frequency_hertz"
        understood["Re(Z)/Ohm, -Im(Z)/Ohm"] = "real_impedance_ohm, imaginary_impedance_ohm"
    if cycling is None and not spectra:
        raise UnreadableFile(
            f"'{path.name}' holds {rows.n_rows} rows at 0 Hz and no spectrum; the run was stopped "
            f"before its first frequency."
        )
    return Reading(FORMAT, cycling, spectra, understood, (*notes, *more), _facts(modules))


def _modules(path: Path) -> dict[str, Module]:
    """Return the modules up to the rows; what follows them is log and loop index."""
    content = path.read_bytes()
    modules: dict[str, Module] = {}
    at = FIRST_MODULE
    while ROWS not in modules:
        name, module, at = _module(path.name, content, at)
        modules.setdefault(name, module)
    return modules


def _module(file: str, content: bytes, at: int) -> tuple[str, Module, int]:
    if content[at : at + 6] != b"MODULE":
        raise UnreadableFile(
            f"'{file}', byte {at}: no module starts here, and '{ROWS}' has not come yet; "
            f"the file is damaged or cut short. Copy it anew, or export it as .mpt."
        )
    name = content[at + 6 : at + 16].decode("latin-1").strip()
    words = [int.from_bytes(content[k : k + 4], "little") for k in range(at + 41, at + 57, 4)]
    is_new = words[0] == 0xFFFFFFFF
    length, version = (words[1], words[3]) if is_new else (words[0], words[1])
    body_at = at + (65 if is_new else 57)
    if body_at + length > len(content):
        raise UnreadableFile(
            f"'{file}': module '{name}' says {length} bytes, the file has "
            f"{max(len(content) - body_at, 0)} left; it was cut short. Copy it anew."
        )
    date = content[body_at - 8 : body_at].decode("latin-1")
    return name, Module(version, date, content[body_at : body_at + length]), body_at + length


def _rows(file: str, modules: dict[str, Module]) -> Rows:
    module = modules[ROWS]
    if module.version not in LAYOUTS:
        raise UnreadableFile(
            f"'{file}' has rows of version {module.version}; known are {sorted(LAYOUTS)}. "
            f"Export it as .mpt."
        )
    n_rows, ids, offset = _head(module)
    dtype = _row_dtype(file, ids)
    if offset + n_rows * dtype.itemsize != len(module.body):
        raise UnreadableFile(
            f"'{file}' says {n_rows} rows of {dtype.itemsize} bytes, but has "
            f"{len(module.body) - offset} bytes of rows; it is damaged. Export it as .mpt."
        )
    if not n_rows:
        technique = _facts(modules).get("technique", "unknown")
        raise UnreadableFile(
            f"'{file}' holds no rows: its technique ({technique}) recorded no point. "
            f"Read the file of another technique of the run."
        )
    return Rows(file, n_rows, ids, np.frombuffer(module.body, dtype, n_rows, offset))


def _head(module: Module) -> tuple[int, tuple[int, ...], int]:
    """Return the number of rows, the column ids and where the rows start."""
    count_bytes, id_bytes, offset = LAYOUTS[module.version]
    n_rows = int.from_bytes(module.body[:4], "little")
    ids_at = 4 + count_bytes
    n_columns = int.from_bytes(module.body[4:ids_at], "little")
    ids = [
        int.from_bytes(module.body[at : at + id_bytes], "little")
        for at in range(ids_at, min(ids_at + n_columns * id_bytes, offset), id_bytes)
    ]
    if id_bytes == 1:
        known = FLAG_IDS | DTYPES.keys()
        ids = [number if number in known else number + 256 for number in ids]
    return n_rows, tuple(ids), offset


def _row_dtype(file: str, ids: tuple[int, ...]) -> np.dtype[np.void]:
    fields: dict[str, str] = {}
    for number in ids:
        if number not in DTYPES and number not in FLAG_IDS:
            raise UnreadableFile(
                f"'{file}' has a column with id {number}, whose width this reader does not know, "
                f"so its rows cannot be told apart; export the file as .mpt from EC-Lab."
            )
        name = "flags" if number in FLAG_IDS else str(number)
        if name != "flags" and name in fields:
            raise UnreadableFile(
                f"'{file}' has two columns with id {number}; it is damaged. Export it as .mpt."
            )
        fields[name] = DTYPES.get(number, "u1")
    return np.dtype(list(fields.items()))


def _is_cycling(rows: Rows) -> NDArray[np.bool_]:
    """Tell which rows are points of a time series rather than of a spectrum."""
    if FREQUENCY not in rows.ids:
        return np.ones(rows.n_rows, dtype=bool)
    if MODE_ID not in rows.ids:
        return np.zeros(rows.n_rows, dtype=bool)
    return np.asarray(rows.column(FREQUENCY) == 0)


def _cycling(rows: Rows) -> tuple[pd.DataFrame | None, dict[str, str], tuple[str, ...]]:
    is_row = _is_cycling(rows)
    if not is_row.any():
        return None, {}, ()
    columns, understood, notes = _columns(rows)
    kept = {name: values[is_row] for name, values in columns.items()}
    cycling, mended = cycling_table(rows.file, kept)
    return cycling, understood, (*notes, *mended)


def _columns(rows: Rows) -> tuple[dict[str, Array], dict[str, str], tuple[str, ...]]:
    """Return columns of ours, what they were read from, and what is worth a note."""
    columns: dict[str, Array] = {}
    understood: dict[str, str] = {}
    for name, labels in (("test_time_second", TIME), ("voltage_volt", VOLTAGE)):
        number = rows.first_of(list(labels))
        if number is not None:
            columns[name], understood[labels[number]] = rows.column(number), name
    charge_Ah, label = _charge_of_row_Ah(rows)
    columns["current_ampere"], current_label, notes = _current_A(rows, charge_Ah)
    understood[current_label] = "current_ampere"
    if charge_Ah is not None:
        columns["charging_capacity_ah"] = np.cumsum(np.maximum(charge_Ah, 0.0))
        columns["discharging_capacity_ah"] = np.cumsum(np.maximum(-charge_Ah, 0.0))
        understood[label] = "charging_capacity_ah and discharging_capacity_ah, summed up"
    columns |= _counters(rows, understood)
    if COUNTER_ELECTRODE in rows.ids:
        notes.append("The voltage is Ewe, against the reference; Ece was left out.")
    return columns, understood, tuple(notes)


def _charge_of_row_Ah(rows: Rows) -> tuple[Array | None, str]:
    """Return the charge that passed since the row before, and the label of its column."""
    number = rows.first_of(list(CHARGE_OF_ROW))
    if number is not None:
        label, factor = CHARGE_OF_ROW[number]
        return rows.column(number) * factor, label
    number = rows.first_of(list(CHARGE_SO_FAR))
    if number is None:
        return None, ""
    label, factor = CHARGE_SO_FAR[number]
    so_far = rows.column(number) * factor
    return np.diff(so_far, prepend=so_far[:1]), label


def _current_A(rows: Rows, charge_Ah: Array | None) -> tuple[Array, str, list[str]]:
    number = rows.first_of(list(CURRENT))
    if number is not None:
        return rows.column(number) * 1e-3, CURRENT[number], []
    if MODE_ID in rows.ids and (rows.mode == OPEN_CIRCUIT).all():
        note = "The file stores no current; all its rows are open circuit, read as 0 A."
        return np.zeros(rows.n_rows), "mode", [note]
    if charge_Ah is None or 4 not in rows.ids:
        raise UnreadableFile(
            f"'{rows.file}' stores neither current nor charge (column ids {list(rows.ids)}); "
            f"export it as .mpt with I/mA."
        )
    duration_h = np.diff(rows.column(4), prepend=rows.column(4)[:1]) / 3600
    current_A = np.divide(charge_Ah, duration_h, out=np.zeros(rows.n_rows), where=duration_h > 0)
    note = "The file stores no current; it is the charge of each row over its duration, as <I>."
    return current_A, "charge and time of each row", [note]


def _counters(rows: Rows, understood: dict[str, str]) -> dict[str, Array]:
    columns = {}
    if CYCLE in rows.ids:
        columns["cycle_count"], understood["cycle number"] = rows.column(CYCLE), "cycle_count"
    elif HALF_CYCLE in rows.ids:
        columns["cycle_count"] = rows.column(HALF_CYCLE) // 2
        understood["half cycle"] = "cycle_count, two half cycles each"
    if TEMPERATURE in rows.ids:
        columns["ambient_temperature_celsius"] = rows.column(TEMPERATURE)
        understood["Temperature/degC"] = "ambient_temperature_celsius"
    return columns


def _spectra(rows: Rows) -> tuple[tuple[Spectrum, ...], tuple[str, ...]]:
    """Return one spectrum for each loop, and what was left out."""
    if FREQUENCY not in rows.ids:
        return (), ()
    is_point = rows.column(FREQUENCY) > 0
    if not is_point.any():
        return (), ()
    loops = [rows.column(number)[is_point] for number in LOOPS if number in rows.ids]
    finished = rows.column(HALF_CYCLE)[is_point] // 2 if HALF_CYCLE in rows.ids else None
    impedance_ohm = _impedance_ohm(rows)[is_point]
    try:
        spectra = spectra_of(rows.column(FREQUENCY)[is_point], impedance_ohm, loops, finished)
    except InvalidRecord as error:
        raise UnreadableFile(f"'{rows.file}' is damaged: {error}") from error
    n_rows, n_spectra = np.count_nonzero(is_point), counted(len(spectra), "spectrum", "spectra")
    notes = [f"{n_rows} rows of sweeps were read as {n_spectra}."]
    n_dropped = int(np.count_nonzero(~is_point & ~_is_cycling(rows)))
    if n_dropped:
        notes.append(f"{n_dropped} rows at 0 Hz were left out.")
    return spectra, tuple(notes)


def _impedance_ohm(rows: Rows) -> NDArray[np.complex128]:
    if {REAL, MINUS_IMAGINARY} <= set(rows.ids):
        return rows.column(REAL) - 1j * rows.column(MINUS_IMAGINARY)
    if {MODULUS, PHASE} <= set(rows.ids):
        phase_rad = np.radians(rows.column(PHASE))
        return np.asarray(rows.column(MODULUS) * np.exp(1j * phase_rad))
    raise UnreadableFile(
        f"'{rows.file}' has frequencies but no impedance (column ids {list(rows.ids)}); "
        f"export it as .mpt with Re(Z) and -Im(Z)."
    )


def _facts(modules: dict[str, Module]) -> dict[str, str]:
    """Return date and technique; the electrode area is stored without its unit and left out."""
    if SETTINGS not in modules or not modules[SETTINGS].body:
        return {}
    code = modules[SETTINGS].body[0]
    technique = TECHNIQUES.get(code, f"code {code}")
    return {"date": modules[SETTINGS].date, "technique": technique}
