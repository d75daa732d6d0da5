"""Errors of this package.

TrustError
 ├─ InvalidPolicyError   a policy whose numbers cannot gate anything
 └─ InvalidModelError    coefficients that do not fit the features of this version

No case raises: a bad answer is a failed check, never an exception.
"""


class TrustError(Exception):
    """Any error of this package."""


class InvalidPolicyError(TrustError, ValueError):
    """A policy whose numbers cannot gate anything, such as a threshold that is no probability."""


class InvalidModelError(TrustError, ValueError):
    """Coefficients that name other features than this version has."""
