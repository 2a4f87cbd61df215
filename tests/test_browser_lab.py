"""The lab in a real browser: its training step against PyTorch's, and its dials, presets and pictures.

As in test_browser, any console message, error or further request fails a test.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from safetensors.numpy import save_file
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from stages.report import main
from tests import fake_workspace
from tests.test_browser import NARROW, browser, opened
from vaeplay.gallery.lab.data import PRESETS, word

__all__ = ["browser"]
PIXELS, BATCH, STEPS, LOOKS = 36, 8, 200, (1, 20, 200)
ROWS = STEPS * BATCH

# The same numbers on both sides: images in 0…1, some of them 0, noise, and the weights of the four layers.
TRAINED = """([shape, training, weights, x, noise, steps, looks]) => {
    const { generator, network } = modules['lab/engine.js'].makeEngine();
    const made = network(shape, generator(1), Float64Array, 8);
    made.weights.set(weights);
    const [images, draws] = [Float64Array.from(x), Float64Array.from(noise)];
    const found = [];
    for (let step = 1; step <= steps; step++) {
        const batch = images.subarray((step - 1) * 8 * shape.pixels, step * 8 * shape.pixels);
        const drawn = draws.subarray((step - 1) * 8 * shape.latent, step * 8 * shape.latent);
        const beta = training.beta * Math.min(1, step / training.warmup);
        const loss = made.step(batch, drawn, 8, { ...training, beta });
        if (looks.includes(step)) found.push([loss.distortion, loss.rate, [...made.weights]]);
    }
    return found;
}"""
CASES = [
    ({"hidden": 12, "latent": 2, "activation": "ReLU"}, {"beta": 1.0, "learningRate": 3e-3, "warmup": 1}),
    ({"hidden": 7, "latent": 5, "activation": "tanh"}, {"beta": 4.0, "learningRate": 1e-2, "warmup": 50}),
    ({"hidden": 16, "latent": 3, "activation": "ReLU"}, {"beta": 0.25, "learningRate": 1e-3, "warmup": 1}),
]


def in_torch(
    shape: dict[str, Any], training: dict[str, Any], layers: list[nn.Linear], x: torch.Tensor, noise: torch.Tensor
) -> list[tuple[float, float, torch.Tensor]]:
    """Distortion, rate and all weights after the steps of `LOOKS`, by PyTorch's own layers, losses and Adam."""
    first, statistics, widening, last = layers
    act = torch.relu if shape["activation"] == "ReLU" else torch.tanh
    optimiser = torch.optim.Adam([p for layer in layers for p in layer.parameters()], lr=training["learningRate"])
    found = []
    for step in range(1, STEPS + 1):
        rows = slice((step - 1) * BATCH, step * BATCH)
        mu, log_variance = statistics(act(first(x[rows]))).chunk(2, -1)
        z = mu + (log_variance / 2).exp() * noise[rows] if training["vae"] else mu
        logits = last(act(widening(z)))
        distortion = binary_cross_entropy_with_logits(logits, x[rows], reduction="sum") / BATCH
        posterior = torch.distributions.Normal(mu, (log_variance / 2).exp())
        rate = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0.0, 1.0)).sum() / BATCH
        weight = training["beta"] * min(1, step / training["warmup"]) if training["vae"] else 0.0
        optimiser.zero_grad()
        (distortion + weight * rate).backward()
        optimiser.step()
        if step in LOOKS:
            found.append((distortion.item(), rate.item() if training["vae"] else 0.0, flat(layers)))
    return found


