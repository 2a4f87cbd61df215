"""The answers: each change's gains and losses in words, the pair that stands for it, and what is never said."""

import dataclasses
from pathlib import Path

import pytest

from tests import fake_workspace
from tests.fake_workspace import Plan
from vaeplay.evaluation.registry import BY_KEY
from vaeplay.gallery.answer import pairs, pictures, sentences
from vaeplay.gallery.answer.best import best_samples
from vaeplay.gallery.answer.data import moving
from vaeplay.gallery.answer.pairs import CHANGES, Chosen
from vaeplay.gallery.answer.sentences import SAMPLES, Clause
from vaeplay.gallery.cells import codebook
from vaeplay.gallery.columns import Column, Row
from vaeplay.gallery.explorer.explorable import Explorable
from vaeplay.gallery.page import Cell, Estimate, Page
from vaeplay.gallery.read import label, read
from vaeplay.gallery.render import render
from vaeplay.gallery.words import axis
from vaeplay.settings.cells import Axes
from vaeplay.verdicts.table import Compared, Comparison, OfKinds, OfModels, Table

AE, VAE = "AE_latent8_depth1_ReLU", "VAE_latent8_depth1_ReLU"


def cell(name: str, **values: float | None) -> Cell:
    """A cell with these metrics."""
    metrics = tuple(Estimate(key, value) for key, value in values.items())
    return Cell(axes=Axes.parse(name), name=name, label=name.split("_")[0], configuration=name, run=1, metrics=metrics)


def compared(metric: str, first: float, second: float, half: float, shown: bool = True) -> Comparison:
    """One metric of two trained models, better on three images in four where images have values."""
    difference = second - first
    own = BY_KEY[metric]
    better = (0.75, 0.7, 0.8) if metric == "mse" else None
    models = OfModels(
        difference=difference,
        low=difference - half,
        high=difference + half,
        p=0.01,
        adjusted=0.01 if shown else 0.2,
        over=own.over,
        better=better,
    )
    return Comparison(metric=metric, first=first, second=second, models=models, kinds=None, obstacle=None)


def of_kinds(metric: str, first: float, second: float, half: float, shown: bool = True) -> Comparison:
    """One metric of two kinds of model, each trained three times."""
    single = compared(metric, first, second, half, shown)
    assert single.models is not None
    same = single.models.model_dump(exclude={"over", "better"})
    return single.model_copy(
        update={"kinds": OfKinds(**same, trainings=(3, 3), over_images=True, needed=None if shown else 9)}
    )


def a_pair(
    *comparisons: Comparison,
    falling: tuple[bool, bool] = (False, False),
    change: str = "objective",
    names: tuple[str, str] = (AE, VAE),
) -> Compared:
    return Compared(
        change=change, title="From one", first=names[0], second=names[1], falling=falling, comparisons=comparisons
    )


def chosen(*comparisons: Comparison, falling: tuple[bool, bool] = (False, False)) -> Chosen:
    return Chosen(CHANGES[0], a_pair(*comparisons, falling=falling), cell(AE), cell(VAE))


def test_a_worse_and_a_better_metric_are_a_loss_and_a_gain_with_difference_and_interval() -> None:
    worse, better = compared("mse", 0.020, 0.021, 0.0004), compared("holes", 0.31, 0.12, 0.02)
    assert sentences.clauses(chosen(worse, better)) == (
        Clause("Loss", "reconstructions are 5.0 % worse (MSE, ± 2.0 %, worse on 25 % of the test images)"),
        Clause("Gain", "the latent space has fewer holes (12 % of draws against 31 %, ± 2.0 points)"),
    )
    (clause,) = sentences.clauses(chosen(compared("mse", 0.020, 0.010, 0.0004)))
    assert clause == Clause("Gain", "reconstructions are 50 % better (MSE, ± 2.0 %, better on 75 % of the test images)")


def test_what_is_not_shown_after_correction_cannot_be_told() -> None:
    unshown = [compared("mse", 0.02, 0.021, 0.0004, False), compared("holes", 0.1, 0.12, 0.05, False)]
    unshown += [compared("rate", 10.0, 10.1, 0.01, False)]
    assert sentences.clauses(chosen(*unshown)) == (
        Clause("Cannot tell", "no difference between reconstructions was shown (MSE +3 % to +7 %)"),
        Clause("Cannot tell", "no difference in holes of the latent space was shown (12 % of draws against 10 %)"),
    )


def test_a_rate_is_neither_gain_nor_loss() -> None:
    (clause,) = sentences.clauses(chosen(compared("rate", 15.64, 11.9, 0.071)))
    assert clause == Clause("Changed", "a code takes 3.74 nats less per image (± 0.07)")


