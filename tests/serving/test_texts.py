"""What the service takes is what the store takes, and what the document says."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from serving.job_schemas import CancelRequest
from serving.texts import Line, Reason
from store.facts import is_printable

#: Among them many that end a line or a text.
TEXTS = st.text(st.sampled_from("ab é\0\n\r\t\x7f\x85\u2028\u3000"), max_size=8)


def is_taken(kind, text):
    try:
        TypeAdapter(kind).validate_python(text)
    except ValidationError:
        return False
    return True


def is_documented(kind, text):
    pattern = TypeAdapter(kind).json_schema()["pattern"]
    return re.fullmatch(pattern.removeprefix("^").removesuffix("$"), text) is not None


@given(TEXTS)
def test_a_line_is_what_the_store_takes_and_the_document_says(text):
    assert is_taken(Line, text) == is_printable(text) == is_documented(Line, text)


@given(TEXTS)
def test_a_reason_is_a_line_that_says_something(text):
    is_reason = is_printable(text) and len(text) >= 3 and bool(text.strip())
    assert is_taken(Reason, text) == is_reason
    assert is_taken(Reason, text) == (is_documented(Reason, text) and len(text) >= 3)


@pytest.mark.parametrize("n_characters", [2, 3, 500, 501])
def test_a_reason_in_a_body_is_as_long_as_documented(n_characters):
    """Other texts of a body are shorter."""
    is_reason = 3 <= n_characters <= 500
    assert is_taken(CancelRequest, {"reason": "x" * n_characters}) == is_reason


def test_what_is_wrong_is_said_without_repeating_it():
    with pytest.raises(ValidationError, match="control characters; send one line"):
        TypeAdapter(Line).validate_python("a\0b")
    with pytest.raises(ValidationError, match="blank; say why"):
        TypeAdapter(Reason).validate_python("    ")
