"""settings/classifier.json, data/ → classifier/: the network whose features generated images are judged by."""

from pathlib import Path

from stages import run
from vaeplay import classifier, dataset, devices, files

DATA = Path("data/images.safetensors")


def main() -> None:
    """Trained on the training split alone; its accuracy is that on the test split."""
    settings = files.read_object(Path("settings/classifier.json"), seed=int, device=str, threads=int, classifier=dict)
    device = devices.set_up(settings["device"], settings["threads"])
    train, test = (dataset.read(DATA, split).to(device) for split in ("train", "test"))
    classes = len(dataset.about(DATA)["classes"])
    model = classifier.train(train, classes, settings["seed"], **settings["classifier"])
    real = [classifier.features(model, split.images) for split in (train, test)]
    classifier.save(Path("classifier/classifier.safetensors"), model, *real)
    card = {"task": "class" if classes > 1 else "quarter turn", "accuracy": classifier.accuracy(model, test, classes)}
    files.write_json(Path("classifier/card.json"), card)


if __name__ == "__main__":
    run(main)