@pytest.mark.parametrize(
    ("values", "kind", "said"),
    [
        ((8.0, 0.3, 0.4, 0.7), "Loss", "samples are worse in all 4 measures (Fréchet distance 8.00 against 3.00, ± 0."),
        ((1.0, 0.6, 0.7, 0.95), "Gain", "samples are better in all 4 measures"),
        ((8.0, 0.5, 0.4, 0.9), "Loss", "samples are worse in 2 of 4 measures"),
        ((8.0, 0.5, 0.5, 0.9), "Cannot tell", "samples are worse in one measure alone (Fréchet distance"),
        ((8.0, 0.7, 0.5, 0.9), "Cannot tell", "which samples are better depends on the measure: better in Coverage"),
        ((3.0, 0.5, 0.5, 0.9), "Cannot tell", "no difference between samples was shown in Fréchet distance, Coverage"),
    ],
)
def test_samples_are_better_or_worse_only_where_several_measures_agree(
    values: tuple[float, ...], kind: str, said: str
) -> None:
    before = (3.0, 0.5, 0.5, 0.9)
    measured = [
        compared(key, first, second, 0.01, first != second)
        for key, first, second in zip(SAMPLES, before, values, strict=True)
    ]
    (clause,) = sentences.clauses(chosen(*measured))
    assert clause.kind == kind and clause.text.startswith(said), clause


def test_models_that_are_sampled_in_different_ways_are_also_compared_alike() -> None:
    item = chosen(*(compared(key, 3.0, 8.0, 0.5) for key in ("frechet", "frechet_gaussian")))
    item = dataclasses.replace(item, first=dataclasses.replace(item.first, prior="a Gaussian fitted to its codes"))
    (clause,) = sentences.clauses(item)
    assert clause.text.endswith(
        "from a Gaussian fitted to the codes of each, Fréchet distance is 8.00 against 3.00 (worse)"
    )


def test_the_limits_of_a_sentence_are_said() -> None:
    single = compared("mse", 0.02, 0.021, 0.0004)
    assert sentences.limits(chosen(single)) == (
        "Each was trained once: this is about these two trained models.",
        "Both trainings had converged.",
    )
    assert "The second was still improving when its training ended." in sentences.limits(
        chosen(single, falling=(False, True))
    )
    repeated = chosen(of_kinds("mse", 0.02, 0.021, 0.0004))
    assert sentences.limits(repeated)[0] == "Over at least 3 trainings of each: this is about the kinds of model."
    (clause,) = sentences.clauses(repeated)
    assert clause.text == "reconstructions are 5.0 % worse (MSE, ± 2.0 %)"  # the share of images is of single models
    beaten = dataclasses.replace(repeated, second=cell(VAE, mse=0.05, pca_mse=0.04))
    assert sentences.limits(beaten)[-1] == "PCA with as many numbers reconstructs better than VAE."


def a_page(root: Path, table: Table, plans: list[Plan] | None = None) -> Page:
    fake_workspace.make(root, plans)
    return dataclasses.replace(read(root), verdicts=table)


def test_pairs_are_chosen_by_rule_and_not_by_what_came_of_them(tmp_path: Path) -> None:
    found: list[Chosen] = []
    for value in (0.01, 0.03):
        candidates = tuple(
            a_pair(
                compared("mse", 0.02, value if depth == 1 else 0.04 - value, 0.001),
                names=(f"AE_latent{latent}_depth{depth}_ReLU", f"VAE_latent{latent}_depth{depth}_ReLU"),
            )
            for latent in (2, 8)
            for depth in (2, 1)
        )
        page = a_page(tmp_path / str(value), Table(pairs=candidates, combined={}, claims=()))
        found += pairs.chosen(page)
    assert [(item.first.name, item.second.name) for item in found] == [(AE, VAE)] * 2


def test_a_training_that_converged_comes_before_a_smaller_depth(tmp_path: Path) -> None:
    candidates = tuple(
        a_pair(names=(f"AE_latent8_depth{depth}_ReLU", f"VAE_latent8_depth{depth}_ReLU"), falling=(depth == 1, False))
        for depth in (1, 2)
    )
    (item,) = pairs.chosen(a_page(tmp_path, Table(pairs=candidates, combined={}, claims=())))
    assert item.second.name == "VAE_latent8_depth2_ReLU"


def test_dense_networks_come_before_all_others_even_with_a_shorter_code(tmp_path: Path) -> None:
    both = [
        (Plan(f"{net}AE", None, latent, 1), Plan(f"{net}VAE", 1.0, latent, 1)) for net, latent in (("Res", 8), ("", 2))
    ]
    candidates = tuple(a_pair(names=(first.name, second.name)) for first, second in both)
    page = a_page(tmp_path, Table(pairs=candidates, combined={}, claims=()), [*both[0], *both[1]])
    (item,) = pairs.chosen(page)
    assert item.second.name == "VAE_latent2_depth1_ReLU"


def ranked(values: dict[str, tuple[float, ...]], half: float = 0.01, **metrics: float) -> str:
    """The sentence on the best samples; `metrics` are further ones of the first cell."""
    rows = tuple(
        Row(name, name, (cell(f"{name}_latent8_depth1_ReLU", **(metrics if place == 0 else {})),))
        for place, name in enumerate(values)
    )
    columns = tuple(
        Column(
            BY_KEY[key],
            {},
            {name: Estimate(key, own[place], own[place] - half, own[place] + half) for name, own in values.items()},
            {},
            None,
        )
        for place, key in enumerate(SAMPLES)
    )
    return best_samples(rows, columns)


