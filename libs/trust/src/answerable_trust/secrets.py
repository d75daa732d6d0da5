"""Secrets in a text: what has a form that only credentials have. An aid to a policy, not a guarantee. Linear time."""

import re
from collections.abc import Iterator

_FORMS = {
    "private_key": r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:[^-]{0,8000}-----END [A-Z ]{0,30}PRIVATE KEY-----)?",
    "access_key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[0-9A-Za-z_-]{35}\b|\bgh[pousr]_[0-9A-Za-z]{36}\b"
    r"|\bgithub_pat_[0-9A-Za-z_]{40,90}\b|\bglpat-[0-9A-Za-z_-]{20}\b|\bxox[abprs]-[0-9A-Za-z-]{10,80}"
    r"|\b[sr]k_live_[0-9A-Za-z]{16,60}\b|\bsk-[0-9A-Za-z_-]{32,180}",
    "token": r"\beyJ[0-9A-Za-z_-]{10,1000}\.eyJ[0-9A-Za-z_-]{10,4000}\.[0-9A-Za-z_-]{10,1000}"
    r"|\b[Bb]earer\s+[0-9A-Za-z._~+/-]{20,1000}=*",
    "credentials_in_url": r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{1,100}:[^\s/@]{1,100}@",
    "password": r"(?i:\b(?:password|passwd|passphrase|api[ _-]?key|client[ _-]?secret)\s*(?:is|[:=])\s*"
    r"[\"'\u201c]?)(?=[^\s\"'\u201d]{0,63}[0-9!#$%&*+=?@^_~])[^\s\"'\u201d]{6,64}",
}
_ALL = re.compile("|".join(f"(?P<{kind}>{form})" for kind, form in _FORMS.items()))


def find_secrets(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and kind of each, in order. A password counts when it looks like one: six characters, not a word."""
    return ((match.start(), match.end(), str(match.lastgroup)) for match in _ALL.finditer(text))
