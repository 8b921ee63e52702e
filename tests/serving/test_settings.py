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


def test_pages_link_to_an_address_and_never_to_a_script():
    settings = Settings.from_environment({"SEICAST_MLFLOW_URL": "http://localhost:5000/"})
    assert settings.mlflow_url == "http://localhost:5000"
    assert not Settings.from_environment({}).mlflow_url
    with pytest.raises(InvalidSetting, match="SEICAST_MLFLOW_URL"):
        Settings.from_environment({"SEICAST_MLFLOW_URL": "javascript:alert(1)"})
