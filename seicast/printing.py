"""Replies as tables for a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from features.registry import Descriptor
from serving.replies import CellDescriptors, CellPredictions, ModelCard, PredictionOut

#: Tables of descriptors are wide; a pipe or a log gets the full width too.
console = Console(soft_wrap=False)


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
    """Print the descriptor sheet of each cell, with the reason for every blank."""
    for cell in cells:
        table = Table("descriptor", "value", "unit", "why blank", title=cell.cell_id)
        for name, found in cell.descriptors.items():
            value = "" if found.value is None else f"{found.value:.6g}"
            table.add_row(name, value, found.unit, found.reason or "")
        console.print(table)


def show_catalogue(descriptors: Sequence[Descriptor]) -> None:
    """Print what can be computed from a cell."""
    table = Table("descriptor", "unit", "version", "what", "source")
    for each in descriptors:
        table.add_row(each.name, each.unit, str(each.version), each.summary, each.source)
    console.print(table)


def show_models(cards: Sequence[ModelCard]) -> None:
    """Print the models that answer, with held-out scores beside the dummy's."""
    table = Table("model", "version", "target", "trained on", "held-out RMSE", "dummy", "covers")
    for card in cards:
        for split, score in card.provenance.scores.items():
            table.add_row(
                card.model.name,
                str(card.model.version),
                f"{card.target} ({card.unit})",
                ", ".join(f"{count} {kind}" for kind, count in card.provenance.kinds.items()),
                f"{score['rmse']:.3g} ({split})",
                f"{score['rmse_dummy']:.3g}",
                f"{score['coverage']:.0%}",
            )
    console.print(table)
