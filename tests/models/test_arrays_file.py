import io
import zipfile

import numpy as np
import pytest

from features.errors import BrokenBundle
from models.arrays_file import from_bytes, to_bytes

ARRAYS = {
    "a.double": np.array([[1.5, np.nan, -0.0, np.inf]]),
    "a.single": np.float32([1.1]),
    "b": np.arange(3),
    "c": np.int32([[1], [2]]),
    "d": np.array([True, False]),
    "empty": np.zeros((3, 0, 2)),
}


def npz(**entries):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in entries.items():
            archive.writestr(f"{name}.npy", content)
    return target.getvalue()


def npy(array, **options):
    target = io.BytesIO()
    np.save(target, array, **options)
    return target.getvalue()


def test_arrays_come_back_bit_for_bit():
    back = from_bytes(to_bytes(ARRAYS))
    assert set(back) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert back[name].dtype == array.dtype
        assert back[name].tobytes() == array.tobytes()
        assert back[name].shape == array.shape


def test_numpy_itself_reads_the_file():
    """Whoever has no code of ours can still look at the numbers."""
    with np.load(io.BytesIO(to_bytes(ARRAYS)), allow_pickle=False) as loaded:
        assert loaded["c"].tolist() == [[1], [2]]


def test_equal_arrays_give_equal_bytes_in_any_order():
    assert to_bytes(ARRAYS) == to_bytes(dict(reversed(ARRAYS.items())))


def test_objects_are_refused_and_never_built():
    """A pickle in an array runs when it is read."""
    with pytest.raises(BrokenBundle, match="not read here"):
        from_bytes(npz(a=npy(np.array([print], dtype=object), allow_pickle=True)))


@pytest.mark.parametrize(
    "array",
    [np.array(["text"]), np.array([1j]), np.float16([1]), np.array([1.0], dtype=">f8")],
    ids=["text", "complex", "half", "big-endian"],
)
def test_other_types_are_refused(array):
    with pytest.raises(BrokenBundle, match="not read here"):
        from_bytes(npz(a=npy(array)))


def test_a_header_that_claims_more_than_there_is_is_refused_without_taking_memory():
    content = npy(np.zeros(3)).replace(b"(3,), }            ", b"(999999999999,), } ")
    assert b"999999999999" in content
    with pytest.raises(BrokenBundle, match="not as long as it says"):
        from_bytes(npz(a=content))


def test_a_truth_of_two_is_refused():
    content = npy(np.array([True]))[:-1] + b"\x02"
    with pytest.raises(BrokenBundle, match="beyond true and false"):
        from_bytes(npz(a=content))


def test_compressed_files_are_refused():
    """A bomb is small until it is read."""
    target = io.BytesIO()
    np.savez_compressed(target, a=np.zeros(10**6))
    with pytest.raises(BrokenBundle, match="no plain array"):
        from_bytes(target.getvalue())


@pytest.mark.parametrize(
    "content", [b"", b"PK\x05\x06", b"junk" * 100, npz(a=b""), npz(a=b"x" * 99)]
)
def test_what_is_no_such_file_is_refused(content):
    with pytest.raises(BrokenBundle):
        from_bytes(content)


def test_bytes_at_random_are_refused_or_give_plain_arrays():
    """Behind a checksum nobody gets here; in front of a forger everybody does."""
    rng, whole = np.random.default_rng(0), to_bytes(ARRAYS)
    for _ in range(2000):
        altered = bytearray(whole)
        start = int(rng.integers(len(altered)))
        altered[start : start + 4] = rng.bytes(4)
        try:
            arrays = from_bytes(bytes(altered))
        except BrokenBundle:
            continue
        assert all(array.dtype.kind in "fib" for array in arrays.values())
