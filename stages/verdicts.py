"""settings/verdicts.json, every cell's results, the test images' classes → verdicts/, reports/verdicts.json."""

from pathlib import Path

from stages import run
from vaeplay import files
from vaeplay.settings.outputs import remove_orphans
from vaeplay.verdicts import make


def main(root: Path = Path()) -> None:
    """Compare the cells of the grid and no others, whatever other results there are."""
    settings = make.settings(root / "settings/verdicts.json")
    remove_orphans(root, [cell.name for cell in settings.cells])
    table, summary = make.make(root, settings)
    files.write_json(root / "verdicts/verdicts.json", table.model_dump(mode="json"))
    files.write_json(root / "reports/verdicts.json", summary)


if __name__ == "__main__":
    run(main)
