"""Run the command line: ``seicast ...`` or ``python -m seicast ...``."""

import os
import sys

# Idle OpenMP threads sleep instead of spinning; must be set before anything loads OpenMP.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def main() -> None:
    """Run a verb; end with code 2 and one sentence where the input was at fault."""
    from features.errors import SeicastError  # noqa: PLC0415  after the environment is set
    from seicast.verbs import app  # noqa: PLC0415

    try:
        app()
    except SeicastError as error:
        print(f"Error: {error.in_words}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
