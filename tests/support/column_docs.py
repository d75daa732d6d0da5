"""What schemas/clickhouse/README.md says of columns and named queries, taken from the engine and the query files.

python -m tests.support.column_docs     rewrites those parts of the README
"""

import asyncio
import re
from itertools import groupby
from pathlib import Path

from answerable_trail.client import Trail
from answerable_trail.queries import named_queries
from tests.support.servers import start_clickhouse
from tests.support.trail import fresh_trail

README = Path(__file__).parents[2] / "schemas" / "clickhouse" / "README.md"

COLUMNS = """
SELECT t.engine = 'View' AS is_view, t.name AS name, t.comment AS about, c.name AS column, c.type AS type,
       c.comment AS meaning
FROM system.tables AS t INNER JOIN system.columns AS c ON c.database = t.database AND c.table = t.name
WHERE t.database = 'trace' AND NOT match(t.name, '_(feed|live|now)$')
ORDER BY is_view DESC, name, c.position
"""


async def column_docs(trail: Trail) -> str:
    """Views first, then tables, each with its columns; without what only feeds or joins other tables."""
    table = await trail.query(COLUMNS)
    parts = []
    for (_, name, about), rows in groupby(table.rows, key=lambda row: row[:3]):
        lines = [f"| `{column}` | `{kind}` | {_cell(meaning)} |" for *_, column, kind, meaning in rows]
        head = [f"### trace.{name}", "", f"{about}.", "", "| Column | Type | Meaning |", "|---|---|---|"]
        parts.append("\n".join([*head, *lines]))
    return "\n\n".join(parts)


def query_docs() -> str:
    rows = [f"| `{query.name}` | {_cell(query.answers)} |" for query in named_queries()]
    return "\n".join(["| Name | Answers |", "|---|---|", *rows])


def section(text: str, name: str) -> str:
    """What stands between the marks of this name."""
    return _between(name).search(text)[2].strip()  # type: ignore[index]


def with_section(text: str, name: str, content: str) -> str:
    return _between(name).sub(lambda match: f"{match[1]}\n\n{content}\n\n{match[3]}", text)


def _between(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- {name}: [^\n]*-->)\n(.*?)\n(<!-- end of {name} -->)", re.DOTALL)


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|")


async def rewrite() -> None:
    async with start_clickhouse() as server, fresh_trail(server.url) as trail:
        columns = await column_docs(trail)
    text = with_section(README.read_text(), "queries", query_docs())
    README.write_text(with_section(text, "columns", columns))


if __name__ == "__main__":
    asyncio.run(rewrite())
