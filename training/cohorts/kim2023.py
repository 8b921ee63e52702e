"""Li||Cu Coulombic efficiencies of 150 liquid electrolytes, compiled by Kim et al. 2023.

``electrolytes.csv`` has one row per electrolyte: a hand-typed recipe, volume fractions of up
to three solvents (what exceeds 1 is an additive), molarities of up to three salts, and how CE
was measured. Which molecule a number belongs to is told by the order of the names in the
recipe. Recipes by mole ratio have no numbers but those in their text. The columns of
molarities of solvents are not read: they follow from the volume fractions, and are wrong or
missing in eight rows. The number of cycles is not read either: good cells were cycled for
longer, so it would tell the answer.

Where the recipe's words and the numbers contradict each other, the words are believed; the
tables below say where and why.
"""

import math
import re
from collections.abc import Hashable, Sequence
from functools import cache
from typing import Any

import pandas as pd

from features.errors import UnreadableFile
from features.molecules import known_molecules
from features.recipe import (
    AmountUnit,
    CellDesign,
    CEMethod,
    Coating,
    Component,
    Electrolyte,
    Protocol,
    Recipe,
)
from features.records import Cell, Source
from training.cohort import Cohort
from training.data_folders import data_folder

CITATION = (
    "Kim, S. C. et al. Proc. Natl. Acad. Sci. 120, e2214357120 (2023), doi:10.1073/pnas.2214357120"
)
METHODS: dict[str, CEMethod] = {"Cycle": "cycle_average", "Aurbach": "aurbach"}

Row = dict[Hashable, Any]

SOLVENT_COLUMNS = [f"solvent{number}_volfrac" for number in (1, 2, 3)]
SALT_COLUMNS = [f"salt{number}_mol_per_l" for number in (1, 2, 3)]

#: Fractions are rounded to three digits at worst; what follows this sum is an additive.
ALL_OF_THE_VOLUME = 0.995

#: As typed -> as the table of molecules has it.
SPELLINGS = {
    "LiFNSI": "LiFNFSI",
    "1,4-Dioxolane": "1,4-dioxane",
    "12-Crown-4": "12-crown-4",
    "CH3F": "FM",
}
#: DEE stands for two ethers; the volume fractions and molarities tell which.
DEE = dict.fromkeys(("K107", "K143"), "diethyl ether") | dict.fromkeys(
    ("K112", "K113", "K136"), "1,2-diethoxyethane"
)
#: Rows whose salts do not stand in the order of the names in the recipe.
SALT_ORDER = {
    "K035": ("LiTFSI", "LiNO3", "Li2S5"),
    "K056": ("LiTFSI", "Li2S5", "LiNO3"),
}
#: What has no column, or the column of another kind of component.
ADDITIVES = {
    # Crown ethers have no column.
    "K029": (Component("18-crown-6", 0.05, "mol_per_L"),),
    "K060": (Component("18-crown-6", 0.1, "mol_per_L"),),
    # A silane without ions in a salt's column.
    "K065": (Component("TMS-FNFSI", 0.1097, "mol_per_L"),),
    # Its weight fraction stands in a salt's column, as if mol per litre.
    "K083": (Component("TMSB", 0.01, "weight_fraction"),),
    # Left out of the columns; the amount is that of the same paper's other recipes.
    "K116": (Component("LiNO3", 0.4664, "mol_per_L"),),
    # Co-solvents in a salt's column.
    "K138": (Component("AN", 1.0, "mol_per_L"),),
    "K139": (Component("THF", 0.5, "mol_per_L"),),
}
#: Family of solvent -> its members; what is in none of these is of "other solvents".
SOLVENT_FAMILIES = {
    "fluorinated carbonates and esters": ("FEC", "FEMC", "ETFEC", "TFEC", "MTFP"),
    "carbonates and esters": (*("EC", "PC", "DMC", "EMC", "DEC", "VC", "GBL", "EA", "MA", "EGD"),),
    "ethers": (
        *("DME", "diglyme", "triglyme", "tetraglyme", "DOL", "1,4-dioxane", "diethyl ether"),
        *("1,2-diethoxyethane", "DMB", "DMM", "THF", "MTHF", "DMeTHF", "12-crown-4"),
    ),
    "fluorinated ethers": ("F3DEE", "F4DEE", "F5DEE", "F6DEE", "FDMB", "FDMH", "DEG-FTriEG"),
}
#: They thin an electrolyte and dissolve no salt, so they are no family's solvent.
DILUENTS = ("BTFE", "D2", "TTE", "HFME", "TFEO", "TFEB", "FB")
#: The recipe is that of K038, by weight, with an additive; its own fractions contradict it.
VOLUME_FRACTIONS_OF = {"K083": "K038"}


def load() -> Cohort:
    """Return the 150 electrolytes, grouped by the paper they were taken from.

    Notes
    -----
    The row whose paper is not stated is a group of its own.

    Raises
    ------
    MissingData
        If the data set is not on this machine.
    """
    table = pd.read_csv(data_folder("kim2023_ce") / "electrolytes.csv").set_index(
        "electrolyte_id", drop=False
    )
    for row, origin in VOLUME_FRACTIONS_OF.items():
        table.loc[row, SOLVENT_COLUMNS] = table.loc[origin, SOLVENT_COLUMNS]
    cells = tuple(_cell(row) for row in table.to_dict("records"))
    return Cohort(
        name="kim2023",
        citation=CITATION,
        cells=cells,
        outcomes=_outcomes(cells, table),
        groups=tuple(cell.source.batch or cell.cell_id for cell in cells),
        group_kind="paper",
        families=tuple(solvent_family(cell) for cell in cells),
        family_kind="solvent family",
    )


