"""Quick requests that arrive in one turn of the loop are answered as one batch.

What a prediction costs is mostly the same for one cell and for ten. No clock runs: a batch is what
the sockets brought at once. Who is alone is answered at the end of the turn; where several came,
the loop may look at its sockets once more, as long as each look brings others. Requests of many
cells have a turn each.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from itertools import chain

from features.scan import Scan
from serving import answers
from serving.champions import Champions
from serving.metrics import Metrics
from serving.quick_bodies import QuickRequest

#: More are left to the next turn, so that health and refusals come in between.
MOST_OF_A_TURN = 32
#: Turns between two requests of many cells: a request that the application answers at once, such
#: as one for its health, takes about so many.
TURNS_BETWEEN = 8
Outcome = list[answers.AnsweredCell] | Exception
_Waiting = tuple[QuickRequest, asyncio.Future[bytes]]


class Turns:
    """Requests that wait for each other, turns of the loop at most.

    Parameters
    ----------
    champions : callable
        Returns the models that answer now; one look holds for a whole batch.
    metrics : Metrics
    """

    def __init__(self, champions: Callable[[], Champions], metrics: Metrics) -> None:
        self._champions = champions
        self._metrics = metrics
        self._waiting: list[_Waiting] = []
        self._of_many: deque[_Waiting] = deque()

    async def answered(self, asked: QuickRequest) -> bytes:
        """Return the JSON of the answers to a request, or raise what is wrong with it."""
        return await self.answer_to(asked)

    def answer_to(self, asked: QuickRequest) -> asyncio.Future[bytes]:
        """Return what will be the JSON of the answers; whoever no longer wants it cancels it."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bytes] = loop.create_future()
        if isinstance(asked.cells, Scan):
            if not self._of_many:
                loop.call_soon(self._answer_many, 0)
            self._of_many.append((asked, answer))
            return answer
        if not self._waiting:
            loop.call_soon(self._answer_unless_more_come, 1)
        self._waiting.append((asked, answer))
        return answer

    def _answer_many(self, n_turns: int) -> None:
        """Answer one request of many cells, after some turns that are left to others."""
        loop = asyncio.get_running_loop()
        if n_turns:
            loop.call_soon(self._answer_many, n_turns - 1)
            return
        asked, answer = self._of_many.popleft()
        if self._of_many:
            loop.call_soon(self._answer_many, TURNS_BETWEEN)
        if answer.done():
            return  # a client that left takes its request along
        champions, count = self._champions(), self._metrics.count
        try:
            text = b"".join(answers.written(asked.cells, asked.terms, champions, count))
        except Exception as error:  # noqa: BLE001  whatever it is, it is raised where it was asked for
            answer.set_exception(error)
        else:
            answer.set_result(text)

    def _answer_unless_more_come(self, n_before: int) -> None:
        """Answer, unless the turn brought more and another may: a crowd's next are on their way."""
        if n_before < len(self._waiting) < MOST_OF_A_TURN:
            asyncio.get_running_loop().call_soon(self._answer_unless_more_come, len(self._waiting))
        else:
            self._answer()

    def _answer(self) -> None:
        """Answer those who wait, and come back for those who are too many."""
        now, self._waiting = self._waiting[:MOST_OF_A_TURN], self._waiting[MOST_OF_A_TURN:]
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._answer)
        # A client that left takes its request along.
        present = [each for each in now if not each[1].done()]
        outcomes = outcomes_of([asked for asked, _ in present], self._champions())
        for (_, answer), outcome in zip(present, outcomes, strict=True):
            if isinstance(outcome, Exception):
                answer.set_exception(outcome)
            else:
                answer.set_result(answers.as_json(outcome))
        done = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
        self._metrics.count(chain.from_iterable(done))


def outcomes_of(asked: Sequence[QuickRequest], champions: Champions) -> list[Outcome]:
    """Return what each request comes to: its answers, or the error that it alone meets."""
    alike: dict[int, list[int]] = {}
    for number, each in enumerate(asked):
        # One object stands for equal terms; see ``serving.quick_bodies``.
        alike.setdefault(id(each.terms), []).append(number)
    found: dict[int, Outcome] = {}
    for numbers in alike.values():
        some = [asked[number] for number in numbers]
        found |= dict(zip(numbers, _of_alike(some, champions), strict=True))
    return [found[number] for number in range(len(asked))]


def _of_alike(asked: Sequence[QuickRequest], champions: Champions) -> list[Outcome]:
    """Return what requests on the same terms come to."""
    cells = [cell for each in asked for cell in each.cells]
    try:
        answered = iter(answers.answered(cells, asked[0].terms, champions))
    except Exception as error:  # noqa: BLE001  whatever it is, it is raised where it was asked for
        if len(asked) == 1:
            return [error]
        return [outcome for each in asked for outcome in _of_alike([each], champions)]
    return [[next(answered) for _ in each.cells] for each in asked]
