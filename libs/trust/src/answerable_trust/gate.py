"""The gate: from check results and confidence to what happens with the answer. The order of its rules is the README's
table.
"""

from collections.abc import Sequence

from answerable_trust.checks import CHECKS
from answerable_trust.confidence import confidence
from answerable_trust.values import Action, Case, CheckResult, Decision, Policy


def decide(case: Case, results: Sequence[CheckResult], policy: Policy) -> Decision:
    """The decision for a case whose checks gave `results`. Fails closed: a check without a result counts as failed."""
    confident = confidence(case, results)
    action, reason = _choose(case, results, policy, confident)
    return Decision(action, reason, confident, policy.threshold)


def _choose(case: Case, results: Sequence[CheckResult], policy: Policy, confident: float) -> tuple[Action, str | None]:
    if not case.answered:
        return "withhold", "not_known"
    failed = _first_failure(results)
    if failed:
        return "withhold", failed
    if case.consequential:
        return "review", "consequential"
    return _by_confidence(policy, confident)


def _by_confidence(policy: Policy, confident: float) -> tuple[Action, str | None]:
    if policy.threshold is None:
        return policy.uncertified, "not_certified"
    if confident >= policy.threshold:
        return "release", None
    if policy.review_below is not None and confident >= policy.review_below:
        return "review", "low_confidence"
    return "withhold", "low_confidence"


def _first_failure(results: Sequence[CheckResult]) -> str | None:
    for check in CHECKS:
        mine = [result for result in results if (result.name, result.version) == (check.name, check.version)]
        if check.blocking and not (mine and all(result.passed for result in mine)):
            return next(
                (result.reason for result in mine if not result.passed and result.reason), check.reason_when_failed
            )
    return None