def solvent_family(cell: Cell) -> str:
    """Return the family of the foremost solvent that dissolves the salt."""
    electrolyte = cell.recipe.electrolyte
    solvents = electrolyte.solvents if electrolyte is not None else ()
    dissolving = [each for each in solvents if each.name not in DILUENTS]
    if not dissolving:
        return "other solvents"
    foremost = max(dissolving, key=lambda solvent: solvent.amount).name
    found = [family for family, members in SOLVENT_FAMILIES.items() if foremost in members]
    return found[0] if found else "other solvents"


def _outcomes(cells: tuple[Cell, ...], table: pd.DataFrame) -> pd.DataFrame:
    index = pd.Index([cell.cell_id for cell in cells], name="cell_id")
    return pd.DataFrame({"ce_fraction": table["ce_percent"].to_numpy() / 100}, index=index)


def _cell(row: Row) -> Cell:
    recipe = Recipe(
        cell=CellDesign("Li||Cu", substrate="Cu"),
        coating=Coating(phases=()),
        electrolyte=_electrolyte(row),
        protocol=Protocol(
            current_density_mA_cm2=_number(row["current_ma_per_cm2"]),
            areal_capacity_mAh_cm2=_number(row["capacity_mah_per_cm2"]),
            ce_method=METHODS[row["method"]],
        ),
    )
    paper = _number(row["reference_no"])
    source = Source("literature", batch=None if paper is None else f"{paper:.0f}")
    return Cell(f"kim2023-{row['electrolyte_id']}", recipe, source)


def _electrolyte(row: Row) -> Electrolyte:
    names, known = _names(row), known_molecules()
    salts = [name for name in names if known[name].is_salt]
    solvents = [name for name in names if name not in salts]
    if math.isnan(row["solvent1_volfrac"]):
        return _by_mole_ratio(row["electrolyte"], salts, solvents)
    return _by_columns(row, salts, solvents)


def _by_columns(row: Row, salts: list[str], solvents: list[str]) -> Electrolyte:
    """Return the electrolyte of a row with numbers; a solvent beyond 1 is an additive."""
    identity = row["electrolyte_id"]
    fractions = [row[column] for column in SOLVENT_COLUMNS if row[column] > 0]
    molarities = [row[column] for column in SALT_COLUMNS if row[column] > 0]
    if len(fractions) != len(solvents) or len(molarities) < len(salts):
        raise UnreadableFile(
            f"electrolytes.csv, {identity}: the recipe names {solvents} and {salts} beside "
            f"{len(fractions)} volume fractions and {len(molarities)} molarities."
        )
    parts = _components(solvents, fractions, "volume_fraction")
    n_solvents = next(n for n in (1, 2, 3) if sum(fractions[:n]) > ALL_OF_THE_VOLUME)
    ordered = SALT_ORDER.get(identity, salts)
    return Electrolyte(
        salts=_components(ordered, molarities[: len(salts)], "mol_per_L"),
        solvents=parts[:n_solvents],
        additives=parts[n_solvents:] + ADDITIVES.get(identity, ()),
    )


def _by_mole_ratio(text: str, salts: list[str], solvents: list[str]) -> Electrolyte:
    """Return the electrolyte of a recipe such as LiFSI-1.2DME-3TTE or LiFSI-DME-TTE (1:1.2:3)."""
    names = salts + solvents
    ratio = re.search(r"\d[\d.]*(?::\d[\d.]*)+", text)
    if ratio:
        amounts = [float(amount) for amount in ratio[0].split(":")]
    else:
        amounts = [_factor(text, name) for name in names]
    parts = _components(names, amounts, "mole_parts")
    return Electrolyte(salts=parts[: len(salts)], solvents=parts[len(salts) :])


def _components(
    names: Sequence[str], amounts: Sequence[float], unit: AmountUnit
) -> tuple[Component, ...]:
    """Return components under the first name of the table: sulfolane is SL, not TMS."""
    known = known_molecules()
    return tuple(
        Component(known[name].name, amount, unit)
        for name, amount in zip(names, amounts, strict=True)
    )


def _factor(text: str, name: str) -> float:
    """Return the number in front of a name; none means one."""
    number = re.search(rf"(\d[\d.]*) *{re.escape(name)}", text)
    return float(number[1]) if number else 1.0


def _names(row: Row) -> list[str]:
    """Return the molecules of a recipe in its order, without those of ``ADDITIVES``."""
    identity = row["electrolyte_id"]
    written = _name_pattern().findall(row["electrolyte"])
    names = [DEE[identity] if name == "DEE" else SPELLINGS.get(name, name) for name in written]
    apart = {additive.name for additive in ADDITIVES.get(identity, ())}
    return [name for name in names if name not in apart]


@cache
def _name_pattern() -> re.Pattern[str]:
    """Return a pattern of all names, long ones first: FEC before EC, TMS-FNFSI before TMS."""
    names = sorted([*known_molecules(), *SPELLINGS, "DEE"], key=len, reverse=True)
    return re.compile(rf"(?<![A-Za-z])(?:{'|'.join(map(re.escape, names))})(?![A-Za-z0-9])")


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
