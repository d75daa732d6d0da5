"""What can go wrong with the record.

TrailError
├── TrailUnavailable    passes by itself: no connection, timeout, overload; the same call may be repeated
├── TrailRefused        does not pass: ClickHouse says no, for example for want of rights or of a migration
│   └── QueryInvalid    the statement that the caller wrote; the only one that quotes ClickHouse's own words
├── MigrationChanged    a migration that was applied is not the one in this release
└── QueryUnknown        no named query has this name, or it lacks a parameter
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
