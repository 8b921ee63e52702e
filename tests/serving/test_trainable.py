"""Jobs, and the form that asks for them, know what a worker can train, no more and no less."""

import re

from serving.trainable import TARGETS, TIERS
from training.run_config import RUNS, load_configs


def test_what_can_be_asked_for_is_what_run_files_train_on_kept_cells():
    names = {path.stem.removesuffix("-store") for path in RUNS.glob("*-store.toml")}
    assert set(TARGETS) == names
    for target in TARGETS:
        assert tuple(config.tier for config in load_configs(f"{target}-store")) == TIERS


def test_target_and_evidence_are_chosen_not_typed(client):
    page = client.get("/jobs").text
    for name, values in (("target", TARGETS), ("tier", TIERS)):
        select = re.search(rf'<select name="{name}">(.*?)</select>', page)
        assert re.findall(r'value="([^"]+)"', select[1]) == list(values)
