"""What the codes know of the classes."""

from vaeplay.evaluation.registry.metric import Metric

REPRESENTATION: tuple[Metric, ...] = (
    Metric(
        "knn_accuracy",
        "representation",
        "Neighbours' accuracy",
        "share of images",
        "higher",
        3,
        "Share of test images whose class is the most common one among the 10 nearest training codes. Codes are "
        "without noise and unscaled, and at most 20,000 of the training split. Chance is the largest class's "
        "share.",
        "Cover & Hart 1967, doi:10.1109/TIT.1967.1053964",
        headline=False,
    ),
    Metric(
        "probe_accuracy",
        "representation",
        "Linear probe",
        "share of images",
        "higher",
        3,
        "Share of test images whose class a logistic regression on standardised codes gets right, fitted to at most "
        "20,000 training codes with a penalty of half the squared norm of the weights. Longer codes make it easier: "
        "compare models of the same latent size.",
        "Alain & Bengio 2017, arXiv:1610.01644",
    ),
    Metric(
        "kmeans_ari",
        "representation",
        "Clusters: adjusted Rand index",
        "1 is equal, 0 chance",
        "higher",
        3,
        "How far k-means clusters of the test codes, as many as there are classes among them, are the classes. The "
        "tightest of 10 starts. The interval leaves images out and keeps the clusters.",
        "Hubert & Arabie 1985, doi:10.1007/BF01908075",
        headline=False,
    ),
    Metric(
        "kmeans_nmi",
        "representation",
        "Clusters: normalised information",
        "1 is equal",
        "higher",
        3,
        "Mutual information of the same clusters and the classes over the mean of their entropies. Not corrected for "
        "chance, unlike the adjusted Rand index.",
        "Vinh et al. 2010, JMLR 11 (NMI with the sum of the entropies)",
        headline=False,
    ),
)
