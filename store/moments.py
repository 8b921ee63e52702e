"""Moments as text that sorts: UTC, ISO 8601, microseconds, the same length always."""

from datetime import UTC, datetime

from features.errors import InvalidRecord

FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


def now_in_text() -> str:
    """Return this moment."""
    return datetime.now(UTC).strftime(FORMAT)


def in_text(moment: datetime) -> str:
    """Return a moment as it is kept.

    Raises
    ------
    InvalidRecord
        If the moment does not say its time zone, or lies in UTC outside the years 1 to 9999.
    """
    if moment.tzinfo is None:
        raise InvalidRecord(f"{moment.isoformat()} has no time zone; add one, such as +00:00.")
    try:
        in_utc = moment.astimezone(UTC)
    except OverflowError:
        raise InvalidRecord(
            f"{moment.isoformat()} is no moment of the years 1 to 9999 in UTC; send one of those."
        ) from None
    # strftime does not pad the year on every system.
    return f"{in_utc.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def from_text(text: str) -> datetime:
    """Return the moment that was kept.

    Examples
    --------
    >>> from_text("2017-04-01T12:00:00.000000Z").year
    2017
    """
    return datetime.strptime(text, FORMAT).replace(tzinfo=UTC)
