"""Print every published figure beside its simulation: ``python -m training.virtual_lab``."""

import sys

from training.virtual_lab.published import as_text, published_beside_simulated

if __name__ == "__main__":
    sys.stdout.write(
        f"{as_text(published_beside_simulated())}\n\nSource: doi:10.1002/adma.201605531. The "
        "constants were calibrated to these rows: calibration, not validation.\n"
    )
