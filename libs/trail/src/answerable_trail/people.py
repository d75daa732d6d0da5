"""What the record holds for people to do: drafts that wait for a decision, released answers drawn for a blind audit."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from answerable_events.answers import AnswerReleased
from answerable_events.feedback import AnswerAudited
from answerable_trail.client import Trail
from answerable_trail.reading import literal

LOOKED_BACK = timedelta(days=3)
"""For open reviews: longer than any may last."""

AUDITED_WITHIN = timedelta(days=30)
MOST = 200
_ALL = 2**32


@dataclass(frozen=True, slots=True)
class Drawn:
    """A released answer that was drawn, and who has judged it."""

    request_id: UUID
    answer_sha256: str
    auditors: tuple[str, ...]

    def needed(self, double_share: float) -> int:
        """How many people are to judge it: one, or of a share of them two; the digest says which."""
        return 2 if int(self.answer_sha256[8:16], 16) < double_share * _ALL else 1


def is_drawn(answer_sha256: str, share: float) -> bool:
    """Whether an answer is drawn: nobody can know before it is released, and nobody chooses."""
    return int(answer_sha256[:8], 16) < share * _ALL


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


async def drawn_answers(trail: Trail, tenant: str, share: float) -> list[Drawn]:
    """Released answers that are drawn, in the order of their digests, which is none of time; at most MOST.

    Raises TrailUnavailable, TrailRefused.
    """
    table = await trail.query(
        f"""
SELECT request_id, sha256, auditors
FROM (
    SELECT request_id, lower(hex(argMin(body_sha256, (epoch, offset)))) AS sha256
    FROM trace.events
    WHERE topic = 'answers' AND type = {literal(AnswerReleased.TYPE)} AND tenant = {{tenant:String}}
        AND erased_leaf = '' AND recorded_at > now() - toIntervalSecond({int(AUDITED_WITHIN.total_seconds())})
    GROUP BY request_id
    HAVING reinterpretAsUInt32(reverse(unhex(substring(sha256, 1, 8)))) < {{share:Float64}} * {_ALL}
    ORDER BY sha256
    LIMIT {MOST}
) AS drawn
LEFT JOIN (
    SELECT request_id, groupUniqArray(JSONExtractString(body, 'auditor')) AS auditors
    FROM trace.events
    WHERE topic = 'feedback' AND type = {literal(AnswerAudited.TYPE)} AND tenant = {{tenant:String}}
        AND erased_leaf = ''
    GROUP BY request_id
) AS judged USING (request_id)
ORDER BY sha256""",  # noqa: S608 - constants only
        parameters={"tenant": tenant, "share": share},
    )
    return [Drawn(UUID(str(request)), str(sha256), tuple(auditors)) for request, sha256, auditors in table.rows]  # type: ignore[arg-type]
