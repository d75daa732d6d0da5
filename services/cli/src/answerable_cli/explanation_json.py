"""An explanation for programs: the events as they are, without what they repeat of each other. Pure."""

from typing import Any

from answerable_cli.evidence import CheckedReceipt, RecordProof
from answerable_cli.explanation import Explanation, LogEntry
from answerable_cli.wording import proof_meaning, why_left_out
from answerable_events.body import EventBody
from answerable_trail.trees import Checkpoint

_REPEATED = {"tenant", "request_id", "ancestors", "question"}


def as_json(explanation: Explanation) -> dict[str, Any]:
    """All of it."""
    return {
        "request_id": str(explanation.request_id),
        "tenant": explanation.tenant,
        "status": explanation.status,
        "question": _body(explanation.question, {"tenant", "request_id", "ancestors"}),
        "context": _body(explanation.context, _REPEATED),
        "left_out": _left_out(explanation),
        "draft": _body(explanation.draft, _REPEATED | {"passages"}),
        "verdict": _body(explanation.verdict, _REPEATED),
        "outcome": _body(explanation.outcome, {"tenant", "request_id", "ancestors"}),
        "people": [{"type": one.TYPE} | (_body(one, _REPEATED | {"draft_body"}) or {}) for one in explanation.people],
        "recalls": [_body(one, {"tenant", "request_id", "ancestors"}) for one in explanation.recalls],
        "rests_on": _rests_on(explanation),
        "receipt": _receipt(explanation.receipt),
        "dead_letters": [_body(one, {"value", "key", "headers", "ancestors"}) for one in explanation.dead_letters],
        "seconds": {timing.stage: timing.seconds for timing in explanation.timings},
        "cost": {
            "calls": explanation.cost.calls,
            "input_tokens": explanation.cost.input_tokens,
            "output_tokens": explanation.cost.output_tokens,
            "usd": explanation.cost.usd,
        },
        "proof": _proof(explanation),
        "log": [_entry(entry) for entry in explanation.log],
    }


def _left_out(explanation: Explanation) -> list[dict[str, Any]]:
    counted = explanation.context.left_out.items() if explanation.context else ()
    return [{"reason": code, "passages": count, "meaning": why_left_out(code)} for code, count in counted]


def _rests_on(explanation: Explanation) -> dict[str, Any] | None:
    if explanation.rests_on is None:
        return None
    events = [
        {"event_id": str(each.event_id), "type": each.type, "sha256": each.sha256, "state": each.state}
        for each in explanation.rests_on.ancestors
    ]
    return {"type": explanation.rests_on.type, "events": events}


def _receipt(checked: CheckedReceipt | None) -> dict[str, Any] | None:
    if checked is None:
        return None
    told = checked.receipt.model_dump(mode="json", exclude={"checkpoint"})
    return {
        **told,
        "checkpoint_size": checked.quoted_size,
        "agrees": checked.agrees,
        "problems": list(checked.problems),
        "signed": _checkpoint(checked.covered_by),
    }


def _proof(explanation: Explanation) -> dict[str, Any]:
    return {
        "state": explanation.proof,
        "meaning": proof_meaning(explanation),
        "sealed": explanation.seal,
        "records": len(explanation.log),
        "erased": explanation.erased,
    }


def _entry(entry: LogEntry) -> dict[str, Any]:
    return {
        "type": entry.type,
        "position": [entry.epoch, entry.topic, entry.partition, entry.offset],
        "log_time": entry.log_time.isoformat(),
        "event_id": str(entry.event_id),
        "body_sha256": None if entry.proof.erased else entry.body_sha256,
        "counts": entry.counts,
        "erased_at": entry.proof.erased_at.isoformat() if entry.proof.erased_at else None,
        "seal": _seal(entry.proof),
    }


def _seal(proof: RecordProof) -> dict[str, Any]:
    return {
        "state": proof.state,
        "tree": {"tenant": proof.tree[0], "shard": proof.tree[1]},
        "leaf_index": proof.leaf_index if proof.sealed else None,
        "leaf_hash": proof.leaf_hash if proof.sealed else None,
        "holds": proof.holds,
        "signed": _checkpoint(proof.signed_by),
        "cosigned": _checkpoint(proof.cosigned_by),
    }


def _checkpoint(checkpoint: Checkpoint | None) -> dict[str, Any] | None:
    if checkpoint is None:
        return None
    signed_at = checkpoint.signed_at.isoformat()
    return {"size": checkpoint.size, "signed_at": signed_at, "cosignatures": checkpoint.cosignatures}


def _body(body: EventBody | None, without: set[str]) -> dict[str, Any] | None:
    return None if body is None else body.model_dump(mode="json", exclude=without, exclude_none=True)
