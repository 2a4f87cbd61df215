"""The answers: each change's gains and losses in words, the pair that stands for it, and what is never said."""

import dataclasses
from pathlib import Path

import pytest
from torch import Tensor

from tests import fake_workspace
from tests.fake_workspace import Plan
from tests.test_copies import subject_with
from vaeplay.evaluation.metrics.copies import metrics as of_samples
from vaeplay.evaluation.registry import BY_KEY
from vaeplay.gallery.answer import pairs, pictures, sentences
from vaeplay.gallery.answer.best import Best, best_samples
from vaeplay.gallery.answer.collapse import dimensions
from vaeplay.gallery.answer.copies import Copies, copies
from vaeplay.gallery.answer.data import live, moving, shown
from vaeplay.gallery.answer.generation import others_copying
from vaeplay.gallery.answer.pairs import CHANGES, Chosen
from vaeplay.gallery.answer.sentences import SAMPLES
from vaeplay.gallery.cells import codebook
from vaeplay.gallery.columns import Column, Row
from vaeplay.gallery.explorer.explorable import Explorable
from vaeplay.gallery.page import Cell, Estimate, Page, Reconstructions, TestImages, Unit
from vaeplay.gallery.read import label, read
from vaeplay.gallery.render import render
from vaeplay.gallery.words import axis
from vaeplay.settings.cells import Axes
from vaeplay.verdicts.table import Compared, Comparison, Judged, OfKinds, OfModels, Piece, Table
from vaeplay.verdicts.words import NO_BREAK

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


def clauses(item: Chosen) -> list[tuple[str, str]]:
    """The clauses of a pair, with common spaces."""
    return [(clause.kind, plain(clause.text)) for clause in sentences.clauses(item)]


def plain(text: str) -> str:
    return text.replace(NO_BREAK, " ")


def test_a_worse_and_a_better_metric_are_a_loss_and_a_gain_with_difference_and_interval() -> None:
    worse, better = compared("mse", 0.020, 0.021, 0.0004), compared("holes", 0.31, 0.12, 0.02)
    assert clauses(chosen(worse, better)) == [
        ("Loss", "reconstructions are 5.0 % worse in MSE (± 2.0 %), and worse on 25 % of the test images"),
        ("Gain", "the latent space has fewer holes: 12 % of draws fall into one, instead of 31 % (± 2.0 points)"),
    ]
    assert clauses(chosen(compared("mse", 0.020, 0.010, 0.0004))) == [
        ("Gain", "reconstructions are 50 % better in MSE (± 2.0 %), and better on 75 % of the test images")
    ]


def test_what_is_not_shown_after_correction_cannot_be_told() -> None:
    unshown = [compared("mse", 0.02, 0.021, 0.0004, False), compared("holes", 0.1, 0.12, 0.05, False)]
    unshown += [compared("rate", 10.0, 10.1, 0.01, False)]
    corrected = " once corrected for all metrics of the pair"
    assert clauses(chosen(*unshown)) == [
        ("Cannot tell", f"no difference in MSE was shown{corrected} (+3.0 to +7.0 %)"),
        ("Cannot tell", f"no difference in holes was shown{corrected}: 12 % of draws fall into one, instead of 10 %"),
    ]


def test_a_rate_is_neither_gain_nor_loss() -> None:
    said = clauses(chosen(compared("rate", 15.64, 11.9, 0.071)))
    assert said == [("Changed", "the rate falls by 3.74 nats per image (± 0.07)")]


