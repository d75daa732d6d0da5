"""The frame of a page: it forbids everything but its own style. Pure but for reading the packaged frame and style.

A page quotes questions, documents and models, any of which may be hostile. So a text is escaped unless it is markup
already (`markup`), and the policy in the head would stop what came through: no script runs, nothing is fetched, and
of styles only the one of this page counts, by its hash.
"""

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from importlib import resources
from string import Template

from answerable_cli.report.markup import Child, Html, joined


def framed(title: str, header: Html, main: Iterable[Child], footer: Html, rules: str = "") -> str:
    """One HTML file; `rules` are styles besides those of every page."""
    files = resources.files("answerable_cli.report")
    style = (files / "page.css").read_text("utf-8") + rules
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return Template((files / "page.html").read_text("utf-8")).substitute(
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        title=joined(title),
        style=style,
        header=header,
        main=joined(*main),
        footer=footer,
    )
