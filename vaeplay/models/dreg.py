r"""IWAE with doubly reparametrised gradients: the same bound, and an encoder's gradient that does not drown in noise.

    bound = log 1/k Σ_j w_j,   v_j = w_j / Σ_l w_l
    decoder:  ∇ bound = Σ_j v_j ∇ log w_j              as in the IWAE
    encoder:  ∇ bound = Σ_j v_j² ∂log w_j/∂z_j ∇ z_j   in expectation the same, with a smaller variance

The IWAE's gradient for the encoder gets worse as k grows: its signal falls faster than its noise. Here that through
log q(z_j|x) itself is integrated out. Tucker et al. 2019, arXiv:1810.04152.
"""

from torch import Tensor
from typing_extensions import override

from vaeplay.models.iwae import IWAE
from vaeplay.models.parts import losses
from vaeplay.models.parts.importance import DECODED_AT_ONCE, bound, draws, log_weights_of
from vaeplay.models.parts.losses import Loss
from vaeplay.noise import Noise


class DReG(IWAE):
    """IWAE with other gradients: values, settings and terms are the IWAE's."""

    @override
    def loss(self, x: Tensor, step: int | Tensor, noise: Noise) -> Loss:
        x = self.likelihood.observe(x, noise)
        mean, logvar = self.gaussian(x)
        z = draws((mean, logvar), noise, self.samples)
        at_once = None if self.training else DECODED_AT_ONCE
        log_weight, distortion = log_weights_of(self.distortion, (mean.detach(), logvar.detach()), x, z, at_once)
        share = log_weight.detach().softmax(1)
        if z.requires_grad:
            z.register_hook(lambda gradient: share.unsqueeze(2) * gradient)  # v_j becomes v_j²
        value = bound(log_weight)
        rate = losses.gaussian_rates(mean, logvar).sum(1)
        return Loss(-value, {"bound": value, "distortion": distortion.mean(1), "rate": rate})
