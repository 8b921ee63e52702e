from dataclasses import replace

import numpy as np
import pytest

from training.artefacts import contender
from training.comparison import paired
from training.held_out_file import Contender
from training.promotion import judge, table


@pytest.fixture(scope="module")
def good(trained):
    return contender(trained, "challenger")


def with_error(found: Contender, ratio, **changes):
    """Return a contender whose errors on the log scale are so many times as large."""
    parts = [
        replace(part, value=part.truth * (part.value / part.truth) ** ratio)
        for part in found.held_out
    ]
    return replace(found, held_out=tuple(parts), **changes)


def test_where_nothing_answers_yet_beating_both_baselines_is_enough(good):
    verdict = judge(good, None)
    assert verdict.is_promoted
    assert verdict.reason.startswith("promoted: on the log10 scale the held-out error is 0.")
    assert [rival.name for rival in verdict.rivals] == ["dummy", "physics baseline"]


@pytest.mark.parametrize("ratio", [10.0, 3.0])
def test_a_model_worse_than_the_dummy_never_answers(good, ratio):
    """The mean is an honest answer; a model below it is none."""
    verdict = judge(with_error(good, ratio), None)
    assert not verdict.is_promoted
    assert "it must be below 1" in verdict.reason


def test_a_model_equal_to_the_dummy_does_not_answer_either(good):
    (part,) = good.held_out
    equal = replace(part, value=part.baselines["dummy"])
    verdict = judge(replace(good, held_out=(equal,)), None)
    assert not verdict.is_promoted
    assert "1.00 of the dummy" in verdict.reason


def test_one_bad_split_is_enough_for_a_refusal(good):
    """A mean over splits would hide the one where the model fails."""
    (part,), (poor,) = good.held_out, with_error(good, 10).held_out
    both = replace(good, held_out=(part, replace(poor, split="elsewhere")))
    assert not judge(both, None).is_promoted


def test_a_model_no_better_than_one_descriptor_does_not_answer(good):
    """What physics says in one number needs no model."""
    (part,) = good.held_out
    physics = replace(part, baselines={**part.baselines, "baseline": part.truth})
    verdict = judge(replace(good, held_out=(physics,)), None)
    assert not verdict.is_promoted
    assert "physics baseline" in verdict.reason


def test_a_clearly_better_model_follows_the_champion(good):
    verdict = judge(good, with_error(good, 1.3, name="old"))
    assert verdict.is_promoted
    assert verdict.rivals[-1].compared.probability_better == 1


def test_a_clearly_worse_model_does_not(good):
    verdict = judge(good, with_error(good, 0.5, name="old"))
    assert not verdict.is_promoted
    assert "the champion is better" in verdict.reason


@pytest.mark.parametrize(
    ("changes", "follows"),
    [
        ({"model": "blend:ridge+svr"}, True),
        ({"n_descriptors": 9}, True),
        ({}, False),
        ({"model": "mean"}, False),
    ],
)
def test_of_equals_the_simpler_answers(good, changes, follows):
    """Fewer things can go wrong with it; equal is within the error of the groups."""
    verdict = judge(good, replace(good, name="old", **changes))
    assert verdict.is_promoted is follows
    assert "equal within error" in verdict.reason


def test_a_champion_of_other_cells_cannot_be_compared(good):
    (part,) = good.held_out
    others = replace(part, cell_ids=tuple(f"other {name}" for name in part.cell_ids))
    verdict = judge(good, replace(good, held_out=(others,)))
    assert not verdict.is_promoted
    assert "no held-out cell in common" in verdict.reason
    assert verdict.rivals[-1].compared is None


def test_only_cells_with_the_same_truth_are_compared(good):
    """A corrected label is another question."""
    (part,) = good.held_out
    truth = part.truth.copy()
    truth[:10] += 1
    found = paired(good, replace(good, held_out=(replace(part, truth=truth),)))
    assert found.n_cells == len(truth) - 10


def test_more_cells_of_the_same_groups_make_no_one_surer(good):
    """Replicates are one recipe; whole groups are resampled."""
    (part,) = good.held_out
    twice = replace(
        part,
        cell_ids=part.cell_ids + tuple(f"{name} again" for name in part.cell_ids),
        groups=part.groups * 2,
        **{
            name: np.tile(getattr(part, name), 2)
            for name in ("truth", "value", "lower", "upper", "in_domain", "has_kin", "is_censored")
        },
        baselines={name: np.tile(values, 2) for name, values in part.baselines.items()},
        covered={},
    )
    once = paired(good, with_error(good, 1.02))
    doubled = replace(good, held_out=(twice,))
    again = paired(doubled, with_error(doubled, 1.02))
    assert again.probability_better == pytest.approx(once.probability_better, abs=1e-9)


def test_two_targets_are_not_compared(good):
    assert paired(good, replace(good, target="coulombic_efficiency")) is None


def test_the_table_names_every_rival(good):
    lines = table(judge(good, with_error(good, 1.3, name="old"))).splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == [
        "| dummy",
        "| physics baseline",
        "| old",
    ]
    assert len({line.count("|") for line in lines}) == 1
