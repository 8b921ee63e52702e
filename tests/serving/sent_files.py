"""A cell sent with the files of its instrument."""

import json

from serving.schemas import EXAMPLE_CELL

BDF = "test_time_second,current_ampere,voltage_volt\n"
#: One cycle of plating and stripping at 1 mA on 0.5 cm2, with a point every minute.
ROWS = "".join(
    f"{60 * n},{-0.001 if n < 60 else 0.001},{-0.05 if n < 60 else 0.05}\n" for n in range(119)
)


def upload(client, *files, cell_id="A1"):
    facts = json.dumps({"cell": {**EXAMPLE_CELL, "cell_id": cell_id}})
    parts = [("file", (name, content)) for name, content in files]
    return client.post("/v1/cells", files=[("cell", (None, facts, "application/json")), *parts])
