"""A run file: one TOML names everything that decides a training run."""

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from features.errors import InvalidRecord, UnknownName

RUNS = Path(__file__).resolve().parent / "runs"


class RunConfig(BaseModel):
    """What is trained on what, and how the champion is chosen.

    Attributes
    ----------
    name : str
        Of the registered model.
    target, cohort : str
    n_cycles : int or None
        Window of raw data; none for recipes alone.
    models : tuple of str
        Estimators that compete.
    descriptor_sets : mapping of str to tuple of str
        Sets of descriptors that compete.
    baseline : tuple of str
        The one-descriptor (or so) physics baseline, fitted with ridge.
    is_interval_scaled : bool
        Whether widths follow a model's own standard deviation, where it has one.
    n_selection_folds, n_selection_repeats : int
        Grouped cross-validation that chooses the champion, on training cells only.
    n_test_folds : int
        Grouped outer folds where the cohort has no published split.
    seed : int
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+(-[a-z0-9_]+)*$")]
    target: str
    cohort: str
    models: Annotated[tuple[str, ...], Field(min_length=1)]
    descriptor_sets: Annotated[dict[str, tuple[str, ...]], Field(min_length=1)]
    baseline: Annotated[tuple[str, ...], Field(min_length=1)]
    n_cycles: Annotated[int, Field(ge=0)] | None = None
    is_interval_scaled: bool = False
    n_selection_folds: Annotated[int, Field(ge=2)] = 5
    n_selection_repeats: Annotated[int, Field(ge=1)] = 1
    n_test_folds: Annotated[int, Field(ge=2)] = 10
    seed: int = 0

    @property
    def descriptor_names(self) -> list[str]:
        """Return every descriptor that any candidate or the baseline uses."""
        used = [name for names in self.descriptor_sets.values() for name in names]
        return list(dict.fromkeys([*used, *self.baseline]))


def load_config(path: str | Path) -> RunConfig:
    """Return the configuration of a run file; a bare name means one of ``training/runs``.

    Raises
    ------
    UnknownName
        If there is no such file.
    InvalidRecord
        If it has unknown keys or values out of bounds.
    """
    path = _run_file(Path(path))
    try:
        return RunConfig(**tomllib.loads(path.read_text()))
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise InvalidRecord(f"Run file {path.name}: {'; '.join(wrong)}.") from error
    except ValueError as error:
        raise InvalidRecord(f"Run file {path.name} is no TOML in UTF-8: {error}") from error


def _run_file(path: Path) -> Path:
    for candidate in (path, RUNS / path.name, RUNS / f"{path.name}.toml"):
        if candidate.is_file():
            return candidate
    names = ", ".join(sorted(run.stem for run in RUNS.glob("*.toml")))
    raise UnknownName(f"There is no run file '{path}'; training/runs holds {names}.")
