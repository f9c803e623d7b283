"""Texts for people that can be said in another language: English to whoever only reads them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping


class Said(str):
    """An English text that still knows what stands in its places.

    To commands, logs and programs it is a string like any other; a page looks its text up among the translations, and
    writes the values as its reader's language has them.

    Args:
        text: In English, with places for the values, as in ``{number} tickets undone``: written out, so that it is
            found by whoever gathers the texts to be translated.
        values: What stands in them: numbers, amounts (decimals), days and moments, texts, and texts of this kind.

    Attributes:
        text: As given.
        values: As given.
    """

    __slots__ = ("text", "values")
    text: str
    values: Mapping[str, object]

    def __new__(cls, text: str, **values: object) -> Self:
        """Return the text with its values."""
        shown = {name: _shown(value) for name, value in values.items()}
        said = super().__new__(cls, text.format(**shown) if values else text)
        said.text, said.values = text, values
        return said


def _shown(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
