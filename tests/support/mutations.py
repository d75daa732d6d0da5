"""Ways to falsify a bundle, which a verifier must see, and to write the same one otherwise, which it must not mind.

    judge = Judge(Base(several_requests(), REQUESTS))
    wrong = [mutant.name for mutant in mutants(judge.base, seed=1, count=300) if not judge.is_right(mutant)]

The same seed gives the same mutants. What nobody can see in a bundle is left out on purpose: the absence of a record
that no other one names, and `exported_at` and the verifier in the zip, which no seal covers.
"""

import io
import random
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from answerable_trail.verify import (
    COSIGNATURE_V1,
    ED25519,
    VERDICTS,
    Checkpoint,
    Key,
    Trust,
    Unreadable,
    examine,
    report,
)
from tests.support import mutations_of_bundles, mutations_of_records
from tests.support.drafts_of_bundles import CHANGES, GIVEN, SAME, Base, Draft, Given, Mutation

MODULES = mutations_of_bundles, mutations_of_records
"""Loading them fills the tables."""


@dataclass(frozen=True, slots=True)
class Mutant:
    name: str
    data: bytes
    changes: bool
    """Whether the bundle says something else than before."""
    given: Given
    """The least that shows it."""


def mutants(base: Base, *, seed: int, count: int, same_share: float = 0.2) -> Iterator[Mutant]:
    """As many as asked for, of all kinds in turn."""
    rng = random.Random(seed)
    order: dict[str, list[Mutation]] = {"changes": [], "same": []}
    made = 0
    while made < count:
        kinds, table = ("same", SAME) if rng.random() < same_share else ("changes", CHANGES)
        if not order[kinds]:
            order[kinds] = rng.sample(table, len(table))
        mutation = order[kinds].pop()
        draft = Draft(base, rng)
        result = mutation(draft, rng)
        if result is None:
            continue
        made += 1
        name = mutation.__name__
        given = GIVEN.get(name, Given.NOTHING)
        if isinstance(result, bytes):
            yield Mutant(name, result, kinds == "changes" and _differs(result, base), given)
        else:
            yield Mutant(name, draft.zip(), result, given)


class Judge:
    """Knows what the verifier says of a bundle, and whether it is right about its mutants."""

    def __init__(self, base: Base) -> None:
        self.base = base
        log = (Key.parse(base.log.signer.verifier, ED25519),)
        witnesses = (Key.parse(base.log.witness.verifier, COSIGNATURE_V1),)
        newest = [base.log.note(tree, len(each.leaves), cosigned=False) for tree, each in base.log.trees.items()]
        self._trust = {
            Given.NOTHING: Trust(),
            Given.KEYS: Trust(log, witnesses),
            Given.KEYS_AND_NOTES: Trust(log, witnesses, tuple(map(Checkpoint.parse, newest))),
        }
        self._expected = self.verdicts(base.data, Given.NOTHING)

    def verdicts(self, data: bytes, given: Given) -> dict[str, str]:
        """By request; under the empty name the worst of all."""
        try:
            found = report(examine(io.BytesIO(data), self._trust[given]))
        except Unreadable:
            return {"": "unreadable"}
        each = {f"{one['tenant']}/{one['request_id']}": one["verdict"] for one in found["requests"]}
        return {"": found["verdict"], **each}

    def is_right(self, mutant: Mutant) -> bool:
        """Whether a change is seen, by a worse verdict of something, and no change is not."""
        if not mutant.changes:
            return self.verdicts(mutant.data, Given.KEYS_AND_NOTES) == self._expected
        found = self.verdicts(mutant.data, mutant.given)
        return any(_rank(verdict) > _rank(self._expected.get(name, "complete")) for name, verdict in found.items())


def _rank(verdict: str) -> int:
    return (*VERDICTS, "unreadable").index(verdict)


def _differs(data: bytes, base: Base) -> bool:
    """Whether a zip that was damaged as bytes has other members than before; the verifier in it does not count."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = archive.namelist()
            return len(found) != len(set(found)) or any(
                archive.read(name) != raw or archive.getinfo(name).file_size != len(raw)
                for name, raw in base.members.items()
                if name != "verify.py"
            )
    except Exception:  # noqa: BLE001 - whatever zipfile says of it, it is not the bundle any more
        return True
