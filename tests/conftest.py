"""How hypothesis draws, in CI always the same examples; and a state folder for each test."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from fedtui import preferences
from fedtui.preferences import Preferences

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(autouse=True)
def state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of each test's own, of a learner who has put the first five minutes away."""
    folder = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("FEDTUI_STATE", str(folder))
    monkeypatch.setenv("FEDTUI_DATA", str(folder / "nothing fetched"))
    assert preferences.save("", Preferences(lesson_open=False)) == ""
    return folder


@pytest.fixture(scope="session", autouse=True)
def _state_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """For fixtures that several tests share."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FEDTUI_STATE", str(tmp_path_factory.mktemp("state")))
        yield
