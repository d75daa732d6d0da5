"""Formulas of office files (OMML) on one line: a/b, x^2, √(x)."""

from typing import Any

_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"


def linear(element: Any) -> str:  # noqa: PLR0911 - one rule per kind
    """A formula as text."""
    kind = element.tag.removeprefix(_M) if isinstance(element.tag, str) else ""
    if kind == "t":
        return element.text or ""
    if kind in ("sSup", "sSub", "sSubSup"):
        sub, sup = (_after(sign, _child(element, part)) for sign, part in (("_", "sub"), ("^", "sup")))
        return _child(element, "e") + sub + sup
    if kind == "f":
        return f"{_grouped(_child(element, 'num'))}/{_grouped(_child(element, 'den'))}"
    if kind == "rad":
        return f"{_child(element, 'deg')}√{_grouped(_child(element, 'e'))}"
    if kind == "nary":
        limits = _after("_", _child(element, "sub")) + _after("^", _child(element, "sup"))
        return f"{_property(element, 'chr', '∫')}{limits} {_child(element, 'e')}"
    if kind == "func":
        return f"{_child(element, 'fName')} {_child(element, 'e')}"
    if kind == "d":
        parts = _property(element, "sepChr", "|").join(linear(part) for part in element.iterchildren(f"{_M}e"))
        return f"{_property(element, 'begChr', '(')}{parts}{_property(element, 'endChr', ')')}"
    if kind == "mr":
        return ", ".join(linear(part) for part in element.iterchildren(f"{_M}e")) + "; "
    return "".join(linear(part) for part in element)


def _child(element: Any, name: str) -> str:
    part = element.find(f"{_M}{name}")
    return "" if part is None else linear(part)


def _property(element: Any, name: str, default: str) -> str:
    found = next(element.iterfind(f"{_M}{element.tag.removeprefix(_M)}Pr/{_M}{name}"), None)
    return default if found is None else found.get(f"{_M}val", "")


def _after(sign: str, text: str) -> str:
    return sign + _grouped(text) if text.strip() else ""


def _grouped(text: str) -> str:
    return text if len(text.strip()) <= 1 or text.strip().isalnum() else f"({text})"
