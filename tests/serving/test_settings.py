"""Operators set limits by environment; a typo must not pass silently."""

from pathlib import Path

import pytest

from serving.settings import InvalidSetting, Settings


def test_without_variables_the_defaults_hold():
    assert Settings.from_environment({}) == Settings()
    assert Settings().shelf.parts[-2:] == ("models", "trained")


def test_variables_replace_defaults():
    environment = {"SEICAST_SHELF": "elsewhere", "SEICAST_MAX_CELLS": "7"}
    settings = Settings.from_environment(environment)
    assert settings == Settings(shelf=Path("elsewhere"), max_cells=7)


@pytest.mark.parametrize("text", ["", "0", "-1", "1e3", "many", "٣"])
def test_a_limit_that_is_no_positive_number_is_refused_by_name(text):
    with pytest.raises(InvalidSetting, match="SEICAST_MAX_CELLS"):
        Settings.from_environment({"SEICAST_MAX_CELLS": text})
