from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import InvalidRecord
from store.moments import from_text, in_text, now_in_text

#: A day from either end, so that every time zone has them.
moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.timezones())


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


@pytest.mark.parametrize(("moment", "hours"), [(datetime.min, 23), (datetime.max, -23)])
def test_a_moment_beyond_the_calendar_is_refused(moment, hours):
    """At its own place it has a date; in UTC it has none."""
    beyond = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    with pytest.raises(InvalidRecord, match="no moment of the years 1 to 9999 in UTC"):
        in_text(beyond)


def test_now_is_later_than_the_paper():
    assert from_text(now_in_text()) > datetime(2017, 4, 1, tzinfo=UTC)
