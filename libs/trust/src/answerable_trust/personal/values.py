"""What is found: a kind, and where."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

Identifier = Literal[
    "credit_card", "iban", "email", "phone", "us_ssn", "ip_address", "url", "zip_code", "date"
]  # has a form, and often a checksum
Description = Literal["person", "title", "age", "nationality", "organization", "location", "street_address"]
Kind = Identifier | Description

IDENTIFIERS: Final = frozenset[Kind](get_args(Identifier))
DESCRIPTIONS: Final = frozenset[Kind](get_args(Description))


@dataclass(frozen=True, slots=True, order=True)
class PersonalData:
    """Characters `start` (included) to `end` (excluded) of a text are data of this kind. Holds no text itself."""

    start: int
    end: int
    kind: Kind
