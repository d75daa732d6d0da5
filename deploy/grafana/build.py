# ruff: noqa: INP001 - a script, not part of a package
"""Makes dashboards/answerable.json of panels.py.

python deploy/grafana/build.py            write it
python deploy/grafana/build.py --check    exit 1 when it is not up to date
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from panel import Panel, PromQl, Row, Sql
from panels import ROWS

TARGET = Path(__file__).parent / "dashboards" / "answerable.json"
PROMETHEUS = {"type": "prometheus", "uid": "prometheus"}
CLICKHOUSE = {"type": "grafana-clickhouse-datasource", "uid": "trace"}
COLUMNS = 24
HEIGHTS = {"stat": 4, "timeseries": 8, "table": 8}
_SQL_TIMESERIES, _SQL_TABLE = 0, 1


def dashboard(rows: tuple[Row, ...]) -> dict[str, Any]:
    """Grafana's JSON model of the rows."""
    return {
        "uid": "answerable",
        "title": "Answerable",
        "description": "Health of the answering system, for those who run it. Built by deploy/grafana/build.py.",
        "tags": ["answerable"],
        "schemaVersion": 41,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "annotations": {"list": []},
        "templating": {"list": []},
        "links": [],
        "panels": list(_layout(rows)),
    }


def _layout(rows: tuple[Row, ...]) -> Iterator[dict[str, Any]]:
    """Panels from left to right, a new line when one does not fit."""
    number = y = 0
    for row in rows:
        number += 1
        yield {
            "id": number,
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1},
            "panels": [],
        }
        y += 1
        x = height = 0
        for panel in row.panels:
            if x + panel.width > COLUMNS:
                x, y = 0, y + height
            number += 1
            height = HEIGHTS[panel.kind]
            yield _panel(panel, number, {"x": x, "y": y, "w": panel.width, "h": height})
            x += panel.width
        y += height


def _panel(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    sql = isinstance(panel.queries[0], Sql)
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": CLICKHOUSE if sql else PROMETHEUS,
        "gridPos": place,
        "targets": [_target(query, "ABCDEF"[i], panel) for i, query in enumerate(panel.queries)],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _options(panel),
    }


def _target(query: PromQl | Sql, ref: str, panel: Panel) -> dict[str, Any]:
    if isinstance(query, Sql):
        return {
            "refId": ref,
            "datasource": CLICKHOUSE,
            "editorType": "sql",
            "queryType": "timeseries" if query.over_time else "table",
            "format": _SQL_TIMESERIES if query.over_time else _SQL_TABLE,
            "rawSql": query.statement,
        }
    return {
        "refId": ref,
        "datasource": PROMETHEUS,
        "editorMode": "code",
        "expr": query.expression,
        "legendFormat": query.legend or "__auto",
        "instant": panel.kind == "stat",
        "range": panel.kind != "stat",
    }


def _defaults(panel: Panel) -> dict[str, Any]:
    steps = [{"color": _base_colour(panel), "value": None}]
    steps += [{"color": colour, "value": value} for value, colour in sorted(panel.limits)]
    defaults: dict[str, Any] = {
        "unit": panel.unit,
        "min": 0,
        "color": {"mode": "thresholds" if panel.kind == "stat" else "palette-classic"},
        "thresholds": {"mode": "absolute", "steps": steps},
    }
    if panel.kind == "timeseries":
        defaults["custom"] = {
            "drawStyle": "bars" if panel.bars else "line",
            "fillOpacity": 60 if panel.bars else 5,
            "lineWidth": 1,
            "showPoints": "auto",
            "stacking": {"mode": "normal" if panel.bars else "none", "group": "A"},
        }
    return defaults


def _base_colour(panel: Panel) -> str:
    """Below the lowest limit all is well, unless more is better: then green is the highest."""
    return "red" if panel.limits and max(panel.limits)[1] == "green" else "green"


def _options(panel: Panel) -> dict[str, Any]:
    if panel.kind == "timeseries":
        return {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
            "tooltip": {"mode": "multi", "sort": "desc"},
        }
    if panel.kind == "stat":
        return {
            "colorMode": "value",
            "graphMode": "none",
            "justifyMode": "auto",
            "orientation": "auto",
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            "textMode": "value",
        }
    return {"showHeader": True, "cellHeight": "sm"}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    options = parser.parse_args(arguments)
    text = json.dumps(dashboard(ROWS), indent=1, ensure_ascii=False) + "\n"
    if options.check:
        if not TARGET.exists() or TARGET.read_text() != text:
            sys.stderr.write(f"{TARGET} is not what panels.py says: run {Path(__file__).name}\n")
            return 1
        return 0
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
