"""A damaged binary is refused by one kind of error, in bounded time, or reads as a valid cell."""

import contextlib
import logging
import os
import random
import time

import pytest

from features import Cell, CellDesign, Recipe, Source
from features.errors import SeicastError
from features.readers import read_file
from training.data_folders import data_folder, has_data

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not has_data("instrument_files"), reason="the instrument files are not on this machine"
    ),
]
LOG = logging.getLogger(__name__)
N_EDITS = 200
#: Seconds of computing for one file; ``make fuzz`` gives a minute.
FUZZ_s = float(os.environ.get("SEICAST_FUZZ_S", "0"))
SMALL = [
    "newarenda/new_nda_file.nda",
    "newarenda/46_1_5_60_ZZZZZZZZTEST_20250924092922.ndax",
    "yadg/gcpl.issue_149.mpr",
    "yadg/mb.issue_223.mpr",
    "yadg/peis.mpr",
    "navani/arbin_example.res",
    "bdf/mits7-0.res.gz",
    pytest.param(
        "navani/bs542_004_gr_li_50ua_50mv_1v_191020_Channel_11.xlsx", marks=pytest.mark.slow
    ),
]


@pytest.mark.filterwarnings("default::UserWarning")  # a library may warn about what it guesses
@pytest.mark.parametrize("file", SMALL)
def test_random_byte_edits_never_escape_the_error_tree(file, tmp_path):
    original = (data_folder("instrument_files") / file).read_bytes()
    path = tmp_path / file.rsplit("/", 1)[-1]
    slowest_s, n_edits = 0.0, 0
    end_s = time.process_time() + FUZZ_s
    while n_edits < N_EDITS or time.process_time() < end_s:
        path.write_bytes(edited(original, random.Random(f"{file} {n_edits}")))
        n_edits += 1
        start_s = time.process_time()
        assert_reads_or_refuses(path)
        slowest_s = max(slowest_s, time.process_time() - start_s)
    LOG.info("%s: %d edits, the slowest took %.1f s", file, n_edits, slowest_s)
    assert slowest_s < 10


def edited(original, chance):
    """Return the bytes with some changed, one stretch lost, or the end cut off."""
    content = bytearray(original)
    kind = chance.random()
    if kind < 0.2:
        return content[: chance.randrange(1, len(content))]
    if kind < 0.3:
        at = chance.randrange(len(content))
        del content[at : at + chance.randrange(1, 4096)]
        return content or b"x"
    for _ in range(chance.choice([1, 2, 16])):
        content[chance.randrange(chance.choice([256, len(content)]))] = chance.randrange(256)
    return content


def assert_reads_or_refuses(path):
    with contextlib.suppress(SeicastError):
        reading = read_file(path)
        assert reading.cycling is not None or reading.spectra
        if reading.cycling is not None:
            Cell("any", Recipe(CellDesign("Li||Cu")), Source("measured"), cycling=reading.cycling)