LEADER, OTHER = (1.0, 0.9, 0.8, 0.9), (3.0, 0.5, 0.5, 0.7)


def test_the_best_samples_are_named_where_measures_agree_and_ties_are_named() -> None:
    text = ranked({"VQVAE": LEADER, "VAE": OTHER})
    assert text.startswith("VQVAE has the best samples, ahead of every other cell in Fréchet distance (1.00), Coverage")
    assert ranked({"VQVAE": LEADER, "VAE": (3.0, 0.5, 0.5, 0.895)}).endswith(
        "level with it within the intervals: in Recall 1 other cell."
    )
    assert "cannot be told apart: VQVAE and VAE are level" in ranked({"VQVAE": LEADER, "VAE": OTHER}, half=9)
    assert ranked({"VQVAE": (1.0, 0.9, 0.5, 0.7), "VAE": (3.0, 0.5, 0.8, 0.9)}).startswith("Which cell has the best")
    alone = ranked({"VQVAE": (1.0, 0.9, 0.8, 0.9), "VAE": (3.0, 0.9, 0.8, 0.9)})
    assert alone.startswith("No cell is ahead in several measures")


def test_what_pca_beats_is_best_at_nothing_and_a_list_is_short() -> None:
    three: dict[str, tuple[float, ...]] = {"VQVAE": LEADER, "VAE": OTHER, "AE": (4.0, 0.4, 0.4, 0.6)}
    assert ranked(three, mse=0.05, pca_mse=0.04).startswith("VAE has the best samples")
    text = ranked({f"M{place}": LEADER for place in range(12)})
    assert "M0, M1, M2 and 9 more are level" in text
    assert ranked({"VAE": LEADER}) == ""


def test_the_pictures_are_of_the_same_places_in_every_cell(tmp_path: Path) -> None:
    fake_workspace.make(tmp_path)
    page = read(tmp_path)
    strips = [pictures.strip(one, *pictures.RECONSTRUCTION) for one in page.cells]
    assert {(item.width, item.height) for item in strips if item} == {(3 * (4 * 28 + 3 * 2), 3 * 28)}
    assert all(strips) and pictures.strip(page.cells[0], "reconstruction", 2) is None
    bare = dataclasses.replace(page.cells[0], samples=())
    assert pictures.strip(bare, *pictures.SAMPLE) is None


def test_the_pair_that_moves_has_two_dimensions_where_it_is_live(tmp_path: Path) -> None:
    fake_workspace.make(tmp_path)
    page = read(tmp_path)
    names = [f"{model}_latent{latent}_depth1_ReLU" for latent in (8, 2) for model in ("AE", "VAE")]

    def with_live(live: list[str]) -> tuple[str, ...]:
        ways = {name: "live" if name in live else "atlas" for name in names}
        explorer = tuple(Explorable(name, way, "", False, None, "", None, None) for name, way in ways.items())
        return tuple(one.name for one in moving(dataclasses.replace(page, explorer=explorer)) or ())

    assert with_live(names) == tuple(names[2:])
    assert with_live(names[:3]) == tuple(names[:2])
    assert with_live(names[1:3]) == ()


def test_a_map_of_codes_is_called_by_what_it_is() -> None:
    coded = cell("VQVAE_latent16_depth3_ReLU")
    coded = dataclasses.replace(coded, code=codebook.named((450,) * 2, 100, (1, 28, 28)))
    assert coded.code == "3 × 3 codes of 2"
    assert codebook.named((450,) * 2, 100, (1, 28, 14)) == "9 codes of 2"
    assert [one.label for one in label([cell(VAE), coded])] == [
        "VAE, latent 8, depth 1",
        "VQVAE, 3 × 3 codes of 2, depth 3",
    ]
    assert axis(coded, "latent_dim") == coded.code
    item = Chosen(CHANGES[-1], a_pair(), cell(VAE), dataclasses.replace(coded, metrics=(Estimate("bits", 9.0),)))
    assert sentences.title(item) == "From one (3 × 3 codes of 2, 9 bits)"


def test_the_section_has_sentences_pictures_and_links_for_each_change(tmp_path: Path) -> None:
    table = Table(pairs=(a_pair(compared("mse", 0.02, 0.021, 0.0004)),), combined={}, claims=())
    html = render(a_page(tmp_path, table))
    answer = html[html.index('<section id="answer"') : html.index('<section id="wall"')]
    assert "From an autoencoder to a VAE: 3 models in 12 cells" in answer
    assert '<strong class="loss">Loss:</strong> reconstructions are 5.0 % worse' in answer
    assert f'href="#compare={AE}&amp;compare={VAE}&amp;way=side"' in answer
    assert answer.count("Reconstructions by VAE, latent 8, depth 1") == 2  # with its model, and as proof
    assert "best samples" not in answer.split('class="answers"')[0]
