"""Anomalies: how they come about, how they are scored, and what stays as it is where nobody asks for them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from stages import prepare
from vaeplay import files
from vaeplay.data import anomalies, digits, images, packing, prepared
from vaeplay.data.prepared import Split
from vaeplay.errors import UserError
from vaeplay.evaluation import measure
from vaeplay.evaluation.metrics import anomalies as scored
from vaeplay.evaluation.metrics import likelihood
from vaeplay.evaluation.registry import BY_KEY
from vaeplay.evaluation.registry.anomalies import ANOMALIES
from vaeplay.settings import params

from . import making
from .test_params import change, refused

FILE = Path("data/anomalies.safetensors")


def test_classes_that_are_left_out_are_nowhere_in_the_data() -> None:
    every = digits.read()
    rest, gone = anomalies.leave_out(every, ["1", "4"])
    assert rest.classes == ("0", "2", "3", "5", "6", "7", "8", "9")
    assert rest.title.endswith("without 1, 4")
    kept = ~np.isin(every.labels, [1, 4])
    assert np.array_equal(rest.images, every.images[kept])
    assert np.array_equal(np.array(rest.classes)[rest.labels], np.array(every.classes)[every.labels[kept]])
    assert np.array_equal(gone.images, every.images[~kept])


def test_factors_and_the_own_test_split_are_left_out_with_the_images() -> None:
    every = replace(digits.read(), factors=np.arange(1797)[:, None], test=np.arange(1797) % 3 == 0)
    rest, _ = anomalies.leave_out(every, ["7"])
    assert rest.factors is not None and rest.test is not None
    assert np.array_equal(rest.test, rest.factors[:, 0] % 3 == 0)


def test_nothing_left_out_is_the_same_data_set() -> None:
    every = digits.read()
    rest, gone = anomalies.leave_out(every, [])
    assert rest is every
    assert len(gone.images) == 0


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["10"], "data.leave_out: found '10'; allowed: classes of the data set: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9"),
        (list("0123456789"), "data.leave_out: leaves no class to train on; leave out fewer"),
    ],
)
def test_a_class_that_is_not_there_is_refused_and_so_are_all(names: list[str], said: str) -> None:
    with pytest.raises(UserError, match=said):
        anomalies.leave_out(digits.read(), names)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("data.other", "mnist5k", "data.other: found 'mnist5k', as data.name; allowed: another data set"),
        ("data.other", "mnits", "data.other: found 'mnits'; allowed: cifar10, digits, emnist, "),
        ("data.other", "folder", "data.other: found 'folder'; allowed: cifar10, digits, emnist, "),
        ("data.leave_out", 4, "data.leave_out: found 4; allowed: a list, any of: a name"),
        ("data.leave_out", [4, "4"], "data.leave_out: found [4, '4']; allowed: each value once"),
        ("data.leave_out", [True], "data.leave_out[0]: found True; allowed: a name"),
    ],
)
def test_a_mistake_is_one_line(values: Any, key: str, value: Any, said: str) -> None:
    line = refused(change(values, key, value))
    assert line.startswith(f"params.yaml: {said}")
    assert "\n" not in line


def test_a_class_may_be_written_as_a_number(values: Any) -> None:
    assert params.validate(change(values, "data.leave_out", [4])).data.leave_out == ("4",)


@pytest.fixture
def prepare_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, values: Any) -> Any:
    """Prepare the 8×8 digits with further settings of `data`."""
    monkeypatch.chdir(tmp_path)

    def run(**changes: Any) -> tuple[bytes, bytes]:
        values["data"] |= {"name": "digits"} | changes
        used = params.validate(values | {"grid": {"dense": values["grid"]["dense"]}}).data.used()
        files.write_json(Path("settings/data.json"), {"seed": 0, "data": used})
        prepare.main()
        return Path("data/images.safetensors").read_bytes(), FILE.read_bytes()

    return run


def test_anomalies_are_the_images_left_out_and_as_many_others_as_test_images(prepare_: Any) -> None:
    prepare_(leave_out=[4], other="shapes")
    counts = json.loads(Path("data/card.json").read_text())["counts"]
    assert sum(counts.values()) == 1797 - 181
    assert prepared.about(FILE)["classes"] == ["left_out", "other"]
    left_out, other = (prepared.read(FILE, kind).images for kind in ("left_out", "other"))
    fours = digits.read().images[digits.read().labels == 4]
    assert np.array_equal(left_out.numpy(), fours)
    assert other.shape == (counts["test"], 1, 8, 8)


def test_another_data_set_changes_no_image_that_is_trained_on_and_without_any_the_file_is_empty(prepare_: Any) -> None:
    plain, nothing = prepare_()
    with_other, something = prepare_(other="mnist5k")
    assert plain == with_other
    assert nothing != something
    assert prepare_(other=None, binarise=True)[1] == nothing
    assert prepared.about(FILE)["classes"] == []


def test_images_that_are_no_squares_are_refused_where_others_are_brought_to_their_size() -> None:
    with pytest.raises(UserError, match=r"data.other: needs square images, and these are 8×10; set data.size"):
        anomalies.side((1, 8, 10))


def test_a_file_with_anomalies_of_one_kind_has_no_trace_of_the_other(tmp_path: Path) -> None:
    every = digits.read()
    found = anomalies.together({"left_out": images.taken(every, np.arange(0)), "other": every}, (1, 8, 8), 50, 0)
    rows = {kind: np.flatnonzero(found.labels == place) for place, kind in enumerate(found.classes)}
    packing.write(tmp_path / "x", found, rows, images.card("anomalies", found, rows))
    assert prepared.about(tmp_path / "x")["classes"] == ["other"]
    assert len(prepared.read(tmp_path / "x", "other").images) == 50


@pytest.mark.parametrize("levels", [7, 10**6])
def test_the_auroc_is_scikit_learns_with_ties_and_without(levels: int) -> None:
    generator = torch.Generator().manual_seed(0)
    usual = torch.randn(90, generator=generator)
    unlike = torch.randn(140, generator=generator) + 0.7
    usual, unlike = ((part * levels / 3).round() for part in (usual, unlike))
    found = scored.auroc(usual, unlike)
    truth = np.repeat([0, 1], [90, 140])
    assert found.value == pytest.approx(roc_auc_score(truth, torch.cat([usual, unlike]).numpy()), abs=1e-12)
    assert found.count == 230


@pytest.mark.parametrize(("apart", "truth"), [(0.0, 0.5), (1.19, 0.8), (2.772, 0.975)])
def test_the_interval_and_the_replicates_cover_the_true_auroc(apart: float, truth: float) -> None:
    """Two Gaussians `apart` by so many standard deviations have the AUROC Φ(apart / √2)."""
    trials = 400
    generator = torch.Generator().manual_seed(1)
    covered, errors = 0, []
    values = []
    for _ in range(trials):
        usual, unlike = torch.randn(300, generator=generator), torch.randn(200, generator=generator) + apart
        found = scored.auroc(usual, unlike)
        assert found.low is not None and found.high is not None and found.replicates is not None
        covered += found.low <= truth <= found.high
        values.append(found.value)
        errors.append(float(found.replicates.var() * 0.9 * 9))
    assert 0.92 <= covered / trials <= 0.98
    assert np.mean(errors) == pytest.approx(np.var(values), rel=0.25)


def unlike(name: str, batch_size: int = 500, **changes: Any) -> Any:
    """A model, half of whose anomalies are such as its test images, and half noise."""
    subject = making.subject(name, batch_size=batch_size, **changes)
    noise = torch.randint(0, 256, (40, *making.SHAPE), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    labels = torch.zeros(40, dtype=torch.int64)
    subject.anomalies = {"left_out": Split(making.images(40, seed=9), labels), "other": Split(noise, labels)}
    return subject


@pytest.mark.parametrize("name", ["AE", "VAE", "VQVAE"])
def test_every_score_has_its_auroc_whatever_the_batches(name: str) -> None:
    whole, seconds = measure.measure(unlike(name))
    found = {key: value for key, value in whole.items() if key.startswith("auroc_")}
    lacking = {"AE": ("elbo", "bound"), "VAE": (), "VQVAE": ("bound",)}[name]
    scores = ("distortion", "elbo", "bound", "codes", "complexity", "simplicity")
    assert set(found) == {f"auroc_{s}_{kind}" for s in scores if s not in lacking for kind in ("left_out", "other")}
    assert set(found) <= {metric.key for metric in ANOMALIES} <= set(BY_KEY)
    assert "anomalies" in seconds
    again, _ = measure.measure(unlike(name, batch_size=7))
    for key, estimate in found.items():
        assert estimate.low is not None and estimate.high is not None
        assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
        assert again[key].value == pytest.approx(estimate.value, abs=1e-3), key


def test_what_is_like_the_test_images_is_not_told_from_them_and_noise_is() -> None:
    """An untrained Gaussian model rebuilds grey, from which noise is further than blobs are."""
    subject = unlike("AE", likelihood={"name": "gaussian"})
    estimates = likelihood.metrics(subject)
    found = scored.metrics(subject, estimates)
    low, high = found["auroc_distortion_left_out"].low, found["auroc_distortion_left_out"].high
    assert low is not None and high is not None and low < 0.5 < high
    assert found["auroc_distortion_other"].value > 0.95
    assert found["auroc_simplicity_other"].value < 0.01  # noise is not simple at all
    assert found["auroc_complexity_other"].value < found["auroc_distortion_other"].value


def test_the_distance_to_codes_is_that_to_the_fifth_nearest() -> None:
    subject = unlike("AE")
    codes = subject.codes
    expected = torch.cdist(codes.double(), subject.train_codes.double()).sort(1).values[:, 4]
    own = scored.scores(subject, {"distortion": torch.zeros(60)}, subject.train_codes)
    assert own["codes"].tolist() == pytest.approx(expected.tolist(), rel=1e-3)


def test_without_anomalies_there_is_none_of_it() -> None:
    subject = making.subject("AE")
    assert scored.metrics(subject, {}) == {}
    estimates, seconds = measure.measure(subject)
    assert not any(key.startswith("auroc") for key in estimates)
    assert "anomalies" not in seconds
