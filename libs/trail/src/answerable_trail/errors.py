"""What can go wrong with the record.

TrailError
├── TrailUnavailable    passes by itself: no connection, timeout, overload; the same call may be repeated
├── TrailRefused        does not pass: ClickHouse says no, for example for want of rights or of a migration
│   └── QueryInvalid    the statement that the caller wrote; the only one that quotes ClickHouse's own words
├── MigrationChanged    a migration that was applied is not the one in this release
├── QueryUnknown        no named query has this name, or it lacks a parameter
├── RetentionRefused    a decision about retention that cannot be taken
├── NotSealedYet        no checkpoint covers the record yet; one will in a few seconds
├── ProofInvalid        a proof that does not lead from what is known to what is claimed, or is malformed
├── NoteInvalid         no signed note, checkpoint or key in C2SP's form, or a signature that does not verify
├── KeyRefused          signing keys that are missing, malformed, or open to others than their owner
├── WitnessUnavailable  passes by itself: the witness does not answer, or has too much to do
└── WitnessRefused      does not pass by itself: the witness says no, or answers what it must not
    ├── WitnessConflict      it holds a checkpoint of another size than was assumed; offer again with a proof from there
    ├── WitnessUnknownLog    it was not told of this log
    ├── WitnessDistrusts     it was told of this log, but not of the key that signed
    └── WitnessInconsistent  the log does not continue what the witness holds: one of the two was rewritten
"""


class TrailError(Exception):
    """Any of them. Texts hold no data of the trace."""


class TrailUnavailable(TrailError):
    pass


class TrailRefused(TrailError):
    pass


class QueryInvalid(TrailRefused):
    pass


class MigrationChanged(TrailError):
    pass


class QueryUnknown(TrailError):
    pass


class RetentionRefused(TrailError):
    pass


class NotSealedYet(TrailError):
    pass


class ProofInvalid(TrailError):
    pass


class NoteInvalid(TrailError):
    pass


class KeyRefused(TrailError):
    pass


class WitnessUnavailable(TrailError):
    pass


class WitnessRefused(TrailError):
    pass


class WitnessConflict(WitnessRefused):
    """`size`: leaves in the checkpoint that the witness cosigned last."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the witness holds a checkpoint of {size} leaves")
        self.size = size


class WitnessUnknownLog(WitnessRefused):
    pass


class WitnessDistrusts(WitnessRefused):
    pass


class WitnessInconsistent(WitnessRefused):
    pass
