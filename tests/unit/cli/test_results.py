"""Results of the long checks."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from answerable_cli.results import Figure, passed, write


@pytest.mark.parametrize(
    ("figure", "met"),
    [
        (Figure(60, "s", aim="<= 60"), True),
        (Figure(60.1, "s", aim="<= 60"), False),
        (Figure(0, "holes", aim="== 0"), True),
        (Figure(1, "holes", aim="== 0"), False),
        (Figure(7, "1/s", aim="ratio >= 0.7", baseline=10), True),
        (Figure(6.9, "1/s", aim="ratio >= 0.7", baseline=10), False),
        (Figure(6.9, "1/s", aim="ratio >= 0.7"), False),
        (Figure(float("nan"), "s", aim="<= 60"), False),
        (Figure(1, "s"), True),
    ],
)
def test_an_aim_is_met_or_missed(figure: Figure, met: bool) -> None:
    assert figure.met is met


def test_an_aim_that_cannot_be_read_is_refused_when_it_is_written() -> None:
    with pytest.raises(ValueError, match="aim"):
        Figure(1, "s", aim="about 60")


def test_passed_means_every_aim_and_at_least_one_figure() -> None:
    assert not passed({})
    assert passed({"a": Figure(1, "s", aim="<= 2"), "b": Figure(9, "s")})
    assert not passed({"a": Figure(1, "s", aim="<= 2"), "b": Figure(9, "s", aim="<= 2")})


def test_the_file_has_the_agreed_form(tmp_path: Path) -> None:
    figures = {"hop": Figure(5, "1/s", aim="ratio >= 0.5", baseline=8), "questions": Figure(3, "questions")}
    assert write("bench", datetime(2026, 11, 3, 9, tzinfo=UTC), 1.23, figures, tmp_path / "build")
    result = json.loads((tmp_path / "build" / "bench.json").read_text())
    assert result.keys() == {"name", "passed", "commit", "machine", "started", "seconds", "figures"}
    assert (result["name"], result["passed"], result["started"]) == ("bench", True, "2026-11-03T09:00:00Z")
    assert result["figures"] == {
        "hop": {"value": 5, "unit": "1/s", "baseline": 8, "ratio": 0.625, "aim": "ratio >= 0.5"},
        "questions": {"value": 3, "unit": "questions"},
    }
