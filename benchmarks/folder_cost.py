"""What describing a folder takes: ``python -m benchmarks.folder_cost FOLDER EXECUTOR``.

Prints seconds by the clock on the wall, without a cache, in a process of its own as a user has.
"""

import json
import sys
import tempfile
from pathlib import Path

from benchmarks.stopwatch import wall_s
from seicast.folders import describe_folder


def main() -> None:
    """Describe the folder once."""
    folder, executor = Path(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory(dir=folder.parent) as aside:
        seconds = wall_s(
            lambda: describe_folder(
                folder,
                Path(aside) / "descriptors.parquet",
                n_cycles=None,
                executor=executor,
                cache=str(Path(aside) / "cache"),
                tell=lambda _done, _of: None,
            )
        )
    print(json.dumps({"wall_s": seconds}))


if __name__ == "__main__":
    main()
