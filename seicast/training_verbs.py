"""The verbs that train, compare, promote and roll back predictors."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from seicast import printing
from seicast.json_output import AsJson, print_json

training_app = typer.Typer()
Reason = Annotated[str, typer.Option(help="Why; it goes to the audit log.")]


@training_app.command()
def train(
    run_file: Annotated[list[Path], typer.Argument(help="TOML, or a name in training/runs.")],
    executor: Annotated[
        str, typer.Option(help="local, local:N or tcp://host:8786 (Dask).")
    ] = "local",
    *,
    as_json: AsJson = False,
) -> None:
    """Train, evaluate, track and publish predictors, every tier of each file.

    Example: seicast train training/runs/coulombic_efficiency-kim2023.toml
    """
    from seicast.training_runs import train_and_record  # noqa: PLC0415  loads MLflow
    from training.retraining import result_of  # noqa: PLC0415

    with printing.told_aside() if as_json else nullcontext():
        done = [each for path in run_file for each in train_and_record(path, executor)]
    if as_json:
        print_json([result_of(each) for each in done])


@training_app.command()
def compare(
    first: Annotated[str, typer.Argument(help="NAME, NAME@3, or the id of a run.")],
    second: Annotated[str, typer.Argument(help="Likewise.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Print two runs side by side: parameters, scores with baselines, paired difference.

    Example: seicast compare cycle_life-severson2019@1 cycle_life-severson2019@2
    """
    from seicast.comparing import compared  # noqa: PLC0415  loads MLflow

    found = compared(first, second)
    if as_json:
        print_json(found)
    else:
        printing.show_comparison(found)


@training_app.command()
def promote(
    name: Annotated[str, typer.Argument(help="Of the model.")],
    version: Annotated[int | None, typer.Option(help="The latest by default.")] = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="Whatever the gate says.")] = False,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Let a version answer if it beats the dummy, the physics baseline and the champion.

    Example: seicast promote coulombic_efficiency-kim2023 --version 2
    """
    from seicast.training_runs import registry_here  # noqa: PLC0415  loads MLflow
    from training.promotion import table  # noqa: PLC0415
    from training.registry import named  # noqa: PLC0415
    from training.registry import promote as move  # noqa: PLC0415
    from training.retraining import result_of  # noqa: PLC0415

    registry = registry_here()
    found = move(registry, named(registry, name, version), force_reason=reason if force else None)
    if as_json:
        print_json(result_of(found))
    else:
        print(f"{found.entry.name} v{found.entry.version}: {found.reason}")
        print(table(found.verdict))
    if not found.is_champion:
        print("To let it answer all the same: --force --reason WHY", file=sys.stderr)
        raise typer.Exit(1)


@training_app.command()
def rollback(
    name: Annotated[str, typer.Argument(help="Of the model.")],
    reason: Reason = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Let the version answer again that did before.

    Example: seicast rollback coulombic_efficiency-kim2023 --reason 'odd answers for ethers'
    """
    from seicast.training_runs import registry_here  # noqa: PLC0415  loads MLflow
    from training.registry import roll_back  # noqa: PLC0415

    back = roll_back(registry_here(), name, reason)
    if as_json:
        print_json(back)
    else:
        print(f"{name}: v{back.version} answers again")
