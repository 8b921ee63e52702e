"""Answers that were worked out before: rows alike to a model are answered once.

Whoever plans experiments asks again and again about cells between which the model sees no
difference, within one request and from one to the next.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
#: Answers that are kept; whoever asks for more waits for his.
MOST_KEPT = 2048


class Known(Generic[T]):
    """Answers by the keys of their rows, at most so many.

    Threads may share it: an answer that another has taken out is worked out again.
    """

    def __init__(self, most_kept: int = MOST_KEPT) -> None:
        self._most_kept = most_kept
        self._kept: dict[tuple[Hashable, bytes], T] = {}

    def of(
        self,
        keys: Sequence[bytes],
        answer: Callable[[list[int]], Sequence[T]],
        about: Hashable = None,
    ) -> tuple[list[T], list[int]]:
        """Return the different answers, and which of them each row gets.

        Parameters
        ----------
        keys : sequence of bytes
            One a row; rows of one key get one answer.
        answer : callable
            From the numbers of some rows to their answers.
        about : hashable, optional
            What was asked beside the rows.
        """
        row_of = dict(zip(keys, range(len(keys)), strict=True))
        kept = ((key, self._kept.get((about, key))) for key in row_of)
        found: dict[bytes, T] = {key: known for key, known in kept if known is not None}
        if new := [key for key in row_of if key not in found]:
            made = dict(zip(new, answer([row_of[key] for key in new]), strict=True))
            found.update(made)
            self._keep({(about, key): known for key, known in made.items()})
        number = dict(zip(found, range(len(found)), strict=True))
        return list(found.values()), [number[key] for key in keys]

    def _keep(self, new: dict[tuple[Hashable, bytes], T]) -> None:
        if len(self._kept) + len(new) > self._most_kept:
            self._kept.clear()
        if len(new) <= self._most_kept:
            self._kept.update(new)
