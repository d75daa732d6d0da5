"""How many wrong answers are released: the released ones of the demo corpus, changed in many ways, judged again."""

import asyncio
import json
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from answerable_cli.results import Figure
from answerable_events.requests import DraftGenerated, Passage
from answerable_models.support.port import SupportScorer
from answerable_models.support.scorers import load_scorer
from answerable_trust.values import Policy
from answerable_validation.judging import judge
from answerable_validation.rules import Rules
from answerable_validation.supporting import supports
from tests.eval.mutations import Kind, Mutant, mutants
from tests.support import corpus
from tests.support.demo import answer

RULES = Rules(Policy(threshold=0.5))
_FEWEST = 2_000
_AIMS: dict[Kind, str] = {
    "number": "== 0",
    "name": "== 0",
    "negation": "== 0",
    "citation dropped": "== 0",
    "foreign citation": "== 0",
    "unsupported": "<= 0.05",
}


def measure() -> dict[str, Figure]:
    """The number of mutants, and of each kind how many are released (of the unsupported: which share)."""
    drafts, passages = asyncio.run(_released())
    judged = asyncio.run(_judged(drafts, passages))
    made, passed = Counter(one.kind for one, _ in judged), Counter(one.kind for one, released in judged if released)
    figures = {"mutants": Figure(len(judged), f"wrong answers made of {len(drafts)} released ones", f">= {_FEWEST}")}
    for kind, aim in _AIMS.items():
        share = kind == "unsupported"
        value = round(passed[kind] / made[kind], 4) if share else passed[kind]
        figures[f"mutants_released_{kind.replace(' ', '_')}"] = Figure(value, f"of {made[kind]} with {kind}", aim)
    return figures


def questions() -> Iterator[dict[str, Any]]:
    """Those of the demo, and those for calibration as whoever is in most groups."""
    yield from corpus.questions()
    people = tomllib.loads((corpus.CORPUS / "people.toml").read_text("utf-8"))["person"]
    asker = max(people, key=lambda one: len(one["groups"]))
    for line in (corpus.CORPUS / "calibration.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        yield {"id": row["id"], "text": row["question"], "asker": asker["subject"], "groups": asker["groups"]}


async def _released() -> tuple[list[DraftGenerated], list[Passage]]:
    """The drafts that were released, and every passage that was found for any question."""
    with tempfile.TemporaryDirectory() as folder:
        answered = await answer(Path(folder), questions())
    passages = {passage.passage_id: passage for one in answered for passage in one.draft.passages}
    drafts = {one.verdict.sentences: one.draft for one in answered if one.released}
    return list(drafts.values()), sorted(passages.values(), key=lambda one: one.text)


async def _judged(drafts: Iterable[DraftGenerated], passages: list[Passage]) -> list[tuple[Mutant, bool]]:
    scorer = load_scorer()
    now = datetime.now(UTC)
    made = [one for draft in drafts for one in mutants(draft, passages)]
    return [(one, await is_released(one.draft, scorer, now)) for one in made]


async def is_released(draft: DraftGenerated, scorer: SupportScorer, now: datetime) -> bool:
    """As validation decides, for an asker whose access has not changed."""
    verdict = judge(draft, RULES, now, frozenset(), support=await supports(scorer, draft))
    return verdict.action == "release"
