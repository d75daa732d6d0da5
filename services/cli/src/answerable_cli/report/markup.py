"""Elements of a page. What is not `Html` already is text, and is escaped wherever it is put. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape

_VOID = frozenset({"br", "hr"})


class Html(str):
    """Markup. Only this module makes it: any other text that reaches a page is escaped."""

    __slots__ = ()


Child = str | None
"""A text, or markup; None is nothing."""


def element(name: str, *children: Child, **attributes: str | None) -> Html:
    """`<name attributes>children</name>`; `class_` is class, `data_label` is data-label; None leaves one out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{written}>" + ("" if name in _VOID else f"{joined(*children)}</{name}>"))


def joined(*children: Child) -> Html:
    """One after the other."""
    return Html("".join(child if isinstance(child, Html) else escape(child) for child in children if child is not None))


def listed(kind: str, items: Iterable[Child], **attributes: str | None) -> Html:
    """A list, `ul` or `ol`."""
    return element(kind, *(element("li", item) for item in items), **attributes)


def facts(*pairs: tuple[str, Child]) -> Html:
    """Names and what they stand for; those without a value are left out."""
    rows = [
        element("div", element("dt", name), element("dd", value)) for name, value in pairs if value not in {None, ""}
    ]
    return element("dl", *rows)


def table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[Child]]) -> Html:
    """A table that a narrow screen shows as one block for each row.

    Shown like that it would be no table to a screen reader any more: hence the roles, which say again what it is.
    """
    head = element("tr", *(element("th", name, scope="col", role="columnheader") for name in columns), role="row")
    body = [element("tr", *_cells(columns, row), role="row") for row in rows]
    return element(
        "table",
        element("caption", caption),
        element("thead", head, role="rowgroup"),
        element("tbody", *body, role="rowgroup"),
        role="table",
    )


def quote(text: Child, **attributes: str | None) -> Html:
    """Somebody else's words, in whichever direction they run."""
    return element("blockquote", element("p", text, dir="auto"), **attributes)


def foreign(text: str) -> Html:
    """A name or a few words that somebody else chose: they must not turn the line around them."""
    return element("bdi", text)


def code(text: str) -> Html:
    return element("code", text)


def moment(at: datetime) -> Html:
    return element("time", f"{at:%Y-%m-%d %H:%M:%S} UTC", datetime=at.isoformat())


def badge(text: str, kind: str) -> Html:
    """A word that says how something stands; `kind` is good, bad or open."""
    return element("strong", text, class_=f"badge {kind}")


def _cells(columns: Sequence[str], row: Sequence[Child]) -> Iterable[Html]:
    for number, (name, value) in enumerate(zip(columns, row, strict=True)):
        content = element("span", value) if value else None
        if number == 0:
            yield element("th", content, scope="row", role="rowheader", data_label=name)
        else:
            yield element("td", content, role="cell", data_label=name)
