"""The store's database by URL: an SQLite file, or PostgreSQL; transactions that exclude each other.

SQLite runs with a write-ahead log, every commit synced to disk. A transaction that will write
takes the write lock when it begins: one that began reading could not wait for it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from features.errors import BusyStore, InvalidSetting, SeicastError

#: How long one writer waits for another before it gives up.
BUSY_TIMEOUT_S = 30
#: What each database calls a wait that was too long.
_BUSY = {"SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_LOCKED", "55P03"}
#: Work that must not overlap -> number under which PostgreSQL locks it. Add yours.
LOCKS = {
    "schema": 5_730_001,
    "cells": 5_730_002,
    "audit": 5_730_003,
    "keys": 5_730_004,
    "jobs": 5_730_005,
}
_OPTIONS: dict[str, dict[str, Any]] = {
    "sqlite": {},
    "postgresql": {
        "pool_pre_ping": True,
        "connect_args": {"connect_timeout": 10, "application_name": "seicast"},
    },
}


def engine_of(url: str, patience_s: float = BUSY_TIMEOUT_S) -> Engine:
    """Return an engine for a database, whose folder is made where it is a file.

    Parameters
    ----------
    url : str
        ``sqlite:///path/of/seicast.db`` or ``postgresql://user@host/name``.
    patience_s : float
        How long to wait for other writers, and for a connection.

    Raises
    ------
    InvalidSetting
        If it is no such URL, or the driver is not installed.
    """
    address = _address(url)
    kind = address.get_backend_name()
    if kind == "sqlite":
        Path(str(address.database)).parent.mkdir(parents=True, exist_ok=True)
    try:
        engine = create_engine(address, pool_timeout=patience_s, **_OPTIONS[kind])
    except ModuleNotFoundError as error:
        raise InvalidSetting(
            f"The driver of {address.render_as_string()} is not installed ({error.name}); "
            f"install it: pip install 'seicast[postgres]'."
        ) from error
    if kind == "sqlite":
        event.listen(engine, "connect", partial(_set_up_sqlite, patience_s))
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        # What came may hold a password; it is not repeated.
        raise InvalidSetting(
            "The store's database is no URL; send sqlite:///path/of/seicast.db or "
            "postgresql://user@host/name."
        ) from None
    kind = address.get_backend_name()
    if kind not in _OPTIONS:
        raise InvalidSetting(
            f"The store cannot be on '{kind}'; it can be on {' or '.join(_OPTIONS)}."
        )
    if kind == "sqlite" and address.database in {None, "", ":memory:"}:
        raise InvalidSetting("An SQLite store needs a file: sqlite:///path/of/seicast.db.")
    return address


def _set_up_sqlite(patience_s: float, connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions begin in _begin_sqlite alone
    connection.execute(f"PRAGMA busy_timeout = {round(1000 * patience_s)}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")  # in WAL mode NORMAL may lose commits


def _begin_sqlite(connection: Connection) -> None:
    begin = connection.get_execution_options().get("begin", "BEGIN")
    if begin:
        connection.exec_driver_sql(begin)


#: What a transaction raises where the database itself fails.
NO_ANSWER = (DatabaseError, BusyStore)


def words_of(error: Exception) -> str:
    """Return what the database itself said: for an operator, since it may name its place."""
    said = error.__cause__ if isinstance(error, BusyStore) else error
    return str(getattr(said, "orig", said))


def _code(error: OperationalError) -> str:
    """Return the database's own name of an error, which holds no address and no path."""
    names = (getattr(error.orig, name, None) for name in ("sqlite_errorname", "sqlstate"))
    return next((str(name) for name in names if name), type(error.orig).__name__)


class Database:
    """Transactions on the store's database.

    Made by ``store.migrations.open_database``, which brings the tables up to date. One
    process, one instance: connections do not survive a fork.

    Parameters
    ----------
    url : str
    patience_s : float
        See ``engine_of``.
    """

    def __init__(self, url: str, patience_s: float = BUSY_TIMEOUT_S) -> None:
        self.engine = engine_of(url, patience_s)
        self.patience_s = patience_s

    @property
    def is_sqlite(self) -> bool:
        """Tell whether the database is a file here."""
        return self.engine.dialect.name == "sqlite"

    @property
    def name(self) -> str:
        """Return the URL without its password."""
        return self.engine.url.render_as_string()

    @property
    def path(self) -> Path:
        """Return the file of an SQLite database."""
        return Path(str(self.engine.url.database))

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that reads.

        Raises
        ------
        BusyStore
            If the database does not answer.
        """
        with self._answering(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, lock: str | None = None) -> Iterator[Connection]:
        """Open a transaction that writes: all of it is kept, or nothing where the block raises.

        Parameters
        ----------
        lock : str or None
            One of ``LOCKS``: of those who name it, one at a time. SQLite has one writer anyway.

        Raises
        ------
        BusyStore
            If others write for longer than the patience lasts, or the database does not answer.
        """
        with self._answering(), self.engine.connect() as connection:
            connection.execution_options(begin="BEGIN IMMEDIATE")
            with connection.begin():
                self._be_patient(connection)
                if lock is not None:
                    self.hold(connection, lock)
                yield connection

    def _be_patient(self, connection: Connection) -> None:
        """Let PostgreSQL wait as long for a lock as SQLite does, and no longer."""
        if not self.is_sqlite:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {round(1000 * self.patience_s)}")

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Turn what a database says when it cannot answer now into BusyStore."""
        try:
            yield
        except NoConnection as error:
            raise BusyStore("All connections to the store are taken; ask again soon.") from error
        except OperationalError as error:
            code = _code(error)
            if code == "SQLITE_ERROR":  # wrong SQL, or a table that is missing: our own mistake
                raise
            if code in _BUSY:
                why = (
                    f"Another writer has held the store for {self.patience_s:g} s; ask again soon."
                )
            else:
                why = f"The store's database does not answer ({code}); ask again later."
            raise BusyStore(why) from error

    def hold(self, connection: Connection, lock: str) -> None:
        """Wait for a lock, and keep it until the transaction ends."""
        if not self.is_sqlite:
            connection.execute(select(func.pg_advisory_xact_lock(LOCKS[lock])))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from preparing the same SQLite file at the same time."""
        if not self.is_sqlite:
            yield
            return
        lock = FileLock(f"{self.path}.lock", timeout=2 * BUSY_TIMEOUT_S)
        try:
            lock.acquire()
        except Timeout:
            raise SeicastError(
                f"Another process has held '{lock.lock_file}' for {2 * BUSY_TIMEOUT_S} s; "
                f"end it and try again."
            ) from None
        try:
            yield
        finally:
            lock.release()

    def write_ahead(self) -> None:
        """Switch an SQLite file to its write-ahead log, which it remembers."""
        if self.is_sqlite:
            with self.engine.connect() as connection:
                connection.execution_options(begin="")  # not possible in a transaction
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")

    def integrity(self) -> list[str]:
        """Return what the database itself finds wrong with its file; PostgreSQL checks its own."""
        if not self.is_sqlite:
            return []
        try:
            with self.reading() as connection:
                found = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
                strays = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        except NO_ANSWER as error:
            return [words_of(error)]
        return [str(line) for line in found if line != "ok"] + [
            f"table {row[0]}, row {row[1]}: what it refers to in {row[2]} is gone" for row in strays
        ]

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
