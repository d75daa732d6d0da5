"""What a browser would see of a page, and texts that would like to be more than text."""

from html.parser import HTMLParser

HOSTILE = '</blockquote></style><script>alert(1)</script><img src=x onerror=alert(2)>" onload="alert(3) $main &lt;b&gt;'
VOID = {"meta", "br", "hr"}
ELEMENTS = {
    *("html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "article"),
    *("h1", "h2", "h3", "p", "blockquote", "dl", "div", "dt", "dd", "ol", "li", "a", "span", "strong", "code", "pre"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "bdi", "time", "mark", "br"),
}


class Seen(HTMLParser):
    """What a browser would see of a page; wrongly nested elements fail."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.text += data

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]
