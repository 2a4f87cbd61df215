"""checkpoints/<cell>, data/, classifier/ → metrics/, samples/, codes/, evaluation/<cell>/: measure one cell."""

import time
from pathlib import Path

from safetensors.torch import save as to_bytes

from stages import run
from vaeplay import files
from vaeplay.classifier import network
from vaeplay.data import drawing, prepared
from vaeplay.evaluation import dial, encoders, export, kept, measure
from vaeplay.evaluation.metrics import reconstruction
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.settings import axes
from vaeplay.training import checkpoint, devices

DATA = Path("data/images.safetensors")
ANOMALIES = Path("data/anomalies.safetensors")


def main(name: str) -> None:
    """Measure every cell on the same test images, with the same noise."""
    settings = files.read_object(Path("settings/evaluate.json"), seed=int, device=str, threads=int, evaluate=dict)
    options = settings["evaluate"]
    device = devices.exact(devices.set_up(settings["device"], settings["threads"]))
    classifier, real_train, real_test = network.load(Path("classifier/classifier.safetensors"), device)
    trained = checkpoint.load(Path("checkpoints") / f"{name}.safetensors", device)
    subject = Subject(
        model=trained.measured(),
        train=prepared.read(DATA, "train").to(device),
        test=prepared.read(DATA, "test").to(device),
        classifier=classifier,
        real_train=real_train,
        real_test=real_test,
        seed=settings["seed"],
        batch_size=options["batch_size"],
        importance_samples=options["importance_samples"],
        evidence_samples=options["evidence_samples"],
        classes=len(prepared.about(DATA)["classes"]),
        anomalies={kind: prepared.read(ANOMALIES, kind).to(device) for kind in prepared.about(ANOMALIES)["classes"]},
    )
    # The page shows how a training failed. Metrics of its last good weights would be compared with other cells'.
    estimates, seconds = ({}, {}) if subject.model.failed else measure.measure(subject)
    started = time.perf_counter()
    pictures = measure.pictures(subject, options["columns"])
    shown = {kind: drawing.sheet(picture.cpu().numpy()) for kind, picture in pictures.items()}
    explorer, encoder, turned = export.export(subject), encoders.export(subject), dial.export(trained, subject)
    reconstructions = {key: value.cpu().contiguous() for key, value in reconstruction.shown(subject).items()}
    seconds["pictures"] = time.perf_counter() - started
    files.write_bytes(Path("samples") / f"{name}.png", shown.pop("reconstruction"))
    files.write_bytes(Path("codes") / f"{name}.safetensors", to_bytes({"codes": subject.codes.cpu().contiguous()}))
    with files.writing_folder(Path("evaluation") / name) as folder:
        for kind, picture in shown.items():
            files.write_bytes(folder / f"{kind}.png", picture)
        files.write_bytes(folder / "explorer.safetensors", explorer)
        if encoder:
            files.write_bytes(folder / "encoder.safetensors", encoder)
        if turned:
            files.write_bytes(folder / "dial.safetensors", turned)
        files.write_bytes(folder / "images.safetensors", kept.file(estimates))
        files.write_bytes(folder / "reconstructions.safetensors", to_bytes(reconstructions))
        files.write_json(folder / "details.json", measure.details(subject, estimates, options["columns"]))
        files.write_json(folder / "seconds.json", seconds)
    files.write_json(Path("metrics") / f"{name}.json", measure.values(estimates))


if __name__ == "__main__":
    run(main, axes.named)
