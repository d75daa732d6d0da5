"""Why a message cannot be taken as an event.

UndecodableEvent
├── HeadersInvalid      a CloudEvents header is missing or malformed
├── TypeUnknown         no such event type, or a version that this code does not know
├── TopicMismatch       a known event on a topic that does not carry it
├── BodyInvalid         not JSON, or JSON that breaks the contract
├── BodyTooLarge        more bytes than the topic allows
└── TenantMismatch      header and body name different tenants
"""

from typing import ClassVar


class UndecodableEvent(Exception):
    """A message that no consumer can take; `reason` is its code in dead letters and metrics.

    The text never quotes the message: it may hold personal data.
    """

    reason: ClassVar[str] = "undecodable"


class HeadersInvalid(UndecodableEvent):
    reason = "headers_invalid"


class TypeUnknown(UndecodableEvent):
    reason = "type_unknown"


class TopicMismatch(UndecodableEvent):
    reason = "topic_mismatch"


class BodyInvalid(UndecodableEvent):
    reason = "body_invalid"


class BodyTooLarge(UndecodableEvent):
    reason = "body_too_large"


class TenantMismatch(UndecodableEvent):
    reason = "tenant_mismatch"
