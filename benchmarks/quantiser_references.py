"""The quantisers beside those of vector-quantize-pytorch: the same codes on the same inputs.

    uv run --group benchmark python -m benchmarks.quantiser_references

Codes are numbered differently there, so that the vectors are compared, and how many of a map's positions agree. In FSQ,
it widens the range of bounded numbers by a thousandth where the paper, and this project, narrow it; both are compared.
"""

import torch
import vector_quantize_pytorch
from torch import Tensor

from vaeplay.models.parts import scalar
from vaeplay.models.parts.codebooks import ResidualVQ
from vaeplay.models.parts.scalar import FSQ, LFQ, entropy_of_mean, surprise
from vaeplay.noise import Noise

LEVELS = ([8, 6, 5], [8, 5, 5, 5], [7, 5, 5, 5, 5], [5, 5, 5])


def agreement(ours: Tensor, theirs: Tensor) -> float:
    """The share of positions whose vectors are the same, (B, D, h, w) twice."""
    return float(((ours - theirs).abs().amax(1) < 1e-5).double().mean())


@torch.no_grad()
def fsq(levels: list[int]) -> float:
    """FSQ with these levels, on normal numbers."""
    z = torch.randn(64, len(levels), 16, 16, generator=torch.Generator().manual_seed(0))
    ours = FSQ(len(levels), levels).eval()  # without a step, its running mean is 0 and its variance 1
    theirs, _ = vector_quantize_pytorch.FSQ(levels)(z)
    return agreement(ours.vectors(ours.codes(z)), theirs)


@torch.no_grad()
def lfq(dimensions: int) -> tuple[float, float, float]:
    """LFQ's codes, and its entropies: ours and theirs, nats for each position."""
    z = torch.randn(64, dimensions, 16, 16, generator=torch.Generator().manual_seed(0))
    ours = LFQ(dimensions, commitment=0.0, entropy=1.0)
    module = vector_quantize_pytorch.LFQ(
        dim=dimensions, codebook_size=2**dimensions, entropy_loss_weight=1.0, diversity_gamma=1.0
    )
    found, breakdown = module.train()(z, inv_temperature=1.0, return_loss_breakdown=True)
    entropy = float(surprise(4 * z).sum(1).mean() - entropy_of_mean(4 * z.movedim(1, -1)))
    theirs = float(breakdown.per_sample_entropy - breakdown.batch_entropy)
    return agreement(ours.vectors(ours.codes(z)), found.quantized), entropy, theirs


@torch.no_grad()
def residual(stages: int, codes: int = 16, dimensions: int = 4) -> float:
    """Residual VQ with their codebooks."""
    z = torch.randn(64, dimensions, 16, 16, generator=torch.Generator().manual_seed(0))
    settings = {"codes": codes, "commitment": 0.25, "decay": 0.9, "reseed_below": 0.0}
    ours = ResidualVQ(dimensions, stages, **settings).eval()
    ours.start(z, Noise(0))
    theirs = vector_quantize_pytorch.ResidualVQ(dim=dimensions, num_quantizers=stages, codebook_size=codes).eval()
    for stage, layer in zip(ours.stages, theirs.layers, strict=True):
        layer._codebook.embed.data.copy_(stage.codebook[None])
        layer._codebook.initted.data.copy_(torch.tensor(True))
    flat = z.movedim(1, -1).flatten(1, 2)
    vectors, _, _ = theirs(flat)
    return agreement(ours.vectors(ours.codes(z)), vectors.view(64, 16, 16, dimensions).movedim(-1, 1))


def main() -> None:
    """Print all of it."""
    paper = scalar.MARGIN
    for levels in LEVELS:
        with_papers = fsq(levels)
        scalar.MARGIN = -paper
        print(f"FSQ {levels}: {with_papers:.4%} of the codes are the same, with their margin {fsq(levels):.4%}")
        scalar.MARGIN = paper
    for dimensions in (2, 6, 10):
        same, ours, theirs = lfq(dimensions)
        print(f"LFQ, {dimensions} signs: {same:.4%} the same; entropies {ours:.6f} and {theirs:.6f} nats a position")
    for stages in (1, 2, 4):
        print(f"residual VQ, {stages} stages: {residual(stages):.4%} the same")


if __name__ == "__main__":
    main()
