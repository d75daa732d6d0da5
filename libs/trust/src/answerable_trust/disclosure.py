"""May the answer hold what it holds? Personal data that have a form, and secrets, by the tenant's policy.

Persons and organisations are left alone: their false alarms would withhold nearly everything (see the README).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from answerable_trust.findings import Finding, all_cited, answer_text
from answerable_trust.personal.identifiers import find_identifiers
from answerable_trust.secrets import find_secrets
from answerable_trust.values import Case, Handling

PERSONAL = frozenset({"credit_card", "iban", "email", "phone", "us_ssn", "ip_address"})
_LOOKED_AT = 20_000  # characters of a passage; an answer is shorter

Spot = tuple[int, int, str]
"""Start, end and kind."""


def find_disclosed_personal_data(case: Case) -> Finding:
    """No personal data in the answer where the tenant withholds them; the note counts kinds, also of what is cited."""
    return _judge(case, case.personal_data, _personal, "personal_data")


def find_disclosed_secrets(case: Case) -> Finding:
    """The answer holds no secret where the tenant withholds them; the note counts kinds, also of what is cited."""
    return _judge(case, case.secrets, find_secrets, "secrets")


def masked(text: str, *, personal_data: Handling, secrets: Handling) -> str:
    """The text with what is to be masked replaced by its kind: "write to [email]"."""
    spots = [
        *(_personal(text) if personal_data == "mask" else ()),
        *(find_secrets(text) if secrets == "mask" else ()),
    ]
    parts, at = list[str](), 0
    for start, end, kind in sorted(spots):
        if end > at:
            parts += [text[at : max(at, start)], f"[{kind}]" if start >= at else ""]
            at = end
    return "".join((*parts, text[at:]))


def _judge(case: Case, handling: Handling, find: Callable[[str], Iterable[Spot]], reason: str) -> Finding:
    places = {
        "answer": [answer_text(case)],
        "question": [case.question],
        "sources": [passage.text[:_LOOKED_AT] for passage in all_cited(case)],
    }
    counts = {where: Counter(kind for text in texts for *_, kind in find(text)) for where, texts in places.items()}
    refused = handling == "withhold" and bool(counts["answer"])
    told = [f"{where}: {_counted(kinds)}" for where, kinds in counts.items() if kinds]
    return Finding(0.0 if refused else 1.0, reason if refused else None, (), "; ".join(told) or None)


def _counted(kinds: Counter[str]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))


def _personal(text: str) -> Iterator[Spot]:
    return ((one.start, one.end, one.kind) for one in sorted(find_identifiers(text)) if one.kind in PERSONAL)
