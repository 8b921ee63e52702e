"""The verbs that show kept cells: which there are, what one says, and a coating's effect."""

import sys
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
import typer
from rich.table import Column, Table

from features.doubts import doubts
from features.spectrum_doubts import fit_doubts
from seicast import places
from seicast.cell_verbs import open_store
from seicast.json_output import AsJson, print_json
from seicast.printing import console
from store import CellFilter
from store.entries import StoredCell

views_app = typer.Typer()
#: As in ``serving.pages.tables``, which loads scikit-learn.
What = Literal["sheet", "cycles", "cycling", "predictions"]
CellId = Annotated[str, typer.Argument(help="Id of the cell, as list prints it.")]


@views_app.command("list")
def list_cells(
    lab: Annotated[str | None, typer.Option(help="Of this laboratory.")] = None,
    batch: Annotated[str | None, typer.Option(help="Of this batch.")] = None,
    cell_type: Annotated[str | None, typer.Option("--type", help="Such as 'Li||Cu'.")] = None,
    phase: Annotated[str | None, typer.Option(help="Coated with, among others, this.")] = None,
    *,
    has_life: Annotated[
        bool | None, typer.Option("--with-life/--without-life", help="By what is known.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List kept cells: a table on a terminal, one id a line into a pipe.

    Example: seicast cells list --type 'Li||Cu'
    """
    asked = CellFilter(
        lab=lab, batch=batch, cell_type=cell_type, coating_phase=phase, has_life=has_life
    )
    store = open_store()
    found = list(store.each(asked))
    if as_json:
        print_json(found)
        return
    _show_list(found)
    if not store.count():
        print("No cell is kept yet; add one: seicast cells add FILE.json", file=sys.stderr)
    elif not found:
        print(f"None of {store.count()} cells is like that", file=sys.stderr)


@views_app.command("show")
def show_cell(cell_id: CellId, *, as_json: AsJson = False) -> None:
    """Show a kept cell: recipe, outcome, doubts, and what every tier of evidence expects.

    Example: seicast cells show Cu3N-SBR-1
    """
    from serving.champions import champions_on  # noqa: PLC0415  loads scikit-learn
    from serving.pages.tables import table_of  # noqa: PLC0415

    store = open_store()
    entry, cell = store.entry(cell_id), store.get(cell_id)
    champions = champions_on(places.shelf())
    tiers = table_of(cell, "predictions", champions) if champions.ready else pd.DataFrame()
    doubted = (*doubts(cell), *fit_doubts(cell))
    if as_json:
        print_json({"cell": entry, "doubts": doubted, "predictions": tiers.to_dict("records")})
    else:
        _show_cell(entry, doubted, tiers)


@views_app.command("export")
def export_cell(
    cell_id: CellId,
    what: Annotated[What, typer.Option(help="Which table.")] = "sheet",
    out: Annotated[
        Path | None, typer.Option(help="File to write: .csv, .parquet or .json.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Write a table of a kept cell to a file, or as CSV or JSON to standard output.

    Example: seicast cells export Cu3N-SBR-1 --what cycles --out cycles.parquet
    """
    from serving.champions import champions_on  # noqa: PLC0415  loads scikit-learn
    from serving.pages.downloads import Format, content_of, format_of  # noqa: PLC0415
    from serving.pages.tables import table_of  # noqa: PLC0415

    printed: Format = "json" if as_json else "csv"
    format_ = printed if out is None else format_of(out.name)
    table = table_of(open_store().get(cell_id), what, champions_on(places.shelf()))
    content = content_of(table, format_)
    if out is None:
        print(content, end="\n" if as_json else "")
        return
    out.write_bytes(content if isinstance(content, bytes) else content.encode())
    print(f"{len(table)} rows in {out}", file=sys.stderr)


@views_app.command("compare")
def compare_cells(
    cell_id: Annotated[str, typer.Argument(help="Id of a coated cell that names its control.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Hold a coating and its replicates against their uncoated controls.

    Example: seicast cells compare Cu3N-SBR-1
    """
    from serving.pages.cells import in_short  # noqa: PLC0415  loads scikit-learn
    from serving.pages.compare import comparison_of  # noqa: PLC0415
    from serving.pages.templating import quantity  # noqa: PLC0415

    found = comparison_of(open_store(), cell_id)
    if as_json:
        print_json(found)
        return
    console.print(
        f"{in_short(found.asked.recipe)}: {found.n_coated} of it, {found.n_controls} uncoated",
        markup=False,
    )
    for each in found.outcomes:
        table = Table("side", "cell", "value", "", title=each.title)
        for side in each.sides:
            for point in side.points:
                value = f"{'≥ ' if point.is_bound else ''}{quantity(point.value, each.unit)}"
                doubt = "soft short suspected" if point.is_suspect else ""
                table.add_row(side.name, point.name, value, doubt)
        console.print(table)
        console.print(each.verdict, markup=False)
    if not found.n_controls:
        print("It names no control; keep it with: seicast cells add --control ID", file=sys.stderr)


def _show_list(found: list[StoredCell]) -> None:
    """Print a table where people look, ids where a script reads."""
    if not console.is_terminal:
        for each in found:
            print(each.cell_id)
        return
    from serving.pages.cells import in_short  # noqa: PLC0415  loads scikit-learn

    table = Table("cell", "recipe", "type", "rows", "spectra", "CE", "life", "lab")
    for each in found:
        table.add_row(
            each.cell_id,
            in_short(each.recipe),
            each.recipe.cell.type,
            str(each.n_rows),
            str(each.n_spectra),
            *_outcome(each),
            each.source.lab or "",
        )
    if found:
        console.print(table)


def _outcome(entry: StoredCell) -> tuple[str, str]:
    """Return efficiency and life as they were entered, empty where they were not."""
    outcome = entry.outcome
    if outcome is None:
        return "", ""
    ce = "" if outcome.ce_fraction is None else f"{outcome.ce_fraction:.4f}"
    life = outcome.cycle_life_cycles
    bound = "≥ " if outcome.is_censored else ""
    return ce, "" if life is None else f"{bound}{life:g}"


def _show_cell(entry: StoredCell, found: tuple[str, ...], tiers: pd.DataFrame) -> None:
    from serving.pages.cells import electrolyte_in_short, in_short  # noqa: PLC0415

    recipe, (ce, life) = entry.recipe, _outcome(entry)
    lines = {
        f"{entry.cell_id}, version {entry.version}": f"{recipe.cell.type}, {in_short(recipe)}",
        "electrolyte": electrolyte_in_short(recipe),
        "kept": f"{entry.n_rows} rows of cycling, spectra: {entry.n_spectra}",
        "outcome": ", ".join(
            filter(None, (ce and f"CE {ce}", life and f"life {life} cycles"))
        ) or "not entered",
        "control": entry.control_id or "none",
    }  # fmt: skip
    for name, words in lines.items():
        console.print(f"{name}: {words}", markup=False, highlight=False)
    for doubt in found:
        console.print(f"doubt: {doubt}", markup=False, highlight=False)
    if len(tiers):
        _show_tiers(tiers.to_dict("records"))


def _show_tiers(rows: Sequence[Mapping[Hashable, Any]]) -> None:
    """Print what every tier says in a table, and below it what to hold against each answer."""
    from serving.pages.templating import quantity  # noqa: PLC0415  loads the service

    columns = ("evidence", "answer", "interval", "inside, or what is lacking")
    table = Table(Column("target", overflow="fold"), *columns)
    told = []
    for row in rows:
        value, *bounds = (
            quantity(row[name], row["unit"]) if row["unit"] else ""
            for name in ("value", "lower", "upper")
        )
        against = _against(row) if row["unit"] else {}
        evidence = f"{row['evidence']}, {row['learnt_from']}"
        verdict = ", ".join(filter(None, (*against, row["lack"]))) or "inside"
        table.add_row(row["target"], evidence, value, " to ".join(filter(None, bounds)), verdict)
        told += [f"{row['target']} ({evidence}): {name}: {why}" for name, why in against.items()]
    console.print(table)
    for line in told:
        console.print(line, markup=False, highlight=False)


def _against(row: Mapping[Hashable, Any]) -> dict[str, str]:
    """Return what to hold against an answer, and why; nothing where it is one to go by."""
    found = {"cannot say": row["cannot_say"], "OUTSIDE": "" if row["in_domain"] else row["reasons"]}
    return {name: why for name, why in found.items() if why}
