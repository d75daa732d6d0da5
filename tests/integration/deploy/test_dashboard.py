"""The dashboard is what panels.py says, and each panel has a place of its own."""

import json
import subprocess
import sys

from tests.integration.deploy.expressions import DASHBOARD, DEPLOY


def panels():
    return json.loads(DASHBOARD.read_text())["panels"]


def test_the_committed_dashboard_is_what_its_builder_makes() -> None:
    builder = DEPLOY / "grafana" / "build.py"
    done = subprocess.run([sys.executable, builder, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells


def test_every_panel_says_what_it_shows() -> None:
    assert [panel["title"] for panel in panels() if panel["type"] != "row" and not panel["description"]] == []


def test_no_panel_shows_what_people_wrote() -> None:
    """Whoever runs the system need not read questions and answers; request ids are enough to ask those who may."""
    texts = {"question", "answer", "asker", "body", "headers", "key", "subject"}
    for panel in panels():
        for target in panel.get("targets", ()):
            selected = target.get("rawSql", "").split("FROM")[0].replace(",", " ").split()
            assert not texts & set(selected), panel["title"]
