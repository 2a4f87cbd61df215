"""Networks fit images of any size, exactly, and refuse those that they cannot halve."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from vaeplay.errors import UserError
from vaeplay.models.parts import nets


@given(
    channels=st.sampled_from([1, 3]),
    height=st.integers(2, 37),
    width=st.integers(2, 37),
    depth=st.integers(1, 4),
)
def test_what_is_halved_comes_back_in_its_exact_size(channels: int, height: int, width: int, depth: int) -> None:
    shape = (channels, height, width)
    if min(height, width) < 2**depth:
        with pytest.raises(
            UserError, match=r"depth: found \d; allowed: up to \d, as images of \d+×\d+ can be halved \d times"
        ):
            nets.conv_encoder(shape, 5, depth, "ReLU", channels=2)
        return
    code = nets.conv_encoder(shape, 5, depth, "ReLU", channels=2)(torch.rand(3, *shape))
    assert code.shape == (3, 5)
    assert nets.conv_decoder(shape, 5, depth, "ReLU", channels=2)(code).shape == (3, *shape)


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_depth_counts_hidden_layers_and_down_samplings(depth: int) -> None:
    def kinds(net: nn.Module, kind: type[nn.Module]) -> int:
        return sum(isinstance(layer, kind) for layer in net.modules())

    dense = nets.dense_encoder((1, 32, 32), 5, depth, "ELU", hidden=7)
    assert kinds(dense, nn.Linear) == depth + 1
    assert kinds(dense, nn.ELU) == depth
    down = nets.conv_encoder((1, 32, 32), 5, depth, "ELU", channels=2)
    up = nets.conv_decoder((1, 32, 32), 5, depth, "ELU", channels=2)
    assert kinds(down, nn.Conv2d) == kinds(up, nn.ConvTranspose2d) == kinds(up, nn.ELU) == depth
    assert [layer.out_channels for layer in down.modules() if isinstance(layer, nn.Conv2d)] == [
        2 << level for level in range(depth)
    ]


def test_bfloat16_is_for_training_alone_and_changes_little() -> None:
    network = nets.conv_encoder((1, 12, 12), 5, 2, "ReLU", 4)
    x = torch.rand(8, 1, 12, 12, generator=torch.Generator().manual_seed(0))
    exact = network.train()(x)
    network.precision = "bfloat16"  # type: ignore[assignment]
    rough = network(x)
    assert rough.dtype == exact.dtype == torch.float32
    assert 0 < (rough - exact).abs().max() < 0.02 * exact.abs().max()
    rough.sum().backward()
    assert all(weights.grad is not None and weights.grad.dtype == torch.float32 for weights in network.parameters())
    assert torch.equal(network.eval()(x), exact)


@given(
    batch=st.integers(1, 3),
    channels=st.integers(1, 5),
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    odd=st.tuples(st.integers(0, 1), st.integers(0, 1)),
    laid_out=st.sampled_from([torch.contiguous_format, torch.channels_last]),
)
def test_a_grey_image_is_made_as_by_a_transposed_convolution(
    batch: int, channels: int, height: int, width: int, odd: tuple[int, int], laid_out: torch.memory_format
) -> None:
    torch.manual_seed(0)
    ours = nets.ToOneMap(channels, odd).double()
    theirs = nn.ConvTranspose2d(channels, 1, 4, stride=2, padding=1, output_padding=odd).double()
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(batch, channels, height, width).double().contiguous(memory_format=laid_out)
    images, gradients = [], []
    for layer in (ours, theirs):
        from_here = x.clone().requires_grad_()
        images.append(layer(from_here))
        images[-1].square().sum().backward()
        gradients.append([from_here.grad, *(weights.grad for weights in layer.parameters())])
    torch.testing.assert_close(*images)
    torch.testing.assert_close(*gradients)
