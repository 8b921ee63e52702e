"""The verbs about kept cells."""

import csv
import getpass
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seicast import places, printing
from seicast.cell_files import cells_from
from seicast.json_output import AsJson, print_json

if TYPE_CHECKING:
    from seicast.cell_import import Imported
    from store import CellStore

#: More problems than these are counted.
MOST_SHOWN = 20

cells_app = typer.Typer(no_args_is_help=True, help="Keep cells, list, check and back them up.")


def open_store() -> "CellStore":
    """Return the store of this machine, made where it is new."""
    from store import CellStore  # noqa: PLC0415  loads SQLAlchemy

    return CellStore.open(places.database_url(), places.cells_root())


@cells_app.command("add")
def add_cells(
    cell: Annotated[Path, typer.Argument(help="JSON of one cell, or a request body.")],
    cycling: Annotated[Path | None, typer.Option(help="Raw cycling, kept as it is too.")] = None,
    spectrum: Annotated[
        list[Path] | None, typer.Option("--spectrum", help="Impedance spectrum.")
    ] = None,
    control: Annotated[str | None, typer.Option(help="Id of its uncoated control.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Keep cells with their raw data; the same again changes nothing.

    Example: seicast cells add docs/examples/cu3n_sbr.json
    """
    from store import Original  # noqa: PLC0415

    cells = cells_from(cell, cycling, spectrum or [])
    files = [path for path in (cycling, *(spectrum or [])) if path is not None]
    originals = [Original(path.name, path.read_bytes()) for path in files]
    store = open_store()
    actor = places.user()
    kept = [store.add(each, control_id=control, originals=originals, actor=actor) for each in cells]
    if as_json:
        print_json(kept)
        return
    for entry in kept:
        print(f"kept {entry.cell_id}, version {entry.version}, in {places.cells_root()}")


@cells_app.command("finish")
def finish_cell(
    cell_id: Annotated[str, typer.Argument(help="Id of the cell.")],
    life: Annotated[float | None, typer.Option(help="Cycles it lived, or was tested.")] = None,
    ce: Annotated[float | None, typer.Option(help="Its CE as a fraction, 0 to 1.")] = None,
    event: Annotated[str | None, typer.Option(help="What ended it, such as retention.")] = None,
    rule: Annotated[str | None, typer.Option(help="By which rule, in your words.")] = None,
    *,
    is_censored: Annotated[bool, typer.Option("--censored", help="It outlived its test.")] = False,
    as_json: AsJson = False,
) -> None:
    """State what became of a cell: the labels that retraining learns from.

    Example: seicast cells finish Cu3N-SBR-1 --life 212 --event ce_collapse --rule 'CE < 0.90'
    """
    from store import Outcome  # noqa: PLC0415

    censored = None if life is None else is_censored
    outcome = Outcome(life, censored, ce, event, rule)
    kept = open_store().finish(cell_id, outcome, actor=getpass.getuser())
    if as_json:
        print_json(kept)
    else:
        print(f"kept the outcome of {kept.cell_id} as version {kept.version}")


@cells_app.command("delete")
def delete_cell(
    cell_id: Annotated[str, typer.Argument(help="Id of the cell.")],
    reason: Annotated[str, typer.Option(help="Why; one sentence, kept with it.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Take a cell out of service; its data are kept, its id stays taken.

    Example: seicast cells delete Cu3N-SBR-1 --reason 'wrong area, sent again as Cu3N-SBR-1b'
    """
    open_store().delete(cell_id, reason, actor=getpass.getuser())
    if as_json:
        print_json({"cell_id": cell_id, "is_deleted": True})
    else:
        print(f"{cell_id} is no longer served")


@cells_app.command("import")
def import_cells(
    folder: Annotated[Path, typer.Argument(help="Of raw files, or a store of version 0.1.")],
    *,
    is_dry_run: Annotated[bool, typer.Option("--dry-run", help="Keep nothing.")] = False,
    report: Annotated[Path | None, typer.Option(help="CSV of what became of each.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take all cells of a folder into the store; go on where it was stopped.

    Example: seicast cells import cycler-exports --dry-run
    """
    from seicast.cell_import import import_all, parcels_in  # noqa: PLC0415

    parcels = parcels_in(folder)
    done: list[Imported] = []
    with printing.counting_bar(f"importing {folder}") as tell:
        found = import_all(parcels, open_store(), is_dry_run=is_dry_run, actor=places.user())
        for each in found:
            done.append(each)
            tell(len(done), len(parcels))
    if report is not None:
        _write_report(report, done)
    if as_json:
        print_json(done)
    else:
        _show_import(done)
    raise typer.Exit(1 if any(each.reason for each in done) else 0)


@cells_app.command("check")
def check_cells(
    anchor: Annotated[
        str | None, typer.Option(help="NUMBER:SHA256 of an earlier check's last audit line.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Read everything that is kept, and say what is missing or altered.

    Example: seicast cells check
    """
    from store.checks import problems_of  # noqa: PLC0415

    store = open_store()
    found = problems_of(store, _anchor(anchor))
    head = store.audit.head()
    last = None if head is None else f"{head.number}:{head.sha256}"
    if as_json:
        print_json({"n_cells": store.count(), "problems": found, "last_audit_line": last})
    else:
        _show(found)
    if found:
        raise typer.Exit(1)
    if not as_json:
        print(f"{store.count()} cells, nothing missing, nothing altered")
        print(f"last audit line: {last or 'none'}")


@cells_app.command("backup")
def backup_cells(
    folder: Annotated[Path, typer.Argument(help="Outside of the store; may hold the last one.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Copy the store while it is in use; what an earlier copy holds is not copied again.

    Example: seicast cells backup backups/store
    """
    from store.backup import back_up  # noqa: PLC0415

    with printing.counting_bar(f"copying to {folder}") as tell:
        made = back_up(open_store(), folder, tell)
    if as_json:
        print_json(made)
    else:
        print(f"{made.database} and {made.n_files} raw files ({made.n_copied} new)")


@cells_app.command("move")
def move_cells(
    database: Annotated[str, typer.Option(help="URL of the new database, which is empty.")],
    cells: Annotated[str, typer.Option(help="New root of raw data; the old one may stay.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Copy the store to another database and root: SQLite to PostgreSQL, or back.

    Example: seicast cells move --database postgresql://seicast@db/seicast --cells s3://lab/cells
    """
    from store import CellStore  # noqa: PLC0415  loads SQLAlchemy
    from store.moving import move  # noqa: PLC0415

    with printing.counting_bar("copying raw files") as tell:
        moved = move(open_store(), CellStore.open(database, cells), tell)
    if as_json:
        print_json(moved)
    else:
        print(f"{moved.n_cells} cells and {moved.n_files} raw files; check them there:")
        print(f"SEICAST_DATABASE={moved.database} SEICAST_CELLS={cells} seicast cells check")


@cells_app.command("sweep")
def sweep_cells(
    hours: Annotated[float, typer.Option(min=0, help="Only files older than this.")] = 24.0,
    *,
    as_json: AsJson = False,
) -> None:
    """Remove raw files that no cell refers to: what a crash left.

    Example: seicast cells sweep
    """
    swept = open_store().sweep(timedelta(hours=hours))
    if as_json:
        print_json(swept)
    else:
        print(f"removed {swept.n_files} files of {swept.n_bytes / 1e6:.1f} MB")


def _show_import(done: Sequence["Imported"]) -> None:
    """Print how many cells came in, and why others did not."""
    counts = Counter(each.state for each in done)
    print(", ".join(f"{count} {state}" for state, count in sorted(counts.items())))
    _show([f"{each.name}: {each.reason}" for each in done if each.reason])


def _anchor(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    number, _, sha256 = text.partition(":")
    if not number.isdecimal() or len(sha256) != 64:
        raise typer.BadParameter("Send NUMBER:SHA256 as an earlier check printed it.")
    return int(number), sha256


def _show(lines: Sequence[str]) -> None:
    for line in lines[:MOST_SHOWN]:
        print(line, file=sys.stderr)
    if len(lines) > MOST_SHOWN:
        print(f"and {len(lines) - MOST_SHOWN} more", file=sys.stderr)


def _write_report(path: Path, done: Sequence["Imported"]) -> None:
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["files", "state", "reason"])
        rows.writerows((each.name, each.state, each.reason) for each in done)
