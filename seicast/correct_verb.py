"""The verb that corrects a kept cell, as its page does."""

import getpass
import sys
from typing import Annotated

import typer

from features.doubts import misfit_reasons
from features.errors import InvalidRecord
from features.recipe import checked_cell_type
from seicast.cell_verbs import open_store
from seicast.json_output import AsJson, print_json

correct_app = typer.Typer()


@correct_app.command("correct")
def correct_cell(
    cell_id: Annotated[str, typer.Argument(help="Id of the cell.")],
    cell_type: Annotated[
        str | None, typer.Option("--type", help="What it is, such as 'Li||Cu'.")
    ] = None,
    area_cm2: Annotated[float | None, typer.Option(help="Of the electrode.")] = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(help="Data of another cell: cycling or spectra; earlier versions keep them."),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; kept with it.")] = "corrected by command line",
    *,
    as_json: AsJson = False,
) -> None:
    """Correct type or area of a kept cell, or drop data: a further version, the earlier ones stay.

    Example: seicast cells correct Cu3N-SBR-1 --type 'Li||Cu' --area-cm2 0.5
    """
    from serving.pages.correction import correct_design  # noqa: PLC0415  loads SQLAlchemy

    if cell_type is None and area_cm2 is None and not drop:
        raise InvalidRecord(
            f"Nothing of cell '{cell_id}' is to be corrected; state --type, --area-cm2 or --drop."
        )
    store = open_store()
    kept, was_changed = correct_design(
        store,
        cell_id,
        checked_cell_type(cell_type),
        area_cm2,
        dropped=drop or (),
        reason=reason,
        actor=getpass.getuser(),
    )
    if as_json:
        print_json(kept)
    elif was_changed:
        print(f"corrected {kept.cell_id}: this is version {kept.version}, the earlier ones stay")
    else:
        print(f"nothing differs from version {kept.version} of {kept.cell_id}")
    for doubt in misfit_reasons(store.get(cell_id)):
        print(f"doubt: {doubt}", file=sys.stderr)
