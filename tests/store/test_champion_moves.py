"""A champion's move is written down before it is made, and once more if it breaks off."""

from dataclasses import dataclass

import pytest

from store.champion_moves import ChampionMove


@dataclass(frozen=True)
class Entry:
    name: str = "ce"
    version: int = 3
    run_id: str = "run-3"
    bundle_sha256: str = "0" * 64


class Lines(list):
    """A journal that can be read."""


@pytest.fixture
def lines():
    return Lines()


def test_a_move_leaves_one_line_that_says_who_what_and_why(lines):
    with ChampionMove(lines, "kim", "rollback") as said:
        said.write(Entry(), "from v4: odd for ethers")
        (line,) = lines
    assert lines == [line]
    assert (line.actor, line.action, line.subject) == ("kim", "rollback", "model ce v3")
    assert line.reason == said.reason == "from v4: odd for ethers"
    assert line.details == {"run_id": "run-3", "bundle_sha256": "0" * 64}


def test_a_move_that_breaks_off_says_so_in_a_second_line(lines):
    def broken_off():
        with ChampionMove(lines, "kim", "force") as said:
            said.write(Entry(), "forced: a drill")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        broken_off()
    asked, broken_off = lines
    assert (asked.action, broken_off.action) == ("force", "force failed")
    assert broken_off.subject == asked.subject
    assert broken_off.reason == "the champion of before goes on (OSError); forced: a drill"


def test_what_breaks_off_before_its_line_leaves_none(lines):
    """Nothing was said to have moved, so there is nothing to take back."""
    with pytest.raises(LookupError), ChampionMove(lines, "kim", "rollback"):
        raise LookupError
    assert lines == []


def test_a_line_that_cannot_be_written_is_not_taken_back(lines):
    class FullDisk:
        def append(self, event):
            lines.append(event)
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"), ChampionMove(FullDisk(), "kim", "force") as said:
        said.write(Entry(), "forced: a drill")
    assert len(lines) == 1
