"""The table of checks. Adding one is one function (a Case to a Finding), one row here, and its examples."""

from collections.abc import Callable
from dataclasses import dataclass

from answerable_trust.citations import find_citations
from answerable_trust.disclosure import find_disclosed_personal_data, find_disclosed_secrets
from answerable_trust.figures import forget_figures
from answerable_trust.findings import Finding
from answerable_trust.injection import find_injection
from answerable_trust.permission import find_revoked
from answerable_trust.quantities import find_figures
from answerable_trust.questions import find_answer
from answerable_trust.shape import find_shape
from answerable_trust.sources import find_conflicts, find_poor_sources, find_stale_sources
from answerable_trust.support import find_support
from answerable_trust.tables import forget_tables
from answerable_trust.tongues import find_tongue
from answerable_trust.values import Case, CheckResult
from answerable_trust.words import forget


@dataclass(frozen=True, slots=True)
class Check:
    """A named, versioned rule. The version changes with any change that could change a result.

    `blocking`: a failure withholds the answer. `binds_people`: not even a reviewer may release what fails it.
    `reason_when_failed` is the reason of a failure that names none itself.
    """

    name: str
    version: int
    run: Callable[[Case], CheckResult]
    blocking: bool
    reason_when_failed: str
    binds_people: bool = False


def _row(name: str, version: int, find: Callable[[Case], Finding], reason: str, *, binds_people: bool = False) -> Check:
    def run(case: Case) -> CheckResult:
        finding = find(case)
        score = min(1.0, max(0.0, finding.score))
        return CheckResult(name, version, finding.reason is None, score, finding.reason, finding.evidence, finding.note)

    return Check(name, version, run, blocking=True, reason_when_failed=reason, binds_people=binds_people)


# The order is that in which the gate names a reason: what makes the later checks meaningless comes first.
CHECKS: tuple[Check, ...] = (
    _row("access", 1, find_revoked, "access_changed", binds_people=True),
    _row("output_shape", 1, find_shape, "malformed_answer", binds_people=True),
    _row("no_injection", 2, find_injection, "suspected_injection", binds_people=True),
    _row("citations_resolve", 1, find_citations, "citation_missing", binds_people=True),
    _row("sources_current", 1, find_stale_sources, "source_stale"),
    _row("source_quality", 1, find_poor_sources, "source_quality"),
    _row("sources_agree", 1, find_conflicts, "sources_conflict"),
    _row("numbers_agree", 3, find_figures, "number_mismatch", binds_people=True),
    _row("personal_data", 1, find_disclosed_personal_data, "personal_data", binds_people=True),
    _row("secrets", 1, find_disclosed_secrets, "secrets", binds_people=True),
    _row("language", 1, find_tongue, "other_language"),
    _row("supported", 3, find_support, "unsupported"),
    _row("question_answered", 1, find_answer, "question_not_answered"),
)


def version_of_checks() -> str:
    """Every check with its version, as one short word: what a proof about confidences depends on."""
    return " ".join(f"{check.name}{check.version}" for check in CHECKS)


def run_checks(case: Case) -> tuple[CheckResult, ...]:
    """The result of every check, in table order. Deterministic; raises nothing whatever the texts hold."""
    try:
        return tuple(check.run(case) for check in CHECKS)
    finally:
        forget()
        forget_figures()
        forget_tables()
