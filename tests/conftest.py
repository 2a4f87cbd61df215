"""What several test files need: the repository's folder, its settings as a plain value, small images."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import settings
from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent

torch.set_num_threads(1)  # two would wait for each other wherever the cores have other work
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a script: what tests start inherits it
    signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as images of machines set it: each stage would compile all of PyTorch
settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=50)
settings.register_profile("thorough", parent=settings.get_profile("repeatable"), max_examples=2000)
settings.load_profile("repeatable")
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(ROOT / ".hypothesis"))


LONGEST = [
    *("test_readme", "test_pipeline", "test_runner", "test_browser_explorer", "test_browser", "test_concurrency"),
    *("test_data_pipeline", "test_try", "test_browser_draw", "test_browser_tour", "test_browser_answer", "test_faults"),
    *("test_browser_lab", "test_mistakes", "test_evaluation", "test_browser_export", "test_models"),
]


def pytest_runtest_setup() -> None:
    """Give PyTorch one thread again: numba, which UMAP is made of, sets the number for all that use OpenMP."""
    torch.set_num_threads(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest: of two processes, none is left with one of them at the end."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONGEST)))


@pytest.fixture
def values() -> Any:
    """params.yaml as plain dictionaries and lists, to be changed by a test."""
    return YAML(typ="safe", pure=True).load(ROOT / "params.yaml")


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new folder that all processes of this test run have, for what is made once for several test files."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def digits() -> torch.Tensor:
    """All 5,000 embedded digits in their own order, uint8 (5000, 1, 28, 28)."""
    from vaeplay.data import mnist5k

    return torch.from_numpy(mnist5k.read().images)