@pytest.mark.parametrize(
    ("values", "kind", "said"),
    [
        (
            (8.0, 0.3, 0.4, 0.7),
            "Loss",
            "samples are worse in all 4 measures: Fréchet distance (8.00 instead of 3.00, ± 0.01), coverage",
        ),
        ((1.0, 0.6, 0.7, 0.95), "Gain", "samples are better in all 4 measures"),
        ((8.0, 0.5, 0.4, 0.9), "Loss", "samples are worse in 2 of 4 measures"),
        ((8.0, 0.5, 0.5, 0.9), "Cannot tell", "samples are worse in one measure only, Fréchet distance (8"),
        (
            (8.0, 0.7, 0.5, 0.9),
            "Cannot tell",
            "samples are better in coverage (0.700 instead of 0.500, ± 0.010), but worse in",
        ),
        ((3.0, 0.5, 0.5, 0.9), "Cannot tell", "no difference between samples was shown in Fréchet distance, coverage"),
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
    assert clause.kind == kind and plain(clause.text).startswith(said), clause


def test_models_that_are_sampled_in_different_ways_are_also_compared_alike() -> None:
    item = chosen(*(compared(key, 3.0, 8.0, 0.5) for key in ("frechet", "frechet_gaussian")))
    item = dataclasses.replace(item, first=dataclasses.replace(item.first, prior="a Gaussian fitted to its codes"))
    (clause,) = sentences.clauses(item)
    assert clause.text.endswith(
        "with a Gaussian fitted to the codes of each, Fréchet distance is 8.00 instead of 3.00 (worse)"
    )


def test_the_limits_of_a_sentence_are_said() -> None:
    single = compared("mse", 0.02, 0.021, 0.0004)
    assert sentences.limits(chosen(single)) == (
        "Each was trained once, so this is about these two trained models.",
        "Both trainings had converged.",
    )
    assert "The second was still improving when its training ended." in sentences.limits(
        chosen(single, falling=(False, True))
    )
    repeated = chosen(of_kinds("mse", 0.02, 0.021, 0.0004))
    assert sentences.limits(repeated)[0] == "Each was trained at least 3 times, so this is about the kinds of model."
    (clause,) = sentences.clauses(repeated)
    assert (
        plain(clause.text) == "reconstructions are 5.0 % worse in MSE (± 2.0 %)"
    )  # the share of images is of single models
    beaten = dataclasses.replace(repeated, second=cell(VAE, mse=0.05, pca_mse=0.04))
    assert sentences.limits(beaten)[-1] == "PCA with as many components reconstructs better than VAE."


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


def ranked(values: dict[str, tuple[float, ...]], half: float = 0.01, **metrics: float) -> Best | None:
    """The best samples; `metrics` are further ones of the first cell."""
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


def said(best: Best | None) -> str:
    assert best is not None
    return best.sentence


LEADER, OTHER = (1.0, 0.9, 0.8, 0.9), (3.0, 0.5, 0.5, 0.7)


def test_the_best_samples_are_named_where_measures_agree_and_ties_are_named() -> None:
    best = ranked({"VQVAE": LEADER, "VAE": OTHER})
    ahead = "VQVAE, whose samples are ahead of those of every other cell in Fréchet distance (1.00), coverage"
    assert said(best).startswith(ahead) and best and [row.name for row in best.rows] == ["VQVAE"]
    assert said(ranked({"VQVAE": LEADER, "VAE": (3.0, 0.5, 0.5, 0.895)})).endswith(
        "The intervals do not separate it from 1 other cell in recall"
    )
    tied = ranked({"VQVAE": LEADER, "VAE": OTHER}, half=9)
    assert said(tied).startswith("VQVAE and VAE: the intervals separate them in no measure") and tied
    assert [row.name for row in tied.rows] == ["VQVAE", "VAE"]
    split = ranked({"VQVAE": (1.0, 0.9, 0.5, 0.7), "VAE": (3.0, 0.5, 0.8, 0.9)})
    assert said(split).startswith("it depends on the measure: by Fréchet distance, VQVAE; by coverage, VQVAE")
    assert split and [row.name for row in split.rows] == ["VQVAE", "VAE"]
    alone = ranked({"VQVAE": (1.0, 0.9, 0.8, 0.9), "VAE": (3.0, 0.9, 0.8, 0.9)})
    assert said(alone).startswith("VQVAE is among the best in every measure of samples, but ahead in fewer than two")


def test_what_pca_beats_is_best_at_nothing_and_a_list_is_short() -> None:
    three: dict[str, tuple[float, ...]] = {"VQVAE": LEADER, "VAE": OTHER, "AE": (4.0, 0.4, 0.4, 0.6)}
    assert said(ranked(three, mse=0.05, pca_mse=0.04)).startswith("VAE, whose samples")
    assert said(ranked({f"M{place}": LEADER for place in range(12)})).startswith("M0, M1, M2 and 9 more: ")
    assert ranked({"VAE": LEADER}) is None


def copied(metrics: dict[str, tuple[float, float, float]]) -> Copies | None:
    """The answer for a cell with these metrics, each with its interval."""
    columns = tuple(
        Column(BY_KEY[key], {}, {"VAE": Estimate(key, *estimate, count=1000)}, {}, None)
        for key, estimate in metrics.items()
    )
    return copies(Row("VAE", "VAE", (cell(VAE),)), columns)


NEW = {"copying_features": (0.47, 0.45, 0.5), "train_distance_features": (1.15, 1.1, 1.2)}


def test_whether_samples_are_copies_is_answered_with_the_evidence() -> None:
    new = copied(NEW)
    assert new and new.copied == "No"
    assert plain(new.evidence).startswith(
        "A copy is much closer to one training image than to the second nearest. How often a sample is more so than a "
        "test image: 47.0 % (± 2.5) in the classifier’s features (over 1\u2009000 samples); new images give 50 %"
    )
    pixels = {"copying_pixels": (0.6, 0.58, 0.62), "train_distance_pixels": (0.8, 0.75, 0.85)}
    fifth = copied(NEW | pixels)  # one space is enough
    assert fifth and fifth.copied == "Yes" and "in pixels" in fifth.evidence and "features" not in fifth.evidence
    assert "about 20 % copies" in plain(fifth.evidence)
    far = copied({"copying_features": (0.53, 0.51, 0.55), "train_distance_features": (1.25, 1.2, 1.3)})
    assert far and far.copied == "No"  # nearer to one than to others, and far from all
    unsure = copied({"copying_features": (0.53, 0.51, 0.55), "train_distance_features": (1.0, 0.95, 1.05)})
    assert unsure and unsure.copied == "Cannot tell"
    assert copied({}) is None


def test_samples_that_replay_training_images_are_called_copies_and_new_images_are_not(digits: Tensor) -> None:
    """From the images to the answer: the metrics of replayed and of unseen digits, as the page reads them."""
    for replayed, answer in ((1.0, "Yes"), (0.0, "No")):
        metrics = of_samples(subject_with(digits, lambda x: x, replayed))
        ends = {key: (one.value, one.low, one.high) for key, one in metrics.items() if one.low and one.high}
        found = copied(ends)
        assert found and found.copied == answer, found


def test_copies_in_other_cells_are_counted_and_named() -> None:
    assert others_copying({"AE": "No", "VAE": "No"}) == "Of the 2 other cells, copies are found in none."
    assert others_copying({"AE": "Yes", "VAE": "No", "IWAE": "Cannot tell"}) == (
        "Of the 3 other cells, copies are found in AE, and the tests do not decide for IWAE."
    )
    assert others_copying({}) == ""


def with_units(name: str, off: tuple[int, ...] = (), count: int = 8) -> Cell:
    units = tuple(Unit(place, 1.0, place + 1 not in off, place + 1 in off) for place in range(count))
    return dataclasses.replace(cell(name), spectrum=units)


def test_dimensions_that_a_higher_beta_collapses_are_counted_and_named() -> None:
    before, same, fewer = with_units(VAE), with_units("BetaVAE_latent8_depth1_ReLU"), with_units("Beta", (3,))
    kept = dimensions(before, same, [same])
    assert kept and (kept.kind, kept.text) == ("Unchanged", "all 8 dimensions are active in both")
    elsewhere = dimensions(before, same, [same, fewer])
    assert elsewhere and elsewhere.text.endswith(
        "Elsewhere in this grid: 7 of 8 dimensions are active (dimension 3 is off) in Beta"
    )
    lost = dimensions(before, fewer, [fewer])
    assert lost and lost.kind == "Changed"
    assert lost.text == (
        "7 of 8 dimensions are active (dimension 3 is off) in Beta, 8 of 8 dimensions are active in VAE"
    )
    assert dimensions(cell(AE), before, []) is None


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


def test_a_link_to_the_explorer_shows_long_codes_at_an_image_and_two_dimensions_on_their_plane(tmp_path: Path) -> None:
    both = (cell(AE), cell(VAE))
    plane, long = (
        tuple(Explorable(one.name, "live", "", plane, None, "", None, None) for one in both) for plane in (True, False)
    )
    images = TestImages("", 2, (0, 2, 4, 6), (0, 0, 0, 0))
    errors: dict[str, dict[str, tuple[float | None, ...]]] = {
        AE: {"mse": (0.1, 0.2, 0.1, 0.3)},
        VAE: {"mse": (0.1, 0.5, 0.3, None)},
    }
    rebuilt = Reconstructions((0, 1, 2, 4), (0, 0, 0, 0), 2, (1, 1), "", {}, errors)  # the explorer does not have 1
    fake_workspace.make(tmp_path)
    page = dataclasses.replace(read(tmp_path), images=images, explorer=long)
    address = f"#explore={AE}&explore={VAE}"
    assert live(both, page) == ("See it live in the explorer", f"{address}&image=0")
    text, known = live(both, dataclasses.replace(page, reconstructions=rebuilt)) or ("", "")
    assert known == f"{address}&image=2" and text.endswith("at the test image whose errors differ most")
    assert live(both, dataclasses.replace(page, explorer=plane)) == ("See it live in the explorer", address)
    assert live(both, dataclasses.replace(page, explorer=())) is None


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
    loss = f'<strong class="loss">Loss:</strong> reconstructions are 5.0{NO_BREAK}% worse in MSE'
    assert loss in answer
    assert f'href="#compare={AE}&amp;compare={VAE}&amp;way=side"' in answer
    assert answer.count("Reconstructions by VAE, latent 8, depth 1") == 2  # with its model, and as proof
    assert "Best samples" not in answer.split('class="answers"')[0]


def test_an_answer_says_in_how_many_pairs_the_claim_holds_and_links_to_it(tmp_path: Path) -> None:
    ends = {"values": (0.02, 0.021), "trainings": (1, 1)}
    pieces = (
        Piece(first=AE, second=VAE, effect=0.05, low=0.03, high=0.07, **ends),
        Piece(first=AE.replace("8", "2"), second=VAE.replace("8", "2"), effect=0.0, low=-0.01, high=0.01, **ends),
    )
    claim = Judged(claim="vae_reconstructs_worse", verdict="fails", of="models", evidence=pieces, obstacle=None)
    pair = a_pair(compared("mse", 0.02, 0.021, 0.0004), compared("holes", 0.1, 0.2, 0.01))
    html = plain(render(a_page(tmp_path, Table(pairs=(pair,), combined={}, claims=(claim,)))))
    link = '<a href="#claim-vae_reconstructs_worse">Claim for every such pair</a>'
    predicted = "the VAE&#39;s MSE is at least 2 % higher than the AE&#39;s"
    assert f"{link}, “{predicted}”: holds in 1 of 2 pairs, fails in 1; here it holds." in html
    assert html.count("Claim for every such pair") == 1  # nothing is claimed here of holes
    assert 'id="claim-vae_reconstructs_worse"' in html
    assert "<strong>Fails</strong>: holds in 1 of 2 pairs, fails in 1." in html


def test_of_many_models_those_of_the_answers_have_their_pictures_first(tmp_path: Path) -> None:
    others = [Plan(f"{word}AE", None, 8, 1) for word in ("Denoising", "TopK", "Contractive", "Factor", "W", "A")]
    plans = [Plan("AE", None, 8, 1), *others, *(Plan(name, 1.0, 8, 1) for name in ("Info", "Ladder", "VAE"))]
    fake_workspace.make(tmp_path, plans)
    page = read(tmp_path)
    names = {cell.model: cell for cell in page.cells}
    asked = [Chosen(CHANGES[0], a_pair(), names["AE"], names["VAE"])]
    assert [cell.model for cell in shown(page, asked)] == ["AE", *(plan.model for plan in others), "VAE"]
