import pytest

from features.errors import UnreadableFile
from serving.laid_out import on_disk
from store.facts import Original


def laid_out(*files):
    """Return what lies in the folder of each path: names and contents."""
    with on_disk([Original(name, content) for name, content in files]) as paths:
        return [
            (path.name, {each.name: each.read_bytes() for each in path.parent.iterdir()})
            for path in paths
        ]


def test_files_of_one_name_do_not_meet():
    assert laid_out(("run.csv", b"1"), ("run.csv", b"2")) == [
        ("run.csv", {"run.csv": b"1"}),
        ("run.csv", {"run.csv": b"2"}),
    ]


def test_a_mapping_lies_beside_the_file_of_its_name_alone():
    found = laid_out(("a.columns.toml", b"m"), ("b.csv", b"2"), ("a.csv", b"1"))
    assert found == [
        ("b.csv", {"b.csv": b"2"}),
        ("a.csv", {"a.csv": b"1", "a.columns.toml": b"m"}),
    ]


def test_a_folders_mapping_lies_beside_every_file():
    found = laid_out(("a.csv", b"1"), ("b.csv", b"2"), ("seicast.columns.toml", b"m"))
    assert [beside["seicast.columns.toml"] for _, beside in found] == [b"m", b"m"]


def test_the_folder_is_gone_afterwards():
    with on_disk([Original("run.csv", b"1")]) as (path,):
        assert path.is_file()
    assert not path.parent.parent.exists()


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["b.columns.toml", "a.csv"], "'b.columns.toml' maps no file.*'a.csv' is called 'a.col"),
        (["b.columns.toml"], "maps no file that came with it; send the file as well"),
        (["seicast.columns.toml"], "maps no file"),
        (["a.columns.toml", "a.columns.toml", "a.csv"], "comes more than once; send one"),
    ],
)
def test_a_mapping_that_does_nothing_is_refused(names, said):
    with pytest.raises(UnreadableFile, match=said):
        laid_out(*((name, b"") for name in names))
