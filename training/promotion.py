"""The gate before the shelf: whether a challenger deserves to answer.

Pure: it looks at held-out answers alone, and nothing is moved here.
"""

from dataclasses import dataclass

import numpy as np

from models.estimators import complexity
from models.scales import scale_of
from training.comparison import Paired, of_baseline, paired
from training.evaluation import squared_errors
from training.held_out_file import Contender

#: So sure a difference must be, over resamplings of whole groups.
LEAST_PROBABILITY = 0.9


@dataclass(frozen=True)
class Rival:
    """What a challenger was held against, and what came of it."""

    name: str
    is_beaten: bool
    why: str
    compared: Paired | None


@dataclass(frozen=True)
class Verdict:
    """Whether a challenger is to answer.

    Attributes
    ----------
    is_promoted : bool
    reason : str
        One sentence.
    rivals : tuple of Rival
        The table behind it.
    """

    is_promoted: bool
    reason: str
    rivals: tuple[Rival, ...]


def judge(challenger: Contender, champion: Contender | None) -> Verdict:
    """Return the verdict on a challenger.

    It must err less than the dummy on every split, less than the physics baseline over all,
    and less than the champion on the same held-out cells: with a probability of 0.9, or,
    where neither is better so surely, by being simpler.

    Parameters
    ----------
    challenger : Contender
    champion : Contender or None
        None where nothing answers yet, or what did can no longer be loaded.
    """
    rivals = [_dummy(challenger), _physics(challenger)]
    if champion is not None:
        rivals.append(_champion(challenger, champion))
    lost = [rival for rival in rivals if not rival.is_beaten]
    if lost:
        return Verdict(False, "refused: " + "; ".join(rival.why for rival in lost), tuple(rivals))
    return Verdict(True, f"promoted: {rivals[0].why}; {rivals[-1].why}", tuple(rivals))


def table(verdict: Verdict) -> str:
    """Return the rivals of a verdict as a Markdown table."""
    rows = ["| rival | RMSE | challenger's | P(better) | beaten |", "|---|---|---|---|---|"]
    for rival in verdict.rivals:
        found = rival.compared
        numbers = (
            ("", "", "")
            if found is None
            else (f"{found.rmse_other:.4f}", f"{found.rmse:.4f}", f"{found.probability_better:.3f}")
        )
        rows.append(f"| {rival.name} | {' | '.join(numbers)} | {_yes(rival.is_beaten)} |")
    return "\n".join(rows)


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _dummy(challenger: Contender) -> Rival:
    """Hold every split against the dummy: a mean would hide the one where the model fails."""
    scale = scale_of(challenger.scale)
    ratios = []
    for part in challenger.held_out:
        own, dummy = (
            squared_errors(part.truth, answer, part.is_censored, scale).mean()
            for answer in (part.value, part.baselines["dummy"])
        )
        # A dummy without error cannot be beaten, nor divided by.
        ratios.append(float(np.sqrt(own / dummy)) if dummy > 0 else np.inf)
    worst = max(ratios)
    why = f"on the {challenger.scale} scale the held-out error is {worst:.2f} of the dummy's"
    is_beaten = worst < 1
    return Rival("dummy", is_beaten, why + ("" if is_beaten else "; it must be below 1"),
                 of_baseline(challenger, "dummy"))  # fmt: skip


def _physics(challenger: Contender) -> Rival:
    found = of_baseline(challenger, "baseline")
    is_beaten = found.rmse < found.rmse_other
    compared = f"{found.rmse:.3f} against the physics baseline's {found.rmse_other:.3f}"
    why = compared if is_beaten else f"{compared}; it must be lower"
    return Rival("physics baseline", is_beaten, why, found)


def _champion(challenger: Contender, champion: Contender) -> Rival:
    found = paired(challenger, champion)
    if found is None:
        why = (
            f"it has no held-out cell in common with the champion {champion.name}, so nothing "
            f"can be compared; force it with a reason"
        )
        return Rival(champion.name, False, why, None)
    sure = found.probability_better
    compared = (
        f"{found.rmse:.3f} against the champion's {found.rmse_other:.3f} on {found.n_cells} cells "
        f"in {found.n_groups} groups (P better {sure:.2f})"
    )
    if sure >= LEAST_PROBABILITY:
        return Rival(champion.name, True, compared, found)
    if 1 - sure >= LEAST_PROBABILITY:
        return Rival(champion.name, False, f"{compared}: the champion is better", found)
    if _simplicity(challenger) < _simplicity(champion):
        return Rival(champion.name, True, f"{compared}: equal within error, and simpler", found)
    why = f"{compared}: equal within error, and not simpler than {champion.model}"
    return Rival(champion.name, False, why, found)


def _simplicity(contender: Contender) -> tuple[int, int]:
    return complexity(contender.model), contender.n_descriptors
