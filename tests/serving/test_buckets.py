"""A bucket never lets more through than it refills, and never holds back who waited."""

from hypothesis import given
from hypothesis import strategies as st

from serving.buckets import MOST_BUCKETS, Buckets


class Clock:
    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s


@given(st.lists(st.floats(0, 3), min_size=1, max_size=60))
def test_no_more_pass_than_burst_and_refill_allow(pauses_s):
    clock = Clock()
    buckets = Buckets(per_s=2, burst=5, clock=clock)
    passed = 0
    for pause_s in pauses_s:
        clock.now_s += pause_s
        passed += buckets.wait_s("key") == 0
    assert passed <= 5 + 2 * clock.now_s + 1e-9


@given(st.integers(1, 30))
def test_who_waits_as_told_passes(n_before):
    clock = Clock()
    buckets = Buckets(per_s=2, burst=5, clock=clock)
    for _ in range(5 + n_before):
        buckets.wait_s("key")
    clock.now_s += buckets.wait_s("key") + 1e-9
    assert buckets.wait_s("key") == 0


def test_one_name_does_not_empty_the_bucket_of_another():
    buckets = Buckets(per_s=1e-6, burst=1)
    assert buckets.wait_s("a") == 0
    assert buckets.wait_s("a") > 0
    assert buckets.wait_s("b") == 0


def test_strangers_cannot_fill_the_memory():
    buckets = Buckets(per_s=1, burst=1)
    for number in range(MOST_BUCKETS + 100):
        buckets.wait_s(f"address {number}")
    assert len(buckets._filled) == MOST_BUCKETS
