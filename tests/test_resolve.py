"""settings/: a file changes when, and only when, something that its reader uses has changed."""

import json
from pathlib import Path
from typing import Any

import pytest

from vaeplay.errors import UserError
from vaeplay.settings import params, resolve

from .conftest import ROOT


def resolved(values: Any) -> dict[str, Any]:
    return resolve.resolve(params.validate(values), ROOT)


@pytest.mark.parametrize(
    ("key", "value", "changed"),
    [
        (("beta",), 4, lambda name: "BetaVAE" in name or name == "verdicts"),
        (("train", "epochs"), 3, lambda name: "latent" in name),
        (("data", "test"), 0.3, lambda name: name == "data"),
        (("data", "size"), 32, lambda name: name == "data"),
        (("data", "path"), "stages", lambda name: False),  # which is read by a folder alone
        (("data", "on_error"), "skip", lambda name: False),
        (("evaluate", "columns"), 4, lambda name: name == "evaluate"),
        (("maps", "perplexity"), 20.0, lambda name: name == "maps"),
        (("seed",), 9, lambda name: name not in {"run", "verdicts"}),  # no verdict draws
        (("train", "checkpoint_every"), 60.0, lambda name: name == "run"),  # which no stage depends on
        (("on_failure",), "keep_going", lambda name: name == "run"),
    ],
)
def test_a_changed_setting_changes_the_files_of_its_users_and_the_reports(
    values: Any, key: tuple[str, ...], value: Any, changed: Any
) -> None:
    before = resolved(values)
    node = values
    for part in key[:-1]:
        node = node[part]
    node[key[-1]] = value
    after = resolved(values)
    found = {name for name in after if before[name] != after[name]}
    expected = {name for name in after if name != "report" and changed(name)}
    assert found == expected | {"report"}


def test_writing_again_removes_the_files_of_cells_that_left_and_touches_nothing_else(
    tmp_path: Path, values: Any
) -> None:
    values["grid"] = {"dense": values["grid"]["dense"]}
    resolve.write(resolved(values), tmp_path)
    gone, kept = "AE_latent8_depth1_ReLU", "AE_latent2_depth1_ReLU"
    strangers = [
        tmp_path / f"{name}"
        for name in (
            "samples/notes_on_AE_latent8.txt",
            f"checkpoints/{gone}_old.safetensors",
            f"checkpoints/best_{gone}.safetensors",
            "metrics/MyVAE_latent8_depth1_ReLU.json",
            "metrics/AE_latent8_depth1_old.json",
        )
    ]
    for cell in (gone, kept):
        for name in (
            f"checkpoints/{cell}.safetensors",
            f"logs/cells/{cell}.json",
            f"metrics/{cell}.json",
            f"samples/{cell}.png",
            f"evaluation/{cell}/prior.png",
        ):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("a result")
    for path in strangers:
        path.write_text("mine")
    values["grid"]["dense"]["latent_dim"] = [2]
    resolve.write(resolved(values), tmp_path)
    left = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert left >= {*strangers}
    assert not any(gone in path.as_posix() for path in left - {*strangers})
    assert len([path for path in left if f"/{kept}" in path.as_posix()]) == 6


def test_what_is_written_is_what_was_resolved(tmp_path: Path, values: Any) -> None:
    expected = resolved(values)
    resolve.write(expected, tmp_path)
    assert {path.stem: json.loads(path.read_text()) for path in (tmp_path / "settings").iterdir()} == expected


@pytest.mark.parametrize(("classes", "said"), [(1, "has 1: "), (2, ""), (11, "has 11: ")])
def test_a_model_that_is_trained_with_labels_is_refused_for_a_folder_without_classes(
    tmp_path: Path, classes: int, said: str
) -> None:
    values = params.read(ROOT / "params.yaml").model_dump(mode="json")
    values["data"] |= {"name": "folder", "path": "photos", "size": 28}
    values["grid"]["dense"]["model"] = ["ConditionalVAE"]
    for number in range(classes):
        (tmp_path / "photos" / f"class {number}").mkdir(parents=True)
        (tmp_path / "photos" / f"class {number}" / "one.png").touch()
    (tmp_path / "dvc.yaml").write_text((ROOT / "dvc.yaml").read_text())
    if said:
        with pytest.raises(UserError, match=said) as refused:
            resolve.check(params.validate(values), tmp_path)
        assert "\n" not in str(refused.value)
    else:
        resolve.check(params.validate(values), tmp_path)
