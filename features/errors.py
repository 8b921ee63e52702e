"""The one error tree of the project.

SeicastError
├── InvalidRecord      a stated fact about a cell is impossible (also a ValueError)
├── UnreadableFile     a file is not what its name or its head claims
├── InvalidSetting     an option or environment variable nobody can use (also a ValueError)
├── UnknownName        a descriptor, model, target or cohort nobody has (also a LookupError)
│   └── DeletedCell    a cell that was taken out of service, with the reason
├── MissingData        a data set is not on this machine
├── NotMeasured        a descriptor does not apply to this cell: an answer, not a failure
├── LevelNotSupported  an interval level that the training groups cannot carry
├── StaleBundle        a saved predictor made by other descriptor versions
├── BrokenBundle       a saved predictor whose files are missing or altered
├── Conflict           an id, key or version is taken by something else
├── FullQueue          as many jobs wait as may wait
├── BrokenStore        kept data are missing or altered
├── BusyStore          the store is held by somebody else, or does not answer: ask again
└── NewerStore         a store that a newer version of this program has changed
"""


class SeicastError(Exception):
    """Base of every error that this project raises on purpose."""

    @property
    def in_words(self) -> str:
        """Return all that is wrong in one line."""
        return str(self)


class InvalidRecord(SeicastError, ValueError):
    """A stated fact about a cell is impossible."""


class UnreadableFile(SeicastError):
    """A file is not what its name or its head claims.

    Parameters
    ----------
    message : str
    when_sent : str, optional
        The same with the way out of whoever sent the file, where that is another than that of
        whoever has it in a folder.
    """

    def __init__(self, message: str, when_sent: str | None = None) -> None:
        super().__init__(message)
        self.when_sent = message if when_sent is None else when_sent


class InvalidSetting(SeicastError, ValueError):
    """An option or an environment variable holds something nobody can use."""


class UnknownName(SeicastError, LookupError):
    """Nobody has a descriptor, model, target or cohort of this name."""


class MissingData(SeicastError):
    """A data set is not on this machine."""


class NotMeasured(SeicastError):
    """A descriptor does not apply to this cell; the message is the reason."""


class LevelNotSupported(SeicastError):
    """The training groups are too few for the interval level asked for."""


class StaleBundle(SeicastError):
    """A saved predictor was made by other descriptor versions than these."""


class BrokenBundle(SeicastError):
    """A saved predictor's files are missing or altered."""


class DeletedCell(UnknownName):
    """A cell was taken out of service; the message holds when and why."""


class Conflict(SeicastError):
    """An id, an idempotency key or a version is taken by something else."""


class FullQueue(SeicastError):
    """As many jobs wait as may wait; asked again later, there may be room."""


class BrokenStore(SeicastError):
    """Kept data are missing or altered."""


class BusyStore(SeicastError):
    """The store's database is held by somebody else, or does not answer; ask again later."""


class NewerStore(SeicastError):
    """A newer version of this program has changed the store; this one must not touch it."""
