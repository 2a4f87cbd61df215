"""Whether each number of a code belongs to one factor: on data whose factors are known, for codes that are no maps."""

from vaeplay.evaluation.registry.metric import Metric

DISENTANGLEMENT: tuple[Metric, ...] = (
    Metric(
        "mig",
        "disentanglement",
        "MIG",
        "0…1",
        "higher",
        3,
        "Mutual information gap: how much more the best number of the code says of a factor than the next best, as a "
        "share of the factor's entropy, averaged over factors. Posterior means of all test images in 20 equally wide "
        "bins.",
        "Chen et al. 2018, arXiv:1802.04942; Locatello et al. 2019, arXiv:1811.12359",
    ),
    Metric(
        "mig_quantile",
        "disentanglement",
        "MIG, quantiles",
        "0…1",
        "higher",
        3,
        "The mutual information gap with 20 bins of as many images each in place of equally wide ones, which a single "
        "outlying code can leave empty.",
        "Chen et al. 2018, arXiv:1802.04942",
        headline=False,
    ),
    Metric(
        "mig_drawn",
        "disentanglement",
        "MIG, drawn codes",
        "0…1",
        "higher",
        3,
        "The mutual information gap of codes drawn from the posteriors, the convention of its authors; that of "
        "posterior means is the one of later comparisons, and gives other values. Its authors also leave the shape out "
        "of the factors of dSprites; here every factor that varies counts, for every metric of this group.",
        "Chen et al. 2018, arXiv:1802.04942",
        headline=False,
    ),
    Metric(
        "dci_disentanglement",
        "disentanglement",
        "DCI disentanglement",
        "0…1",
        "higher",
        3,
        "Whether each number of the code helps to tell one factor alone: one minus the entropy of its importances over "
        "factors, weighted by its importance. Importances are those of random forests of 10 trees (depth chosen on "
        "held-out codes) on at most 5,000 training codes; gradient-boosted trees, which others use, give other values.",
        "Eastwood & Williams 2018, openreview.net/forum?id=By-7dz-AZ",
        headline=False,
    ),
    Metric(
        "dci_completeness",
        "disentanglement",
        "DCI completeness",
        "0…1",
        "higher",
        3,
        "Whether each factor is told by one number of the code alone: one minus the entropy of its importances over "
        "the code, from the same forests.",
        "Eastwood & Williams 2018, openreview.net/forum?id=By-7dz-AZ",
        headline=False,
    ),
    Metric(
        "dci_informativeness",
        "disentanglement",
        "DCI informativeness",
        "share of images",
        "higher",
        3,
        "Share of at most 5,000 test images whose factor the same forests tell from the code, averaged over factors.",
        "Eastwood & Williams 2018; as an accuracy in Locatello et al. 2019, arXiv:1811.12359",
        headline=False,
    ),
    Metric(
        "sap",
        "disentanglement",
        "SAP",
        "0…1",
        "higher",
        3,
        "Separated attribute predictability: how much better the best single number of the code tells a factor "
        "than the next best, averaged over factors. Linear support vector machines on at most 5,000 training codes, "
        "all factors taken as classes, so that it stays small for factors of many values.",
        "Kumar et al. 2018, arXiv:1711.00848; Locatello et al. 2019, arXiv:1811.12359",
        headline=False,
    ),
    Metric(
        "factor_vae",
        "disentanglement",
        "FactorVAE score",
        "share of groups",
        "higher",
        3,
        "In a group of 64 images with one factor in common, the number of the code that varies least says which. "
        "Share of 800 groups of test images where it is right; groups of training images say which number stands for "
        "which factor.",
        "Kim & Mnih 2018, arXiv:1802.05983",
        headline=False,
    ),
    Metric(
        "modularity",
        "disentanglement",
        "Modularity",
        "0…1",
        "higher",
        3,
        "Whether each number of the code shares information with one factor alone, averaged over the code. Numbers "
        "that say almost nothing count as much as others, and random codes do not come near 0.",
        "Ridgeway & Mozer 2018, arXiv:1802.05312",
        headline=False,
    ),
)
