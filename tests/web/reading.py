"""A strict reader of HTML for the tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "img", "input", "hr"}
APART = {
    "p",
    "li",
    "td",
    "th",
    "dt",
    "dd",
    "h1",
    "h2",
    "h3",
    "div",
    "section",
    "article",
    "figcaption",
    "summary",
}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    text: str = ""
    within: tuple[str, ...] = ()


@dataclass
class Page(HTMLParser):
    """Elements of a page in order; raises AssertionError when tags are not closed as they were opened."""

    html: str
    elements: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[Element] = []
        self.feed(self.html)
        self.close()
        assert not self._open, f"left open: {[e.tag for e in self._open]}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs), within=tuple(e.tag for e in self._open))
        assert len(attrs) == len(element.attributes), f"<{tag}> has an attribute twice"
        self.elements.append(element)
        if tag in APART:
            self.handle_data(" ")
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, tag: str, **attributes: str) -> list[Element]:
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        return [
            e
            for e in self.elements
            if e.tag == tag
            and all(value in (e.attributes.get(name) or "").split() for name, value in wanted.items())
        ]

    def words(self) -> str:
        """What a reader sees of the page's content, with single spaces."""
        (main,) = self.all("main")
        specs = [e.text for e in self.all("script", class_="spec")]
        text = main.text
        for spec in specs:
            text = text.replace(spec, " ")
        return " ".join(text.split())
