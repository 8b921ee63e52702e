from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import InvalidRecord
from store.moments import from_text, in_text, now_in_text

moments = st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.timezones())


@given(moments)
def test_a_moment_comes_back_whatever_its_time_zone(moment):
    assert from_text(in_text(moment)) == moment.astimezone(UTC)


@given(moments, moments)
def test_texts_sort_as_moments_do(one, other):
    one_utc, other_utc = one.astimezone(UTC), other.astimezone(UTC)
    assert (in_text(one) < in_text(other)) == (one_utc < other_utc)


def test_a_moment_of_no_time_zone_is_refused():
    with pytest.raises(InvalidRecord, match=r"has no time zone; add one, such as \+00:00"):
        in_text(datetime(2017, 4, 1))


def test_now_is_later_than_the_paper():
    assert from_text(now_in_text()) > datetime(2017, 4, 1, tzinfo=UTC)
