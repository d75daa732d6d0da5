"""Reviews: who may decide about which draft, and what becomes of the decision. Without HTTP.

The gateway knows who somebody is and what the record holds; what is right about a decision, validation says, and which
one counts, the log. So nothing here has to be exact under races: two decisions are two events, the first accepted wins.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from answerable_events.requests import VerdictDecided
from answerable_events.reviews import ReviewRefused, ReviewSubmitted
from answerable_events.topics import REVIEWS
from answerable_gateway import problems
from answerable_gateway.board import Board, RequestKey
from answerable_gateway.callers import Caller
from answerable_gateway.dossiers import Dossier, ancestor_of, dossier_of
from answerable_gateway.errors import Refused
from answerable_gateway.publishing import Publisher
from answerable_gateway.resources import Outcome
from answerable_gateway.review_resources import Claim, DecisionBody, OpenReview
from answerable_runtime.leases import Lease, Leases
from answerable_trail.client import Trail
from answerable_trail.people import open_reviews


@dataclass(frozen=True, slots=True)
class ReviewRules:
    """Who reviews, how long a claim lasts, and how many one person may have."""

    groups: frozenset[str]
    lease: timedelta
    claims: int
    answered_within: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Reviews:
    """One for each process. Every method raises TrailError and LeasesUnavailable."""

    trail: Trail
    leases: Leases
    publisher: Publisher
    board: Board
    rules: ReviewRules
    now: Callable[[], datetime]

    def admit(self, caller: Caller) -> None:
        """Raises Refused: not a reviewer."""
        if not self.rules.groups & set(caller.groups):
            raise Refused(problems.NOT_A_REVIEWER)

    async def waiting(self, caller: Caller) -> list[OpenReview]:
        """Drafts of the caller's tenant that wait for a person, oldest first."""
        found = await self._open(caller.tenant)
        leases = await self.leases.held([_key(caller.tenant, verdict.request_id) for verdict in found])
        return [_listed(verdict, lease, caller) for verdict, lease in zip(found, leases, strict=True)]

    async def look(self, caller: Caller, request_id: UUID) -> tuple[Dossier, Lease | None]:
        """Raises Refused: nothing here waits, or has waited, for a person."""
        dossier = await self._dossier(caller, request_id)
        [lease] = await self.leases.held([_key(caller.tenant, request_id)])
        return dossier, lease

    async def claim(self, caller: Caller, request_id: UUID) -> Claim:
        """Have it before oneself for a while; again, to extend that.

        Raises:
            Refused: one's own question, claimed by somebody else, decided already, or too many claims.
        """
        await self._decidable(caller, request_id)
        key, now = _key(caller.tenant, request_id), self.now()
        lease = await self.leases.take(key, caller.subject, now, lasts=self.rules.lease)
        if lease is None:
            raise Refused(problems.CLAIMED)
        # Taken first and counted then: of claims at once each sees all others.
        others = [verdict.request_id for verdict in await self._open(caller.tenant) if verdict.request_id != request_id]
        leases = await self.leases.held([_key(caller.tenant, other) for other in others])
        if sum(one is not None and one.holder == caller.subject for one in leases) >= self.rules.claims:
            await self.leases.release(key, caller.subject)
            raise Refused(problems.TOO_MANY_CLAIMS)
        return _claim(lease)

    async def give_back(self, caller: Caller, request_id: UUID) -> None:
        """Raises Refused: it is not the caller's."""
        if not await self.leases.release(_key(caller.tenant, request_id), caller.subject):
            raise Refused(problems.NOT_CLAIMED)

    async def decide(self, caller: Caller, request_id: UUID, body: DecisionBody) -> Outcome | ReviewRefused | None:
        """Publish the decision and wait for what becomes of it; None: nothing yet.

        Raises:
            Refused: as for a claim, not claimed, or another draft counts.
            NoRoom: too many wait already; nothing is published.
        """
        dossier = await self._decidable(caller, request_id)
        [lease] = await self.leases.held([_key(caller.tenant, request_id)])
        if lease is None or lease.holder != caller.subject:
            raise Refused(problems.NOT_CLAIMED if lease is None else problems.CLAIMED)
        submission = self._submission(caller, dossier, body, lease)
        key = caller.tenant, request_id
        settled: Outcome | ReviewRefused | None
        # A place first: a message that is prepared and not published would be missed by the completeness check.
        with self.board.place(key) as outcome:
            message, event_id = self.publisher.prepare(submission, REVIEWS)
            with self.board.refusal_place(event_id) as refusal:
                await self.publisher.publish(message)
                settled = await self.publisher.first(outcome, refusal, within=self.rules.answered_within)
        if settled is not None and not isinstance(settled, ReviewRefused):
            await self.leases.release(_key(*key), caller.subject)
        return settled

    def _submission(self, caller: Caller, dossier: Dossier, body: DecisionBody, lease: Lease) -> ReviewSubmitted:
        draft, verdict = dossier.draft_row, dossier.verdict
        assert draft is not None
        assert verdict is not None
        assert dossier.verdict_row is not None
        if body.draft_sha256 != draft.body_sha256:
            raise Refused(problems.STALE)
        return ReviewSubmitted(
            tenant=caller.tenant,
            request_id=verdict.request_id,
            ancestors=(*verdict.ancestors, ancestor_of(dossier.verdict_row)),
            reviewer=caller.asker,
            decision=body.decision,
            reason=body.reason,
            draft_sha256=body.draft_sha256,
            draft_body=draft.body.decode(),
            sentences=tuple(body.sentences) if body.decision == "correct" else (),
            claimed_at=lease.since,
            submitted_at=self.now(),
        )

    async def _decidable(self, caller: Caller, request_id: UUID) -> Dossier:
        dossier = await self._dossier(caller, request_id)
        assert dossier.verdict is not None
        if dossier.verdict.question.asker.subject == caller.subject:
            raise Refused(problems.OWN_QUESTION)
        if not dossier.in_review or dossier.draft is None:
            raise Refused(problems.DECIDED)
        return dossier

    async def _dossier(self, caller: Caller, request_id: UUID) -> Dossier:
        dossier = dossier_of(await self.trail.request(caller.tenant, request_id))
        if dossier.verdict is None or dossier.verdict.action != "review":
            raise Refused(problems.NOT_FOUND)
        return dossier

    async def _open(self, tenant: str) -> Sequence[VerdictDecided]:
        keys: list[RequestKey] = [(tenant, request_id) for request_id in await open_reviews(self.trail, tenant)]
        states = await self.trail.load(keys) if keys else {}
        found = []
        for key in keys:
            body = states[key].bodies.get(VerdictDecided.TYPE)
            verdict = None if body is None else VerdictDecided.model_validate_json(body)
            if verdict is not None and verdict.review_by is not None and states[key].outcome is None:
                found.append(verdict)
        return found


def _key(tenant: str, request_id: UUID) -> str:
    return f"review:{tenant}:{request_id}"


def _claim(lease: Lease) -> Claim:
    return Claim(reviewer=lease.holder, since=lease.since)


def _listed(verdict: VerdictDecided, lease: Lease | None, caller: Caller) -> OpenReview:
    return OpenReview.model_validate(listed_fields(verdict, lease, caller))


def listed_fields(verdict: VerdictDecided, lease: Lease | None, caller: Caller) -> dict[str, object]:
    """What a list says of a draft that waits."""
    question = verdict.question
    return {
        "request_id": verdict.request_id,
        "question": question.text,
        "asker": question.asker.subject,
        "asked_at": question.asked_at,
        "review_by": verdict.review_by or question.answer_by,
        "reason": verdict.reason,
        "confidence": verdict.confidence,
        "claim": None if lease is None else _claim(lease),
        "yours": question.asker.subject == caller.subject,
    }
