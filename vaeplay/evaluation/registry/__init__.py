"""Every metric that the pipeline reports: its name, unit, direction, definition and source.

The evaluation writes these keys, the gallery shows them under these names, and nothing else is a metric. All metrics
are means over the images of the test split unless the definition says otherwise. A file a group.
"""

from vaeplay.evaluation.registry.anomalies import ANOMALIES
from vaeplay.evaluation.registry.disentanglement import DISENTANGLEMENT
from vaeplay.evaluation.registry.generation import GENERATION
from vaeplay.evaluation.registry.likelihood import LIKELIHOOD
from vaeplay.evaluation.registry.metric import Group, Metric
from vaeplay.evaluation.registry.reconstruction import RECONSTRUCTION
from vaeplay.evaluation.registry.representation import REPRESENTATION
from vaeplay.evaluation.registry.samplers import SAMPLERS
from vaeplay.evaluation.registry.smoothness import SMOOTHNESS

__all__ = ["BY_KEY", "METRICS", "Group", "Metric"]

METRICS: tuple[Metric, ...] = (
    *RECONSTRUCTION,
    *LIKELIHOOD,
    *GENERATION,
    *SAMPLERS,
    *SMOOTHNESS,
    *REPRESENTATION,
    *DISENTANGLEMENT,
    *ANOMALIES,
)

BY_KEY: dict[str, Metric] = {metric.key: metric for metric in METRICS}
