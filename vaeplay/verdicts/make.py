"""From the results of a grid to its table of verdicts."""

from pathlib import Path

from pydantic import ValidationError

from vaeplay.errors import UserError
from vaeplay.settings.cells import first_mistake
from vaeplay.verdicts.claims import CLAIMS
from vaeplay.verdicts.compare import combined, compare
from vaeplay.verdicts.evidence import Evidence
from vaeplay.verdicts.judge import judge
from vaeplay.verdicts.pairs import Pair, VerdictSettings, configurations, pairs
from vaeplay.verdicts.summary import summary
from vaeplay.verdicts.table import Table


def settings(path: Path) -> VerdictSettings:
    """settings/verdicts.json.

    Raises:
        UserError: it is missing, or holds something else.
    """
    try:
        return VerdictSettings.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; `dvc repro settings` makes it") from None
    except ValidationError as error:
        raise UserError(f"{path}: not the settings of verdicts ({first_mistake(error)})") from None


def make(root: Path, asked: VerdictSettings) -> tuple[Table, dict[str, float | int]]:
    """The table of the workspace `root`, and its summary.

    Raises:
        UserError: a file of results is missing or broken.
    """
    evidence = Evidence(root)
    known, compared = configurations(asked), pairs(asked)
    alone = [Pair(change="none", first=one, second=one) for one in known]
    table = Table(
        pairs=tuple(compare(pair, evidence) for pair in compared),
        combined={one.name: combined(one, evidence) for one in known if len(one.cells) > 1},
        claims=tuple(judge(claim, [*compared, *alone], evidence) for claim in CLAIMS),
    )
    return table, summary(known, evidence, table)
