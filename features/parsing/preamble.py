"""What a file says about itself above its table: short lines of a name and a value."""

import re
from collections.abc import Sequence

LINE = re.compile(
    r"[#~\s]*(?P<key>[^\t;,:=]{2,60}?)\s*[:=\t;,][:=\s;,]*(?P<value>[^:=\s;,].*?)[\s;,]*"
)
LONGEST_VALUE = 200
MOST_FACTS = 100


def facts_in(lines: Sequence[str]) -> dict[str, str]:
    r"""Return names and values of a preamble, as written; the first of equal names.

    Examples
    --------
    >>> facts_in(["~Battery: cell 7", "Started\t06/05/2021", "Run on channel : A1", "a note"])
    {'Battery': 'cell 7', 'Started': '06/05/2021', 'Run on channel': 'A1'}
    """
    facts: dict[str, str] = {}
    for line in lines:
        match = LINE.fullmatch(line) if len(line) <= LONGEST_VALUE else None
        if match and len(facts) < MOST_FACTS:
            facts.setdefault(match["key"].strip(" \"'"), match["value"].strip(" \"'"))
    return facts
