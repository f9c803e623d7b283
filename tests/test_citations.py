"""Every rule that code and tests cite can be looked up in ``docs/``; links between pages lead somewhere.

A citation is ``Source: PAGE, SECTION`` in a docstring or a comment, or the same in parentheses: some sections side by
side, several sources with a semicolon between. Behind a section may stand numbers of its list (``Given 2, 3 and 5``),
a remark in parentheses, or one after a colon.
"""

from __future__ import annotations

import re
import tokenize
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.shop import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES = {
    "accounting rules": "accounting-rules.md",
    "QuickBooks API notes": "quickbooks-api.md",
    "Franpos API notes": "franpos-api.md",
    "design": "design.md",
}
FOLDERS = ("franpos_qbo", "tap_franpos", "target_qbo", "sandbox", "orchestrate", "benchmarks", "scripts", "tests")
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))

_CITED = re.compile(rf"(?:\bSource\b[^.:;]*: |\(|; )(?:the )?({'|'.join(PAGES)})\b(?!')")
_TABLE = re.compile(rf"({'|'.join(PAGES)})' (?:table )?(\*[^.]+)")
_NUMBERS = r" \d+(?:(?: to |, | and )\d+)*"


@cache
def sections(page: str) -> dict[str, frozenset[str]]:
    """Return a page's headings in lower case, each with the numbers of its list."""
    text = (ROOT / "docs" / PAGES[page]).read_text("utf-8")
    parts = (part.partition("\n") for part in re.split(r"^#{2,} ", text, flags=re.MULTILINE)[1:])
    return {heading.casefold(): frozenset(re.findall(r"^(\d+)\. ", body, re.MULTILINE)) for heading, _, body in parts}


def faults(text: str) -> Iterator[str | None]:
    """Yield for each citation in a text what is wrong with it, None where nothing is."""
    for cited in _TABLE.finditer(text):
        for heading in re.findall(r"\*([^*]+)\*", cited[2]):
            yield None if heading.casefold() in sections(cited[1]) else f"{cited[1]} has no section {heading!r}"
    text = re.sub(r'["*`]', "", text)
    for cited in _CITED.finditer(text):
        yield _fault(cited[1], text[cited.end() :])


def _fault(page: str, rest: str) -> str | None:
    known = sections(page)
    heading = "|".join(re.escape(one) for one in sorted(known, key=len, reverse=True))
    section = rf"({heading})({_NUMBERS}| \(\d+\))?(?: \([^()]*\)|: [^.;)]*)?"
    whole = re.match(rf", {section}(?:,? and {section}|, {section})*(?=[.;)]|$)", rest, re.IGNORECASE)
    if whole is None:
        return f"{page}{rest[:60]}: no such section"
    for name, numbers in re.findall(rf"({heading})({_NUMBERS}| \(\d+\))?", whole[0], re.IGNORECASE):
        missing = set(re.findall(r"\d+", numbers)) - known[name.casefold()]
        if missing:
            return f"{page}, {name}: no {', '.join(sorted(missing))}"
    return None


def texts(path: Path) -> Iterator[str]:
    """Yield a file's strings, and its comments; those on lines that follow each other as one. Each on one line."""
    comment, line = "", -1
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT:
                if token.start[0] != line + 1:
                    yield comment
                    comment = ""
                comment, line = f"{comment} {token.string.lstrip('# ')}".strip(), token.start[0]
            elif token.type == tokenize.STRING:
                yield " ".join(token.string.strip("\"'rfb").split())
    yield comment


def test_every_citation_can_be_looked_up() -> None:
    found = [
        (path, fault)
        for path in SOURCES
        if path.name != "test_citations.py"
        for one in texts(path)
        for fault in faults(one)
    ]
    assert [f"{path.relative_to(ROOT)}: {fault}" for path, fault in found if fault] == []
    assert len(found) > 50


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {"", *(re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings)}


def test_every_link_between_pages_leads_somewhere() -> None:
    pages = [
        ROOT / "README.md",
        *(page for folder in (*FOLDERS, "docs", "schemas", "findings") for page in (ROOT / folder).rglob("*.md")),
    ]
    dead = []
    for page in pages:
        for link, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)", page.read_text("utf-8")):
            there = page.parent / link if link else page
            if not there.exists() or (there.suffix == ".md" and anchor not in _anchors(there)):
                dead.append(f"{page.relative_to(ROOT)}: {link}#{anchor}")
    assert dead == []
    assert len(pages) > 10


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Source: accounting rules, Given 2, 3 and 5 and Names and accounts. At a cold start, one query.", [None]),
        ("Source: design, Posting, exactly once (6); accounting rules, After posting (not ours).", [None, None]),
        ("Source: accounting rules, *is a document found ours?*", [None]),
        ("(RFC 6749, 4.1; QuickBooks API notes, Sign-in)", [None]),
        ('(QuickBooks API notes, "Seen live": AutoApplyCredit)', [None]),
        ("The accounting rules' *Given* and *Identities* over days.", [None, None]),
        ("What the accounting rules, case by case, say.", []),
        ("(accounting rules, Before posting)", ["accounting rules, Before posting): no such section"]),
        ("Source: accounting rules, Given 2 and 9.", ["accounting rules, Given: no 9"]),
        ("Source: design, Posting, exactly once (7).", ["design, Posting, exactly once: no 7"]),
        ("Source: design.", ["design.: no such section"]),
        ("Source: accounting rules, Tenders and Taxes.", ["accounting rules, Tenders and Taxes.: no such section"]),
        ("The accounting rules' table *Tender*.", ["accounting rules has no section 'Tender'"]),
    ],
)
def test_what_counts_as_a_citation(text: str, told: list[str | None]) -> None:
    assert list(faults(text)) == told
