"""Random choices: as often as their weights say, the same on every device, and never what has no weight."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from vaeplay.noise import sample_categorical


def test_every_index_is_drawn_for_its_share_of_the_line() -> None:
    weights = torch.tensor([[1.0, 0.0, 2.0, 5.0], [3.0, 3.0, 0.0, 0.0]])
    shares = torch.arange(80_000) / 80_000
    counts = torch.stack(
        [torch.bincount(row, minlength=4) for row in sample_categorical(weights, shares.expand(2, -1).contiguous())]
    )
    expected = 80_000 * weights / weights.sum(1, keepdim=True)
    assert (counts - expected).abs().max() <= 1
    assert (counts[weights == 0] == 0).all()


@given(
    st.lists(st.sampled_from([0.0, 1e-20, 1e-3, 1.0, 3.0, 1e6, 1e30]), min_size=1, max_size=40).filter(any),
    st.floats(0, 1, width=32, exclude_max=True),
)
def test_what_has_no_weight_is_never_drawn_and_scale_does_not_matter(weights: list[float], share: float) -> None:
    values, shares = torch.tensor(weights), torch.tensor([share])
    chosen = sample_categorical(values, shares)
    assert values[chosen] > 0
    assert sample_categorical(values / 8, shares) == chosen


def test_equal_weights_of_many_are_told_apart() -> None:
    for count in (65_536, 2**20):
        places = torch.tensor([0, 1, count // 2, count - 1])
        assert sample_categorical(torch.ones(count), (places + 0.5) / count).tolist() == places.tolist()


def test_no_weight_at_all_still_gives_an_index() -> None:
    assert sample_categorical(torch.zeros(5), torch.tensor([0.0, 0.9])).tolist() == [4, 4]
