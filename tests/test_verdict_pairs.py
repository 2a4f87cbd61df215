"""Which models are compared, and that the pairs follow from the grid and the classes alone."""

import copy
from typing import Any

import pytest

from vaeplay.errors import UserError
from vaeplay.settings import params, resolve
from vaeplay.verdicts.pairs import Pair, VerdictSettings, pairs
from vaeplay.verdicts.words import title

from .made_up import GRID


@pytest.fixture
def values(values: Any) -> Any:
    """params.yaml with a grid of its own, whatever the default one is."""
    return values | {"grid": copy.deepcopy(GRID)}


def found(values: Any) -> list[Pair]:
    return pairs(VerdictSettings.model_validate(resolve.compared(params.validate(values)) | {"sources": {}}))


def ends(values: Any, change: str) -> list[str]:
    short = [(pair.first, pair.second) for pair in found(values) if pair.change == change]
    return [
        " → ".join(one.name.replace("_latent", " ").replace("_depth", "/").replace("_ReLU", "") for one in pair)
        for pair in short
    ]


def test_a_grid_is_compared_in_one_thing_at_a_time(values: Any) -> None:
    sizes = ("2/1", "2/2", "8/1", "8/2")
    assert set(ends(values, "objective")) == {
        *(f"AE {size} → VAE {size}" for size in sizes),
        *(f"VAE {size} → BetaVAE {size}" for size in sizes),
        *(f"ConvAE {size} → ConvVAE {size}" for size in ("2/2", "8/2")),
        *(f"ConvVAE {size} → ConvBetaVAE {size}" for size in ("2/2", "8/2")),
    }
    assert set(ends(values, "network")) == {
        f"{model} {size} → Conv{model} {size}" for model in ("AE", "VAE", "BetaVAE") for size in ("2/2", "8/2")
    }
    assert set(ends(values, "code")) == {
        f"{model} 8/2 → VQVAE 16/{depth}" for model in ("ConvAE", "ConvVAE") for depth in (2, 3)
    }
    assert len(ends(values, "latent_dim")) == 9
    assert set(ends(values, "depth")) == {"VQVAE 16/2 → VQVAE 16/3"} | {
        f"{model} {latent}/1 → {model} {latent}/2" for model in ("AE", "VAE", "BetaVAE") for latent in (2, 8)
    }
    assert not ends(values, "activation") and not ends(values, "asked")


def test_other_models_are_compared_with_what_their_class_extends(values: Any) -> None:
    dense = values["grid"]["dense"]
    dense |= {"model": ["AE", "VAE", "BetaVAE", "IWAE", "BetaTCVAE", "WAE"], "latent_dim": [2], "depth": [1]}
    assert {"VAE 2/1 → IWAE 2/1", "BetaVAE 2/1 → BetaTCVAE 2/1", "AE 2/1 → WAE 2/1"} < set(ends(values, "objective"))
    dense["model"] = ["AE", "IWAE", "BetaTCVAE"]  # what they extend is not in the grid
    dense_ends = {name for name in ends(values, "objective") if "Conv" not in name}
    assert dense_ends == {"AE 2/1 → IWAE 2/1", "AE 2/1 → BetaTCVAE 2/1"}


def test_maps_of_codes_are_compared_with_maps_in_networks_of_equal_size(values: Any) -> None:
    values["grid"]["vq"] |= {"model": ["VQVAE", "VQVAE2", "DVAE"], "latent_dim": [8], "depth": [2]}
    both = {"VQVAE 8/2 → VQVAE2 8/2", "VQVAE 8/2 → DVAE 8/2"}
    assert {name for name in ends(values, "objective") if "VQVAE" in name} == both
    assert {name for name in ends(values, "code") if "VQVAE2" in name} == {
        "ConvAE 8/2 → VQVAE2 8/2",
        "ConvVAE 8/2 → VQVAE2 8/2",
    }
    (pair,) = (pair for pair in found(values) if (pair.change, pair.second.entry.model) == ("objective", "VQVAE2"))
    assert title(pair) == "From VQVAE to VQVAE2 at 8 numbers per codebook entry, depth 2"
    values["grid"]["vq"]["model"] = ["VQVAE2"]  # one that lacks the VQ-VAE has no such partner
    assert not [name for name in ends(values, "objective") if "VQVAE" in name]


def test_a_beta_below_one_comes_first(values: Any) -> None:
    values["beta"] = 0.5
    assert "BetaVAE 8/2 → VAE 8/2" in ends(values, "objective")
    values["grid"]["dense"]["model"] = ["AE", "BetaVAE"]
    assert "AE 8/2 → BetaVAE 8/2" in ends(values, "objective")  # an AE has no β


def test_sizes_are_compared_with_the_next_in_order(values: Any) -> None:
    values["grid"] = {"dense": {"model": ["VAE"], "latent_dim": [16, 2, 8], "depth": [1], "activation": ["ReLU"]}}
    assert ends(values, "latent_dim") == ["VAE 2/1 → VAE 8/1", "VAE 8/1 → VAE 16/1"]
    values["grid"]["dense"] |= {"latent_dim": [2], "activation": ["ReLU", "Tanh", "ELU"]}
    names = [(pair.first.entry.activation, pair.second.entry.activation) for pair in found(values)]
    assert names == [("ReLU", "Tanh"), ("Tanh", "ELU")]


def test_repeats_belong_to_one_configuration(values: Any) -> None:
    values["repeats"] = ["", "_r2", "_r3"]
    with_repeats = found(values)
    assert all(len(pair.first.cells) == len(pair.second.cells) == 3 for pair in with_repeats)
    values["repeats"] = [""]
    assert [pair.first.name for pair in with_repeats] == [pair.first.name for pair in found(values)]


def test_pairs_that_are_asked_for_come_once_and_may_be_of_single_trainings(values: Any) -> None:
    values["repeats"] = ["", "_r2"]
    cells = ["AE_latent2_depth1_ReLU", "VAE_latent8_depth2_ReLU"]
    values["verdicts"]["pairs"] = [
        cells,
        ["AE_latent2_depth1_ReLU", "VAE_latent2_depth1_ReLU"],
        [cells[0], cells[0] + "_r2"],
    ]
    asked = [pair for pair in found(values) if pair.change == "asked"]
    assert [(pair.first.name, pair.second.name) for pair in asked] == [tuple(cells), (cells[0], cells[0] + "_r2")]
    assert [len(pair.second.cells) for pair in asked] == [2, 1]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ([["VAE_latent8_depth2_ReLU", "VAE_latent8_depth9_ReLU"]], "names of the grid's cells; did you mean"),
        ([["VAE_latent8_depth2_ReLU", "VAE_latent8_depth2_ReLU"]], "two cells"),
        ([["VAE_latent8_depth2_ReLU"]], "verdicts.pairs[0]"),
        (["VAE_latent8_depth2_ReLU"], "verdicts.pairs[0]"),
    ],
)
def test_a_pair_that_cannot_be_is_refused_in_one_line(values: Any, asked: Any, words: str) -> None:
    values["verdicts"]["pairs"] = asked
    with pytest.raises(UserError) as refused:
        params.validate(values)
    assert str(refused.value).count("\n") == 0 and words in str(refused.value), refused.value
