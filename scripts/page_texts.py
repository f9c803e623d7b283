"""The texts of the page, gathered from templates and code, and its catalogues of translations brought up to date.

A catalogue (``target_qbo/web/locale/<language>/LC_MESSAGES/django.po``) is edited by hand where ``msgstr`` stands;
which texts it has, and the compiled file beside it, are derived here. No GNU gettext is needed.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from target_qbo.accounting.kinds import KINDS, STRANGERS, plural_of
from target_qbo.desk.config import Source
from target_qbo.desk.runs import UNFINISHED
from target_qbo.desk.tickets import ADVICE, BY_STATUS
from target_qbo.ledger import runs
from target_qbo.ledger.status import DocumentState, TicketStatus
from target_qbo.posting.plan import Outcome
from target_qbo.survey.findings import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from babel.messages.catalog import Message

PAGE = "target_qbo/web"
_WIDTH = 110
_LAZY = ("gettext_lazy", "pgettext_lazy", "ngettext_lazy")
_KEYWORDS = DEFAULT_KEYWORDS | {name: DEFAULT_KEYWORDS[name.removesuffix("_lazy")] for name in _LAZY} | {"Said": None}

_LOOKED_AT = (
    *("location", "company", "currency", "tax code", "sales tax", "closed books", "open credit", "document numbers"),
    *(
        "account",
        "item",
        "payment method",
        "customer",
        "department",
        "class",
        "discount items",
        "gift cards",
        "tenders",
    ),
    "existing documents",
)
"""What a survey calls the kinds of its findings."""

Text = str | tuple[str, ...]


def catalogues(root: Path) -> dict[Path, bytes]:
    """Return the files that the catalogues of a checkout are to be: texts nobody uses any more are gone from them."""
    found: dict[Path, bytes] = {}
    texts = _texts(root)
    for path in sorted((root / PAGE / "locale").glob("*/LC_MESSAGES/django.po")):
        catalogue = _brought_up_to_date(path, texts)
        written, compiled = io.BytesIO(), io.BytesIO()
        write_po(written, catalogue, width=_WIDTH, no_location=True, sort_output=True, ignore_obsolete=True)
        write_mo(compiled, catalogue)
        found |= {path: written.getvalue(), path.with_suffix(".mo"): compiled.getvalue()}
    return found


def untranslated(root: Path) -> list[str]:
    """Return the texts that a catalogue has no translation of, each with where it is to stand."""
    texts = _texts(root)
    return [
        f"{path.relative_to(root)} lacks {message.id!r}"
        for path in sorted((root / PAGE / "locale").glob("*/LC_MESSAGES/django.po"))
        for message in _brought_up_to_date(path, texts)
        if message.id and not all(_strings(message))
    ]


def _strings(message: Message) -> Sequence[str]:
    """Return the translations of a text: as many as the language has plurals, where it has one."""
    return [message.string] if isinstance(message.string, str) else list(message.string or [""])


def _brought_up_to_date(path: Path, texts: Catalog) -> Catalog:
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.parts[-3], domain="django")
    texts.creation_date = catalogue.creation_date  # what is derived is the same whenever it is
    catalogue.update(texts, no_fuzzy_matching=True)
    return catalogue


def _texts(root: Path) -> Catalog:
    """Return all texts; one that has a plural stands with it."""
    catalogue = Catalog(domain="django")
    for text, context in _found(root):
        catalogue.add(text, context=context)
    return catalogue


def _found(root: Path) -> Iterator[tuple[Text, str | None]]:
    for path in sorted((root / PAGE / "templates").rglob("*.html")):
        # Its texts as calls of gettext, each on its own line: what else a line has is blanked out.
        lines = templatize(path.read_text("utf-8"), origin=str(path)).splitlines()
        yield from _calls("\n".join(line.strip() for line in lines).encode())
    for path in sorted((root / "target_qbo").rglob("*.py")):
        yield from _calls(path.read_bytes())
    for text in _vocabulary():
        yield text, None


def _calls(source: bytes) -> Iterator[tuple[Text, str | None]]:
    for _, text, _, context in extract("python", io.BytesIO(source), keywords=_KEYWORDS):
        yield text, context


def _vocabulary() -> Iterator[str]:
    """Yield what the desk and the ledger call things: fixed words that stand in no call."""
    for words in (TicketStatus, DocumentState, Outcome, Verdict, Source):
        yield from (one.value.replace("_", " ") for one in words)
    for kind in (*KINDS, *(one.kind for one in STRANGERS)):
        yield from (kind.replace("_", " "), plural_of(kind))
    yield from (runs.POST, runs.NIGHT, runs.UNDO, runs.DONE, runs.STOPPED, UNFINISHED)
    yield from _LOOKED_AT
    yield from ADVICE.values()
    yield from BY_STATUS.values()
