import pytest

from models.known import Known


@pytest.fixture
def asked():
    """Return what was worked out, and who works it out from numbers of rows."""
    seen = []

    def answer(rows):
        seen.append(rows)
        return [str(row) for row in rows]

    return seen, answer


def of_each(known, keys, answer, about=None):
    answers, kind = known.of(keys, answer, about)
    return [answers[each] for each in kind]


def test_rows_of_one_key_are_answered_once_and_not_again(asked):
    seen, answer = asked
    known = Known()
    first = of_each(known, [b"a", b"b", b"a"], answer)
    assert first[0] == first[2] != first[1]
    assert of_each(known, [b"b", b"a"], answer) == [first[1], first[0]]
    assert [len(rows) for rows in seen] == [2]


def test_new_rows_are_answered_beside_known_ones_each_in_its_place(asked):
    seen, answer = asked
    known = Known()
    of_each(known, [b"a"], answer)
    assert of_each(known, [b"b", b"a", b"c"], answer) == ["0", "0", "2"]
    assert seen == [[0], [0, 2]]


def test_another_question_about_a_row_has_its_own_answer(asked):
    seen, answer = asked
    known = Known()
    for level in (0.8, 0.9, 0.8):
        of_each(known, [b"a"], answer, level)
    assert len(seen) == 2


@pytest.mark.parametrize("n_rows", [2, 3, 20])
def test_no_more_is_kept_than_is_allowed(asked, n_rows):
    _, answer = asked
    known = Known(3)
    for turn in range(5):
        keys = [bytes([turn, row]) for row in range(n_rows)]
        assert of_each(known, keys, answer) == [str(row) for row in range(n_rows)]
        assert len(known._kept) <= 3
