"""settings/classifier.json, data/ → classifier/: the network whose features are used to judge generated images."""

from pathlib import Path

from stages import run
from vaeplay import files
from vaeplay.classifier import network, training
from vaeplay.data import prepared
from vaeplay.evaluation import floors
from vaeplay.training import devices

DATA = Path("data/images.safetensors")


def main() -> None:
    """Train on the training split, calibrate on the validation split, test and measure on the test split."""
    settings = files.read_object(Path("settings/classifier.json"), seed=int, device=str, threads=int, classifier=dict)
    device = devices.exact(devices.set_up(settings["device"], settings["threads"]))
    train, validation, test = (prepared.read(DATA, split).to(device) for split in ("train", "validation", "test"))
    classes = len(prepared.about(DATA)["classes"])
    model = training.train(train, validation, classes, settings["seed"], **settings["classifier"])
    real = network.features(model, train.images), network.features(model, test.images)
    network.save(Path("classifier/classifier.safetensors"), model, *real)
    card = {"task": training.task_name(train, classes)} | training.report(model, test, classes)
    card |= floors.of(model, train, test, real, classes=classes, seed=settings["seed"])
    files.write_json(Path("classifier/card.json"), card)


if __name__ == "__main__":
    run(main)
