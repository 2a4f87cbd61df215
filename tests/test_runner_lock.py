"""dvc.lock is the same to the byte, whether DVC itself has written it or the quicker way of the runner."""

from pathlib import Path
from typing import Any

import pytest
from dvc.utils.serialize import modify_yaml
from hypothesis import given
from hypothesis import strategies as st

from vaeplay.runner import quick_dvc

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=100)
ENTRY = st.fixed_dictionaries({"path": TEXT, "hash": st.just("md5"), "md5": TEXT, "size": st.integers(0, 10**12)})
STAGE = st.fixed_dictionaries({"cmd": TEXT, "deps": st.lists(ENTRY, max_size=3), "outs": st.lists(ENTRY, max_size=2)})
NAMES = st.sampled_from(["train@VAE-1-1-ReLU-", "train@VAE-1-1-ReLU-_r2", "train@VAE-11-1-ReLU-", "maps", "1", "a'b"])


def change(path: Path, name: str, stage: Any, modify: Any) -> bytes:
    """As DVC changes dvc.lock."""
    with modify(str(path)) as value:
        if not value:
            value.update({"schema": "2.0"})
        value["stages"] = value.get("stages", {})
        value["stages"][name] = stage
    return path.read_bytes()


@given(st.lists(st.tuples(NAMES, STAGE), min_size=1, max_size=6))
def test_stages_that_are_added_and_changed_give_dvcs_own_bytes(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, Any]]
) -> None:
    folders = [tmp_path_factory.mktemp("lock") for _ in range(2)]
    for name, stage in changes:
        stock, ours = (
            change(folder / "dvc.lock", name, dict(stage), modify)
            for folder, modify in zip(folders, (modify_yaml, quick_dvc.modify), strict=True)
        )
        assert ours == stock


def test_other_files_are_left_to_dvc(tmp_path: Path) -> None:
    path = tmp_path / "dvc.yaml"
    path.write_text("# a remark\nstages:\n  a:\n    cmd: x  # another\n")
    with quick_dvc.modify(str(path)) as value:
        value["stages"]["b"] = {"cmd": "y"}
    assert path.read_text() == "# a remark\nstages:\n  a:\n    cmd: x  # another\n  b:\n    cmd: y\n"
