import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.errors import UnreadableFile
from seicast.folders import describe_folder
from serving.schemas import EXAMPLE_CELL
from training.virtual_lab import founding_recipe, simulate

N_CELLS = 6


@pytest.fixture
def folder(tmp_path):
    """Return a folder of simulated cells, with their facts in one file and a file of nonsense."""
    cells = tmp_path / "cells"
    (cells / "batch 2").mkdir(parents=True)
    (cells / "cell.json").write_text(json.dumps(EXAMPLE_CELL))
    (cells / "batch 2" / "cell.json").write_text(json.dumps(EXAMPLE_CELL))
    for seed in range(N_CELLS):
        virtual = simulate(founding_recipe("Cu3N+SBR"), seed=seed, n_cycles=6)
        place = cells if seed % 2 else cells / "batch 2"
        virtual.cell.cycling.to_parquet(place / f"cell {seed}.parquet")
    (cells / "nonsense.csv").write_text("hello,world\n1,2\n")
    return cells


def described(folder, out, executor="local:1", cache=None, n_cycles=5):
    told = []
    summary = describe_folder(
        folder,
        out,
        n_cycles=n_cycles,
        executor=executor,
        cache=str(cache or out.parent / f"sheets of {out.stem}"),
        tell=lambda done, total: told.append((done, total)),
    )
    return summary, told


def test_one_bad_file_does_not_stop_the_others(folder, tmp_path):
    """A night of describing must not be lost to one broken export."""
    summary, told = described(folder, tmp_path / "out.parquet")
    assert (summary.n_described, summary.n_failed) == (N_CELLS, 1)
    assert told[-1] == (N_CELLS + 1, N_CELLS + 1)
    failures = pd.read_csv(tmp_path / "out.failures.csv")
    assert failures["file"].tolist() == ["nonsense.csv"]
    assert "No reader claims" in failures["error"].iloc[0]


def test_the_table_carries_units_and_every_blank_its_reason(folder, tmp_path):
    described(folder, tmp_path / "out.parquet")
    schema = pq.read_schema(tmp_path / "out.parquet")
    assert schema.field("hysteresis_mV").metadata[b"unit"] == b"mV"
    table = pd.read_parquet(tmp_path / "out.parquet")
    blanks = pd.read_csv(tmp_path / "out.blanks.csv")
    assert table["ce_mean_fraction"].between(0.9, 1).all()
    assert int(table.isna().sum().sum()) == len(blanks)
    assert blanks["reason"].notna().all()


def test_the_output_does_not_depend_on_who_did_the_work(folder, tmp_path):
    hashes = {
        described(folder, tmp_path / f"{number}.parquet", executor)[0].sha256
        for number, executor in enumerate(["local:1", "local:2"])
    }
    assert len(hashes) == 1


def test_a_second_run_reads_no_file_again(folder, tmp_path, monkeypatch):
    """A batch that was killed goes on where it stopped."""
    first, _ = described(folder, tmp_path / "out.parquet", cache=tmp_path / "sheets")
    monkeypatch.setattr("store.file_sheets.read_file", None)
    second, _ = described(folder, tmp_path / "again.parquet", cache=tmp_path / "sheets")
    assert second.sha256 == first.sha256


def test_a_changed_file_or_recipe_is_described_anew(folder, tmp_path):
    cache = tmp_path / "sheets"
    first, _ = described(folder, tmp_path / "out.parquet", cache=cache)
    changed = json.loads(json.dumps(EXAMPLE_CELL))
    changed["recipe"]["coating"]["thickness_nm"] = 500
    (folder / "cell.json").write_text(json.dumps(changed))
    second, _ = described(folder, tmp_path / "out.parquet", cache=cache)
    assert second.sha256 != first.sha256
    shorter, _ = described(folder, tmp_path / "out.parquet", cache=cache, n_cycles=4)
    assert shorter.sha256 != second.sha256


def test_a_damaged_cache_entry_is_made_again(folder, tmp_path):
    cache = tmp_path / "sheets"
    first, _ = described(folder, tmp_path / "out.parquet", cache=cache)
    for entry in cache.glob("*.json"):
        entry.write_text('{"file": "half')
    assert described(folder, tmp_path / "out.parquet", cache=cache)[0].sha256 == first.sha256


def test_a_file_without_facts_is_told_where_they_are_looked_for(tmp_path):
    virtual = simulate(founding_recipe("bare"), seed=0, n_cycles=3)
    (tmp_path / "cells").mkdir()
    virtual.cell.cycling.to_parquet(tmp_path / "cells" / "A1.parquet")
    described(tmp_path / "cells", tmp_path / "out.parquet")
    reason = pd.read_csv(tmp_path / "out.failures.csv")["error"].iloc[0]
    assert "A1.json" in reason
    assert "cell.json" in reason


def test_a_folder_without_files_is_an_error(tmp_path):
    with pytest.raises(UnreadableFile, match="no raw files"):
        described(tmp_path, tmp_path / "out.parquet")
    with pytest.raises(UnreadableFile, match="no folder"):
        described(tmp_path / "nowhere", tmp_path / "out.parquet")


@contextmanager
def dask_cluster(n_workers, port):
    """Yield the address of a scheduler on loopback, and its workers' processes."""
    address = f"tcp://127.0.0.1:{port}"
    dask = [str(Path(sys.executable).parent / "dask")]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    scheduler = subprocess.Popen(
        [*dask, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"], **quiet
    )
    workers = [
        subprocess.Popen(
            [*dask, "worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny"], **quiet
        )
        for _ in range(n_workers)
    ]
    try:
        yield address, workers
    finally:
        for process in (*workers, scheduler):
            process.terminate()
        for process in (*workers, scheduler):
            process.wait(60)


@pytest.mark.slow
def test_a_cluster_gives_the_same_table_though_a_worker_dies(folder, tmp_path, free_port):
    """What a dead worker held is done by the other one."""
    alone, _ = described(folder, tmp_path / "alone.parquet")
    with dask_cluster(2, free_port()) as (address, workers):
        deaths = []

        def tell(done, total):
            if not deaths:
                os.kill(workers[0].pid, signal.SIGKILL)
                deaths.append(done)

        summary = describe_folder(
            folder,
            tmp_path / "cluster.parquet",
            n_cycles=5,
            executor=address,
            cache=str(tmp_path / "sheets of the cluster"),
            tell=tell,
        )
    assert deaths
    assert summary.sha256 == alone.sha256
