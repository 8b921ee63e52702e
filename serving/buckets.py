"""Token buckets: how often a key may ask, and how often an address may guess one."""

import time
from collections import OrderedDict
from collections.abc import Callable

#: Forgetting the bucket of whoever came longest ago bounds the memory that strangers can take.
MOST_BUCKETS = 10_000
#: Who waits just as long as told must pass.
ROUNDING = 1e-6


class Buckets:
    """One bucket a name; each refills steadily and holds a burst at most.

    Parameters
    ----------
    per_s : float
        Tokens that flow in each second.
    burst : float
        Tokens that a full bucket holds.
    clock : callable
        Seconds, rising.
    """

    def __init__(
        self, per_s: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.per_s = per_s
        self.burst = burst
        self.clock = clock
        self._filled: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, name: str) -> float:
        """Return 0 and take a token, or return the seconds until there is one.

        Examples
        --------
        >>> buckets = Buckets(per_s=2, burst=1, clock=lambda: 0.0)
        >>> buckets.wait_s("a"), buckets.wait_s("a")
        (0.0, 0.5)
        """
        left = self._left(name)
        if left < 1 - ROUNDING:
            return (1 - left) / self.per_s
        self._keep(name, left - 1)
        return 0.0

    def _left(self, name: str) -> float:
        left, seen = self._filled.get(name, (self.burst, self.clock()))
        return min(self.burst, left + (self.clock() - seen) * self.per_s)

    def _keep(self, name: str, left: float) -> None:
        self._filled[name] = (left, self.clock())
        self._filled.move_to_end(name)
        if len(self._filled) > MOST_BUCKETS:
            self._filled.popitem(last=False)
