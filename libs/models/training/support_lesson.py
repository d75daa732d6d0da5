"""One row of training data for the support scorer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Lesson:
    """A claim with its evidence. Rows of one `group` stay in one fold; `use` is the kind of text that it stands for."""

    part: str
    group: str
    claim: str
    evidence: tuple[str, ...]
    supported: bool
    weight: float
    use: str
