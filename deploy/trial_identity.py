# ruff: noqa: INP001 - a script, not part of a package
"""A key and a token, to try the stack of compose.yaml without an identity provider. Not for production.

    python deploy/trial_identity.py --subject ada --groups staff hr

makes deploy/identity/jwks.json on the first call (the file that .env.example names) and prints a token of an hour.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey

FOLDER = Path(__file__).parent / "identity"


def load_key(folder: Path) -> ECKey:
    """The signing key of this folder, made on the first call together with its public half, jwks.json."""
    private = folder / "private.json"
    if private.exists():
        return ECKey.import_key(json.loads(private.read_text()))
    key = ECKey.generate_key("P-256", parameters={"kid": "trial", "alg": "ES256", "use": "sig"})
    folder.mkdir(exist_ok=True)
    private.touch(mode=0o600)
    private.write_text(json.dumps(key.as_dict(private=True)))
    (folder / "jwks.json").write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    return key


def make_token(key: ECKey, claims: dict[str, object], *, seconds: int = 3600) -> str:
    """A signed token that is valid for so long from now."""
    now = int(time.time())
    return jwt.encode({"alg": "ES256", "kid": "trial", "typ": "JWT"}, {"iat": now, "exp": now + seconds, **claims}, key)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subject", required=True, help="who asks")
    parser.add_argument("--groups", nargs="*", default=[], help="groups of who asks")
    parser.add_argument("--tenant", default="norvik")
    parser.add_argument("--issuer", default="https://issuer.example", help="as ANSWERABLE_OIDC_ISSUER")
    parser.add_argument("--audience", default="answerable", help="as ANSWERABLE_OIDC_AUDIENCE")
    options = parser.parse_args(arguments)
    claims: dict[str, object] = {
        "iss": options.issuer,
        "aud": options.audience,
        "sub": options.subject,
        "groups": options.groups,
        "tenant": options.tenant,
    }
    sys.stdout.write(make_token(load_key(FOLDER), claims) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
