"""What the record holds for people to do: drafts that wait for a decision, released answers drawn for a blind audit."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from answerable_events.answers import AnswerReleased
from answerable_trail.client import Trail
from answerable_trail.reading import literal

LOOKED_BACK = timedelta(days=3)
"""For open reviews: longer than any may last."""

AUDITED_WITHIN = timedelta(days=30)
MOST = 200
_ALL = 2**32


@dataclass(frozen=True, slots=True)
class Draw:
    """Which share of released answers is drawn, and which share of those is judged by two people."""

    share: float
    double_share: float

    def people_needed(self, answer_sha256: str) -> int:
        """How many people are to judge an answer with this digest, which nobody knows before its release."""
        if int(answer_sha256[:8], 16) >= self.share * _ALL:
            return 0
        return 2 if int(answer_sha256[8:16], 16) < self.double_share * _ALL else 1


async def open_reviews(trail: Trail, tenant: str) -> list[UUID]:
    """Requests that a person has to decide about and that have no outcome, oldest first; at most MOST.

    Raises TrailUnavailable, TrailRefused.
    """
    table = await trail.query(
        f"""
SELECT request_id FROM trace.requests_now
WHERE tenant = {{tenant:String}} AND listed AND action = 'review' AND outcome = ''
    AND asked_at > now() - toIntervalSecond({int(LOOKED_BACK.total_seconds())})
ORDER BY asked_at, request_id
LIMIT {MOST}""",  # noqa: S608 - numbers only
        parameters={"tenant": tenant},
    )
    return [UUID(str(request_id)) for (request_id,) in table.rows]


async def drawn_answers(trail: Trail, tenant: str, draw: Draw, auditor: str, limit: int) -> list[UUID]:
    """Released answers that still wait for this auditor, in the order of their digests, which is none of time.

    Raises TrailUnavailable, TrailRefused.
    """
    table = await trail.query(
        f"""
SELECT request_id
FROM (
    SELECT request_id, lower(hex(argMin(body_sha256, (epoch, offset, bitNot(seal))))) AS sha256,
           {_quarter(1)} AS first, {_quarter(9)} AS second
    FROM trace.events
    WHERE topic = 'answers' AND type = {literal(AnswerReleased.TYPE)} AND tenant = {{tenant:String}}
        AND recorded_at > now() - toIntervalSecond({int(AUDITED_WITHIN.total_seconds())})
    GROUP BY request_id
    HAVING argMin(erased_leaf, (epoch, offset, bitNot(seal))) = '' AND first < {{share:Float64}} * {_ALL}
) AS drawn
LEFT JOIN (
    SELECT request_id, groupUniqArray(auditor) AS auditors FROM trace.audits
    WHERE tenant = {{tenant:String}} GROUP BY request_id
) AS judged USING (request_id)
WHERE NOT has(auditors, {{auditor:String}}) AND length(auditors) < if(second < {{double:Float64}} * {_ALL}, 2, 1)
ORDER BY sha256
LIMIT {limit}""",  # noqa: S608 - constants and a number
        parameters={"tenant": tenant, "share": draw.share, "double": draw.double_share, "auditor": auditor},
    )
    return [UUID(str(request)) for (request,) in table.rows]


def _quarter(start: int) -> str:
    """Eight digits of the digest as a number."""
    return f"reinterpretAsUInt32(reverse(unhex(substring(sha256, {start}, 8))))"
