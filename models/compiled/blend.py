"""The mean of several models, each with its own preparation."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from features.errors import BrokenBundle
from models.compiled.piece import Array, Model


@dataclass(frozen=True, eq=False)
class Blend(Model):
    """A mean; its standard deviation is the mean of those that members know.

    Attributes
    ----------
    members : tuple of Model
    """

    kind: ClassVar[str] = "blend"
    members: tuple[Model, ...]

    def __post_init__(self) -> None:
        if not self.members or not all(isinstance(member, Model) for member in self.members):
            raise BrokenBundle("A blend has no members that answer; train again.")
        self.check_stack()

    @property
    def numbers_per_row(self) -> int:
        """Return how many numbers it holds at once for each row."""
        return max(member.numbers_per_row for member in self.members)

    @property
    def has_sd(self) -> bool:
        """Return whether any member knows its standard deviation."""
        return any(member.has_sd for member in self.members)

    @property
    def is_additive(self) -> bool:
        """Return whether an answer is a sum over descriptors."""
        return all(member.is_additive for member in self.members)

    def check_columns(self, n_columns: int) -> None:
        """Refuse any other number of descriptors."""
        for member in self.members:
            member.check_columns(n_columns)

    def band(self, n_columns: int) -> tuple[Array, Array]:
        """Return the widest bounds that the first model of any member holds descriptors within."""
        lower, upper = zip(*(member.band(n_columns) for member in self.members), strict=True)
        return np.min(lower, axis=0), np.max(upper, axis=0)

    def of_rows(self, X: Array) -> tuple[Array, Array]:
        """Return mean value and mean standard deviation, each (n_rows, n_models)."""
        pairs = [(member.has_sd, *member.of_rows(X)) for member in self.members]
        value = _mean([value for _, value, _ in pairs])
        sds = [sd for has_sd, _, sd in pairs if has_sd]
        return value, _mean(sds) if sds else np.ones_like(value)


def _mean(arrays: list[Array]) -> Array:
    """Return the mean, added up in the order of the members."""
    result = arrays[0].copy()
    for array in arrays[1:]:
        result += array
    return result / len(arrays)
