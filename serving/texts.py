"""Texts that a client may send: one line each, without characters that break logs or databases."""

from typing import Annotated

from pydantic import AfterValidator, Field

from store.facts import is_printable

#: The characters that ``is_printable`` lets through, as a document says it.
_PRINTABLE = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]"
_INKED = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\s]"


def _printable(text: str) -> str:
    if not is_printable(text):
        raise ValueError("it holds control characters; send one line of printable text")
    return text


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("it is blank; say why in a few words")
    return text


#: Names in an address, filters in a query.
Line = Annotated[
    str, AfterValidator(_printable), Field(json_schema_extra={"pattern": f"^{_PRINTABLE}*$"})
]
#: Why something is done; it goes to the audit log. Its bounds stand first, where they replace the
#: bound of every text of a body.
Reason = Annotated[
    str,
    Field(
        min_length=3,
        max_length=500,
        json_schema_extra={"pattern": f"^{_PRINTABLE}*{_INKED}{_PRINTABLE}*$"},
    ),
    AfterValidator(_printable),
    AfterValidator(_said),
]
