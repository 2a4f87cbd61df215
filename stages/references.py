"""settings/references.json, data/, classifier/ → data/references.json: principal components, walks without a code."""

from pathlib import Path

from stages import run
from vaeplay import files
from vaeplay.classifier import network
from vaeplay.data import prepared
from vaeplay.evaluation import references
from vaeplay.evaluation.metrics import trips
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.training import devices

DATA = Path("data/images.safetensors")


def main() -> None:
    """As many numbers as the cells' codes have: the page shows them below the cells."""
    settings = files.read_object(
        Path("settings/references.json"), seed=int, device=str, threads=int, batch_size=int, sizes=list
    )
    device = devices.exact(devices.set_up(settings["device"], settings["threads"]))
    classifier, real_train, real_test = network.load(Path("classifier/classifier.safetensors"), device)
    train, test = (prepared.read(DATA, split).to(device) for split in ("train", "test"))
    rows = []
    for name, model in references.models(train.images, settings["sizes"]):
        subject = Subject(
            model=model,
            train=train,
            test=test,
            classifier=classifier,
            real_train=real_train,
            real_test=real_test,
            seed=settings["seed"],
            batch_size=settings["batch_size"],
            importance_samples=1,
            evidence_samples=0,
            classes=len(prepared.about(DATA)["classes"]),
        )
        rows.append(references.row(name, references.measured(subject)))
    walks = trips.references(classifier, train, test, (real_train, real_test), settings["seed"])
    rows += [references.row(name, estimates) for name, estimates in walks.items()]
    files.write_json(Path("data/references.json"), rows)


if __name__ == "__main__":
    run(main)
