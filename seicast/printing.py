"""Replies as tables for a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Column, Table

from features.registry import Descriptor
from serving.replies import CellDescriptors, CellPredictions, ModelCard, PredictionOut

console = Console()


def show_predictions(cells: Sequence[CellPredictions]) -> None:
    """Print what to expect of each cell, from whom, and whether to trust it."""
    for cell in cells:
        table = Table("target", "value", "interval", "unit", title=cell.cell_id)
        for answer in cell.predictions:
            table.add_row(*_prediction_row(answer))
        console.print(table)
        for answer in cell.predictions:
            _show_verdict(answer)


def _prediction_row(answer: PredictionOut) -> list[str]:
    digits = ".4f" if answer.unit == "fraction" else ".0f"
    return [
        answer.target,
        f"{answer.value:{digits}}",
        f"{answer.lower:{digits}} to {answer.upper:{digits}} ({answer.level:.0%})",
        answer.unit,
    ]


def _show_verdict(answer: PredictionOut) -> None:
    verdict = "inside what it has learnt" if answer.in_domain else "OUTSIDE what it has learnt"
    kinds = ", ".join(f"{count} {kind}" for kind, count in answer.trained_on.kinds.items())
    model = f"{answer.model.name} v{answer.model.version}, trained on {kinds} cells"
    console.print(f"{answer.target}: {verdict}. By {model}. {answer.chosen_because}")
    for reason in answer.reasons:
        console.print(f"  outside: {reason}")
    for name, reason in answer.absent.items():
        console.print(f"  absent: {name}: {reason}")


def show_descriptors(cells: Sequence[CellDescriptors]) -> None:
    """Print the descriptor sheet of each cell, then what is blank, by reason."""
    for cell in cells:
        table = Table(Column("descriptor", no_wrap=True), "value", "unit", title=cell.cell_id)
        blank: dict[str, list[str]] = {}
        for name, found in cell.descriptors.items():
            if found.value is None:
                blank.setdefault(str(found.reason), []).append(name)
            else:
                table.add_row(name, f"{found.value:.6g}", found.unit)
        console.print(table)
        for reason, names in blank.items():
            console.print(f"blank, {reason}: {', '.join(names)}")


def show_catalogue(descriptors: Sequence[Descriptor]) -> None:
    """Print what can be computed from a cell."""
    table = Table("descriptor", "unit", "version", "what", "source")
    for each in descriptors:
        table.add_row(each.name, each.unit, str(each.version), each.summary, each.source)
    console.print(table)


def show_models(cards: Sequence[ModelCard]) -> None:
    """Print the models that answer, with held-out scores beside the dummy's."""
    for card in cards:
        learnt = card.provenance
        kinds = ", ".join(f"{count} {kind}" for kind, count in learnt.kinds.items())
        console.print(f"{card.model.name} v{card.model.version}, trained on {kinds} cells")
        for split, score in learnt.scores.items():
            console.print(
                f"    {split}: RMSE {score['rmse']:.3g} {card.unit} "
                f"(dummy {score['rmse_dummy']:.3g}), interval covers {score['coverage']:.0%}"
            )
