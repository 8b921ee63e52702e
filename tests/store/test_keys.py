"""A key is shown once, kept as a hash, and opens nothing once it is revoked or expired."""

from datetime import UTC, datetime, timedelta

import pytest

from features.errors import Conflict, InvalidRecord, UnknownName
from store import keys
from store.audit import AuditLog
from store.keys import ROLES, KeyStore


@pytest.fixture
def store(database, monkeypatch):
    monkeypatch.setattr(keys, "FRESH_S", 0.0)
    return KeyStore(database)


def test_a_key_opens_what_it_was_made_for(store):
    assert store.are_none()
    key = store.add("cycler-3", ["predict", "contribute"], actor="kim")
    assert not store.are_none()
    holder = store.holder_of(key)
    assert holder.name == "cycler-3"
    assert holder.roles == {"predict", "contribute"}


def test_the_database_never_holds_the_key(store, database):
    key = store.add("a", ["admin"], actor="kim")
    secret = key.split("_", 2)[2]
    with database.reading() as connection:
        for table in ("api_keys", "audit_log"):
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").all()
            assert secret not in str(rows)


@pytest.mark.parametrize("change", ["", "x", "sei_", "sei_00000000_", "é", "sei_é", " "])
def test_anything_but_the_key_opens_nothing(store, change):
    key = store.add("a", ["admin"], actor="kim")
    for wrong in (change, key + change if change else key[:-1], key.upper(), key[4:]):
        assert store.holder_of(wrong) is None


def test_two_keys_do_not_open_for_each_other(store):
    first = store.add("a", ["predict"], actor="kim")
    second = store.add("b", ["admin"], actor="kim")
    mixed = first[:13] + second[13:]
    assert store.holder_of(mixed) is None
    assert store.holder_of(second).roles == {"admin"}


def test_a_revoked_key_opens_nothing_and_the_doors_stay_closed(store):
    key = store.add("a", ["admin"], actor="kim")
    store.revoke("a", actor="kim", reason="left the lab")
    assert store.holder_of(key) is None
    assert not store.are_none()
    (entry,) = store.entries()
    assert not entry.is_valid
    assert entry.revoked_reason == "left the lab"


def test_an_expired_key_opens_nothing(store):
    past = datetime.now(UTC) - timedelta(seconds=1)
    key = store.add("a", ["admin"], actor="kim", expires_at=past)
    assert store.holder_of(key) is None


def test_a_name_is_taken_for_ever(store):
    """Who reads the audit must never meet two keys of one name."""
    store.add("a", ["predict"], actor="kim")
    store.revoke("a", actor="kim", reason="lost")
    with pytest.raises(Conflict, match="another name"):
        store.add("a", ["predict"], actor="kim")


@pytest.mark.parametrize(
    ("name", "roles"),
    [("", ["admin"]), ("a b", ["admin"]), ("-a", ["admin"]), ("a" * 65, ["admin"]), ("a", [])],
)
def test_names_and_roles_are_checked(store, name, roles):
    with pytest.raises(InvalidRecord):
        store.add(name, roles, actor="kim")


def test_an_unknown_role_is_answered_with_the_known(store):
    with pytest.raises(InvalidRecord, match=ROLES[-1]):
        store.add("a", ["root"], actor="kim")


def test_revoking_needs_a_known_key_and_a_reason(store):
    with pytest.raises(UnknownName, match="seicast keys list"):
        store.revoke("a", actor="kim", reason="lost")
    store.add("a", ["predict"], actor="kim")
    with pytest.raises(InvalidRecord, match="reason"):
        store.revoke("a", actor="kim", reason=" ")


def test_every_change_is_in_the_audit(store, database):
    store.add("a", ["predict"], actor="kim")
    store.revoke("a", actor="lee", reason="lost")
    log = AuditLog(database)
    told = [(entry.actor, entry.action, entry.subject) for entry in log.entries()]
    assert told == [("kim", "add key", "key a"), ("lee", "revoke key", "key a")]
    assert log.verify() == []
