"""checkpoints/<cell>.safetensors, data/ → metrics/<cell>.json, samples/<cell>*.png: measure and draw one cell."""

from pathlib import Path

from stages import run
from vaeplay import cells, checkpoint, dataset, devices, drawing, files, samples
from vaeplay.metrics import reconstruction
from vaeplay.noise import seed_for


def main(name: str) -> None:
    """Every cell is measured on the same test images, with the same noise."""
    settings = files.read_json(Path("settings/evaluate.json"))
    seed, columns = settings["seed"], settings["evaluate"]["columns"]
    device = devices.set_up(settings["device"], settings["threads"])
    model = checkpoint.load(Path("checkpoints") / f"{name}.safetensors", device)
    images = dataset.read(Path("data/images.safetensors"), "test").images.to(device)
    figures = reconstruction.per_image(model, images, settings["evaluate"]["batch_size"], seed_for(seed, "evaluation"))
    x = samples.chosen(images, columns)
    pictures = {
        "": samples.reconstructions(model, x),
        "_prior": samples.prior(model, columns, seed_for(seed, "prior samples")),
        "_interpolation": samples.interpolation(model, x, columns),
    }
    for kind, picture in pictures.items():
        files.write_bytes(Path("samples") / f"{name}{kind}.png", drawing.sheet(picture.cpu().numpy()))
    metrics = {key: float(value.mean()) for key, value in figures.items()} | model.figures(images)
    if model.failed:  # the page shows why, and what it draws all the same; a figure would be compared with others'
        metrics = {}
    files.write_json(Path("metrics") / f"{name}.json", metrics)


if __name__ == "__main__":
    run(main, cells.named)
