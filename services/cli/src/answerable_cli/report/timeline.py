"""How long each stage took, as bars: their places and widths are rules of the style sheet, for no element may have a
style of its own. Pure.
"""

from answerable_cli.explanation import Explanation, Timing
from answerable_cli.report.markup import Html, element, table

TOTAL = "total"


def bar_rules(explanation: Explanation) -> str:
    """The rules by which the bars of these timings get their places."""
    stages = [max(0.0, one.seconds) for one in explanation.timings if one.stage != TOTAL]
    whole = sum(stages) or 1.0
    shares = [(100 * sum(stages[:number]) / whole, 100 * stage / whole) for number, stage in enumerate(stages)]
    rules = [
        f".bar .b{number} {{ margin-left: {start:.3f}%; width: {width:.3f}%; }}"
        for number, (start, width) in enumerate(shares)
    ]
    return "\n".join(["", *rules, ""])


def bars(timings: tuple[Timing, ...]) -> Html:
    """A row for each stage, and one for the whole."""
    rows = [(one.stage, f"{one.seconds * 1000:,.0f} ms", _bar(one, number)) for number, one in enumerate(timings)]
    return table("By the clock of the broker", ("Stage", "Took", "When"), rows)


def _bar(timing: Timing, number: int) -> Html | None:
    if timing.stage == TOTAL:
        return None
    return element("span", element("span", class_=f"b{number}"), class_="bar", aria_hidden="true")
