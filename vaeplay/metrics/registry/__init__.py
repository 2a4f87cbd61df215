"""Every figure that the pipeline reports: its name, unit, direction, definition and source.

The evaluation writes these keys, the gallery shows them under these names, and nothing else is a metric. All figures
are means over the images of the test split unless the definition says otherwise. A file a group.
"""

from vaeplay.metrics.registry.disentanglement import DISENTANGLEMENT
from vaeplay.metrics.registry.generation import GENERATION
from vaeplay.metrics.registry.likelihood import LIKELIHOOD
from vaeplay.metrics.registry.metric import Group, Metric
from vaeplay.metrics.registry.reconstruction import RECONSTRUCTION
from vaeplay.metrics.registry.representation import REPRESENTATION
from vaeplay.metrics.registry.smoothness import SMOOTHNESS

__all__ = ["BY_KEY", "METRICS", "Group", "Metric"]

METRICS: tuple[Metric, ...] = (
    *RECONSTRUCTION,
    *LIKELIHOOD,
    *GENERATION,
    *SMOOTHNESS,
    *REPRESENTATION,
    *DISENTANGLEMENT,
)

BY_KEY: dict[str, Metric] = {metric.key: metric for metric in METRICS}