def flat(layers: list[nn.Linear]) -> torch.Tensor:
    """All weights in the order of the engine: of each layer its weights by input, then its biases."""
    return torch.cat([part for layer in layers for part in (layer.weight.T.reshape(-1), layer.bias)]).detach().clone()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page with a lab: its images are bars whose place and width depend on the class."""
    root = tmp_path_factory.mktemp("lab")
    fake_workspace.make(root)
    random = np.random.default_rng(0)
    labels = np.arange(600) % 4
    images = random.integers(0, 30, (600, 1, 12, 12)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[0, 3 * label : 3 * label + 3, : random.integers(4, 12)] = 240
    save_file({"train_images": images, "train_labels": labels}, root / "data/images.safetensors")
    main(root)
    return (root / "reports/gallery.html").as_uri()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with opened(browser, address) as page:
        seen(page)
        yield page


def seen(page: Page) -> None:
    """Scroll to the lab, and wait until it shows its model."""
    page.evaluate("document.querySelector('#lab').scrollIntoView({ behavior: 'instant' })")
    page.wait_for_function("() => modules['lab/script.js'].lab.latest()")


def look(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate("({ ...modules['lab/script.js'].lab.latest(), points: [], grid: [] })")
    return found


def after(page: Page, steps: int) -> dict[str, Any]:
    page.wait_for_function(f"() => modules['lab/script.js'].lab.latest().steps >= {steps}", timeout=20_000)
    return look(page)


def act(page: Page, name: str) -> None:
    page.click(f"#lab [data-act={name}]")


@pytest.mark.parametrize("vae", [True, False], ids=["VAE", "AE"])
@pytest.mark.parametrize(("shape", "training"), CASES)
def test_every_weight_is_torch_s(page: Page, shape: dict[str, Any], training: dict[str, Any], vae: bool) -> None:
    shape, training = shape | {"pixels": PIXELS}, training | {"vae": vae}
    torch.manual_seed(3)
    sizes = [(PIXELS, shape["hidden"]), (shape["hidden"], 2 * shape["latent"])]
    sizes += [(shape["latent"], shape["hidden"]), (shape["hidden"], PIXELS)]
    layers = [nn.Linear(*size, dtype=torch.float64) for size in sizes]
    x = torch.rand(ROWS, PIXELS, dtype=torch.float64)
    x[x < 0.3] = 0
    noise = torch.randn(ROWS, shape["latent"], dtype=torch.float64)
    given = [shape, training, flat(layers).tolist(), x.reshape(-1).tolist(), noise.reshape(-1).tolist(), STEPS, LOOKS]
    expected = in_torch(shape, training, layers, x, noise)
    found = page.evaluate(TRAINED, given)
    for step, (distortion, rate, weights), (their_distortion, their_rate, theirs) in zip(
        LOOKS, found, expected, strict=True
    ):
        assert distortion == pytest.approx(their_distortion, rel=1e-9), step
        assert rate == pytest.approx(their_rate, rel=1e-9), step
        difference = np.abs(np.array(weights) - theirs.numpy())
        print(f"{shape} {training}: after {step} steps {difference.max():.1e}")
        assert difference.max() < 1e-6, step


def test_random_numbers_are_normal_and_follow_the_seed(page: Page) -> None:
    draw = """(seed) => {
        const out = new Float64Array(20001);
        modules['lab/engine.js'].makeEngine().generator(seed).normal(out);
        return [...out];
    }"""
    first, again, other = (np.array(page.evaluate(draw, seed)) for seed in (1, 1, 2))
    assert (first == again).all() and abs(np.corrcoef(first, other)[0, 1]) < 0.03
    assert abs(first.mean()) < 0.03 and abs(first.std() - 1) < 0.02
    assert abs((np.abs(first) < 1.96).mean() - 0.95) < 0.01
    assert abs(np.corrcoef(first[:-1], first[1:])[0, 1]) < 0.03


def test_it_learns_after_train_alone_and_stops_out_of_sight(page: Page) -> None:
    assert look(page)["steps"] == 0
    act(page, "step")
    start = after(page, 1)
    assert start["steps"] == 1 and 80 < start["distortion"] < 110  # about 144 log 2
    act(page, "train")
    expect(page.locator("#lab [role=status]")).to_have_text("Training.")
    assert after(page, 200)["distortion"] < 0.6 * start["distortion"]
    page.evaluate("window.scrollTo({ top: document.body.scrollHeight, behavior: 'instant' })")
    for _ in range(20):
        steps = look(page)["steps"]
        page.wait_for_timeout(200)
        if look(page)["steps"] == steps:
            break
    else:
        raise AssertionError("it went on out of sight")
    seen(page)
    after(page, steps + 1)
    act(page, "train")
    expect(page.locator("#lab [data-act=train]")).to_have_text("Train")
    act(page, "reset")
    page.wait_for_function("() => modules['lab/script.js'].lab.latest().steps === 0")


def test_dials_act_while_it_learns_and_stand_in_the_address(page: Page) -> None:
    act(page, "train")
    after(page, 20)
    page.select_option("#lab [name=beta]", label="32")
    page.wait_for_function("() => modules['lab/script.js'].lab.latest().weight === 32")
    assert look(page)["steps"] >= 20
    page.select_option("#lab [name=latent]", label="8")
    page.wait_for_function("() => modules['lab/script.js'].lab.latest().run === 2")
    act(page, "train")
    assert page.evaluate("location.hash") == f"#lab={word({'beta': '32', 'latent': '8'})}"
    page.reload()
    seen(page)
    assert page.evaluate("modules['lab/script.js'].lab.settings()") == {
        "model": "VAE",
        "beta": 32,
        "warmup": 0,
        "rate": 0.003,
        "latent": 8,
        "hidden": 64,
        "images": "imagesall",
        "activation": "ReLU",
        "seed": 1,
    }
    assert look(page)["steps"] == 0, "a link starts nothing"


def test_a_preset_starts_its_run_and_its_link_brings_it_back(browser: Browser, address: str, page: Page) -> None:
    preset = next(item for item in PRESETS if item.title == "Collapse")
    page.get_by_role("link", name=preset.title, exact=True).click()
    after(page, 300)
    page.wait_for_function("() => modules['lab/script.js'].lab.latest().rate < 0.1", timeout=20_000)
    link = page.url
    assert link == f"{address}#lab={preset.word}"
    with opened(browser, link) as again:
        seen(again)
        assert again.evaluate("modules['lab/script.js'].lab.settings().beta") == 32
        assert again.evaluate("!modules['lab/script.js'].lab.running()")


def test_images_held_out_are_measured_beside_those_that_are_learned(page: Page) -> None:
    page.select_option("#lab [name=images]", label="100")
    act(page, "step")
    start = after(page, 1)
    assert 80 < start["heldOut"] < 110  # about 144 log 2, as of the images that are learned
    act(page, "train")
    found = after(page, 100)
    assert found["heldOut"] < 0.7 * start["heldOut"]
    expect(page.locator("#lab output[name=distortion]")).to_contain_text("images held out (dashed)")


def test_equal_seeds_learn_the_same_and_nonsense_in_a_link_is_passed_over(browser: Browser, address: str) -> None:
    found = []
    for settings in ("AE_beta77_latent4_hidden16_seed3", "AE_latent4_hidden16_seed3_so"):
        with opened(browser, f"{address}#lab={settings}") as page:
            seen(page)
            act(page, "step")
            found.append(after(page, 1)["distortion"])
    assert found[0] == found[1]


def test_the_lab_is_accessible_narrow_and_dark(browser: Browser, address: str) -> None:
    with opened(browser, address, NARROW, color_scheme="dark", reduced_motion="reduce") as page:
        seen(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
        act(page, "step")
        after(page, 1)
        result = Axe().run(page, context="#lab")
        assert result.violations_count == 0, result.generate_report()
