"""Tables of the documentation say on a phone what each of their values is."""

import importlib.util
import re

import pytest

from seicast.places import CHECKOUT


def load_hook():
    path = CHECKOUT / "docs" / "tables.py"
    spec = importlib.util.spec_from_file_location("tables", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


labelled = load_hook().labelled


def table_of(names, *rows):
    """Return a table as Markdown makes it."""
    head = "".join(f'<th style="text-align: left;">{name}</th>\n' for name in names)
    lines = ["".join(f"<td>{value}</td>\n" for value in row) for row in rows]
    body = "".join(f"<tr>\n{line}</tr>\n" for line in lines)
    return f"<table>\n<thead>\n<tr>\n{head}</tr>\n</thead>\n<tbody>\n{body}</tbody>\n</table>"


def test_every_value_stands_behind_the_name_of_its_column():
    page = labelled(table_of(["name", "unit", "value"], ["a", "mV", "1"], ["b", "", "2"]))
    found = re.findall(r'<td data-name="(\w+)">(.*?)</td>', page)
    assert found == [
        ("name", "a"), ("unit", "mV"), ("value", "1"),
        ("name", "b"), ("unit", ""), ("value", "2"),
    ]  # fmt: skip


def test_each_table_of_a_page_has_names_of_its_own():
    page = labelled(
        table_of(["a", "b", "c"], "123") + "<p>and</p>" + table_of(["d", "e", "f"], "4567")
    )
    assert re.findall(r'data-name="(\w*)"', page) == ["a", "b", "c", "d", "e", "f", ""]


def test_nothing_else_changes():
    page = "<p>x</p>" + table_of(["<code>a</code>", 'b "c"', "d"], "123")
    assert re.sub(r' data-name="[^"]*"', "", labelled(page)) == page
    assert 'data-name="a"' in labelled(page)


@pytest.mark.parametrize("names", [["a"], ["a", "b"]])
def test_a_narrow_table_stays_a_table(names):
    page = table_of(names, ["1"] * len(names))
    assert labelled(page) == page
