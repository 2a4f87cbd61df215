"""One thing that the doctor says."""

from dataclasses import dataclass
from typing import Literal

MOST_NAMES = 5


@dataclass(frozen=True)
class Finding:
    """✓ fine, · worth knowing, ! to be mended; and what to do, as a command or in words, where there is something."""

    mark: Literal["✓", "·", "!"]
    topic: str
    text: str
    do: str | None = None

    def lines(self) -> list[str]:
        """As it is printed."""
        first = f"{self.mark} {self.topic + ':':<13} {self.text}"
        return [first, f"  {'':<13} → {self.do}"] if self.do else [first]


def listed(names: list[str]) -> str:
    """Names in a line, the first few of them."""
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more
