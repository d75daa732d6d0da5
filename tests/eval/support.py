"""How well the support scorer tells supported claims from others, on rows that it was not trained on."""

import asyncio
import hashlib
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from statistics import mean

from libs.models.training.passages import Corpus, Passage
from libs.models.training.support_edits import change_number, foreign_name, names_in, negate

from answerable_cli.results import Figure
from answerable_cli.support_evaluation import Row, Scored, judge, measured
from answerable_models.static_embedding import StaticEmbedder
from answerable_models.support.port import Use
from answerable_models.support.tree_scorer import TreeScorer
from tests.bench.figures import quantile
from tests.eval import support_rows
from tests.eval.judged import rows
from tests.eval.support_rows import SUMMAC, Pair

_SENTENCES = 800
_THREADED = 60
_AIMS = {
    "support_wice_auroc": ">= 0.8",
    "support_summac_auroc": ">= 0.82",
    "support_begin_auroc": ">= 0.94",
    "support_swapped_auroc": ">= 0.78",
    "support_table_auroc": ">= 0.8",
    "support_conflicts_auroc": ">= 0.72",
}
_LENGTH_MATCHED = 0.03
USE_OF: dict[str, Use] = {**dict.fromkeys(SUMMAC, "summary"), "swapped": "answer", "table": "table"}


def measure() -> dict[str, Figure]:
    """Figures on the shared data; none where they are absent."""
    if support_rows.absent():
        return {}
    scorer = TreeScorer()
    results = scored(scorer, support_rows.pairs())
    figures: dict[str, Figure] = {}
    for part in ("wice", *SUMMAC, "begin", "swapped", "table", "conflicts"):
        figures |= _of_part(scorer, part, results[part])
    summac = mean(figures[f"support_{part}_auroc"].value for part in SUMMAC)
    figures["support_summac_auroc"] = Figure(round(summac, 4), "AUROC, mean of four", _AIMS["support_summac_auroc"])
    figures |= changed_sentences(scorer) | whole_sentences(scorer)
    milliseconds = [one.seconds * 1000 for members in results.values() for one in members]
    figures["support_cpu_ms_mean"] = Figure(round(mean(milliseconds), 2), "CPU ms a pair", "<= 40")
    figures["support_cpu_ms_p95"] = Figure(round(quantile(milliseconds, 0.95), 2), "CPU ms a pair", "<= 40")
    differing = len({digest_in_a_process(threads) for threads in (1, 2)}) - 1
    figures["support_thread_differences"] = Figure(differing, "between 1 and 2 threads", "== 0")
    return figures


def scored(scorer: TreeScorer, pairs: Sequence[Pair]) -> dict[str, list[Scored]]:
    """Each pair judged as its kind of text, by part."""
    found: dict[str, list[Scored]] = {}
    for at, pair in enumerate(pairs):
        row = Row(str(at), pair.evidence, pair.claim, pair.supported)
        found.setdefault(pair.part, []).extend(asyncio.run(judge(scorer, [row], pair.use)))
    return found


def _of_part(scorer: TreeScorer, part: str, results: Sequence[Scored]) -> dict[str, Figure]:
    use = USE_OF.get(part, "prose")
    one = measured(results, scorer.threshold(use))
    name = f"support_{part}"
    gap = abs(one["auroc"] - one["auroc_length_matched"])
    judged_apart = part in ("wice", "begin", "conflicts", "swapped", "table")
    return {
        f"{name}_auroc": Figure(one["auroc"], f"AUROC, {one['rows']} pairs", _AIMS.get(f"{name}_auroc")),
        f"{name}_length_gap": Figure(
            round(gap, 4), "AUROC less length-matched", f"<= {_LENGTH_MATCHED}" if judged_apart else None
        ),
        f"{name}_balanced_accuracy": Figure(
            one["balanced_accuracy"], "at the shipped threshold", None, one["balanced_accuracy_best"]
        ),
        f"{name}_calibration_error": Figure(one["calibration_error"], "expected calibration error"),
    }


def changed_sentences(scorer: TreeScorer) -> dict[str, Figure]:
    """Sentences of paragraphs with one number, name or negation changed: how often the original scores higher."""
    chance = random.Random("changed")
    foreign = sorted({name for _, text in support_rows.verbatim(_SENTENCES) for name in names_in(text)})
    kinds = {
        "number": change_number,
        "name": lambda sentence, text, rng: foreign_name(sentence, chance.sample(foreign, 50), text, rng),
        "negation": negate,
    }
    preferred: dict[str, list[bool]] = {kind: [] for kind in kinds}
    passed: dict[str, list[bool]] = {kind: [] for kind in kinds}
    threshold = scorer.threshold("prose")
    for kind, sentence, changed, text in support_rows.edited(_SENTENCES, kinds):
        before, after = (scorer.judge(claim, (text,), "prose").score for claim in (sentence, changed))
        preferred[kind].append(before > after)
        passed[kind].append(after >= threshold)
    figures = {
        f"support_changed_{kind}": Figure(
            round(float(mean(found)), 4), f"original preferred, {len(found)} pairs", ">= 0.95"
        )
        for kind, found in preferred.items()
    }
    return figures | {
        f"support_changed_{kind}_passes": Figure(round(float(mean(found)), 4), "changed ones that pass", "<= 0.05")
        for kind, found in passed.items()
    }


def whole_sentences(scorer: TreeScorer) -> dict[str, Figure]:
    """Sentences against their own paragraph, and against the most similar paragraph of another article."""
    titles = {row["context"]: row["title"] for row in rows("abstention/squad2")}
    corpus = Corpus([Passage(text, title, text) for text, title in titles.items()], StaticEmbedder())
    threshold = scorer.threshold("prose")
    own, other = [], []
    for sentence, text in support_rows.verbatim(_SENTENCES):
        own.append(scorer.judge(sentence, (text,), "prose").score < threshold)
        alike = corpus.search(sentence, 1, without=titles[text])[0].text
        other.append(scorer.judge(sentence, (alike,), "prose").score >= threshold)
    return {
        "support_verbatim_rejected": Figure(round(float(mean(own)), 4), f"of {len(own)} true sentences", "<= 0.01"),
        "support_foreign_passes": Figure(round(float(mean(other)), 4), "sentences of other articles", "<= 0.05"),
    }


def digest_in_a_process(threads: int) -> str:
    """What `digest` prints in a process with so many threads."""
    limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    done = subprocess.run(
        [sys.executable, "-c", "from tests.eval.support import digest; print(digest())"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | limits,
    )
    return done.stdout.strip()


def digest() -> str:
    """A hash over the exact scores of some pairs."""
    scorer = TreeScorer()
    pairs = support_rows.pairs()
    chosen = pairs[:: max(len(pairs) // _THREADED, 1)]
    scores = [scorer.judge(pair.claim, pair.evidence, pair.use).score.hex() for pair in chosen]
    return hashlib.sha256("\n".join(scores).encode()).hexdigest()
