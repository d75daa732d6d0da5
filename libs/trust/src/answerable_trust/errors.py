"""Errors of this package.

TrustError
 └─ InvalidPolicyError   a policy whose numbers cannot gate anything

No case raises: a bad answer is a failed check, never an exception.
"""


class TrustError(Exception):
    """Any error of this package."""


class InvalidPolicyError(TrustError, ValueError):
    """A policy whose numbers cannot gate anything, such as a threshold that is no probability."""
