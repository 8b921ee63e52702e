"""Cut the pictures of the guide out of those that the tests of the pages take.

``SEICAST_PICTURES=.site/pictures pytest tests/pages``, then
``python docs/images/pages.py .site/pictures``
"""

import sys
from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent
WIDTH = 960
#: Name here -> picture of a test, and its part: left, top, right, bottom in pixels.
CUTS = {
    "predict": ("predict-1280-light", (40, 50, 1240, 1248)),
    "cell_impedance": ("cell-1280-light", (40, 1501, 1240, 2480)),
    "compare": ("compare-1280-light", (40, 50, 1240, 690)),
    "models": ("models-1280-light", (40, 50, 1240, 750)),
    "jobs": ("jobs-1280-light", (40, 50, 1240, 920)),
    "cells": ("thousand-cells-1280-light", (40, 50, 1240, 560)),
}


def main(folder: Path) -> None:
    """Write every picture of the guide, small."""
    for name, (taken, part) in CUTS.items():
        cut = Image.open(folder / f"{taken}.png").convert("RGB").crop(part)
        small = cut.resize((WIDTH, round(WIDTH * cut.height / cut.width)), Image.Resampling.LANCZOS)
        small.save(HERE / f"{name}.webp", quality=80, method=6)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
