"""The document: what the page's explorer has for one cell, with its network, in one HTML text."""

from collections.abc import Sequence

from markupsafe import Markup

from vaeplay.gallery import render
from vaeplay.gallery.map.data import marks_of

FOLDER = "notebook"
STYLES = ("frame/base.css", "frame/charts.css", "frame/classes.css", "explorer/style.css", f"{FOLDER}/style.css")


def document(payload: str, shape: Sequence[int], classes: Sequence[str], labels: Sequence[int], points: str) -> str:
    """The document of a network that `explorer.packing` has packed.

    `shape` is that of an image. `labels` are the classes of the codes whose `points` the file has, and `points` says
    what they are.
    """
    style, script = "\n".join(map(render.asset, STYLES)), render.script([FOLDER])
    return (
        render.environment()
        .get_template(f"{FOLDER}/template.html.j2")
        .render(
            policy=render.policy([style], [script]),
            style=Markup(style),
            script=Markup(script),
            payload=payload,
            latent={"images": {"labels": labels}, "shape": shape, "classes": classes},
            marks=marks_of(classes),
            points=points,
        )
    )
