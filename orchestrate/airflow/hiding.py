"""Hides stores' secrets in what a night prints, should one of them ever come there.

Airflow's own masker compiles all that it knows anew for each further secret: of fifty stores that is seconds.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from franpos_qbo.stores.settings import plugin_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_SHORTEST = 6  # a shorter text is part of many a word
_HIDDEN = "***"
_OF_MELTANO = "MELTANO_"
"""Beside the plugins' secret settings: the addresses of databases and of state, which may hold a password."""


def hiding(all_secrets: Iterable[Mapping[str, Any]]) -> Callable[[str], str]:
    """Return what makes a line without secrets of a line.

    Args:
        all_secrets: What the connections of each store hold.
    """
    known = {setting.variable for setting in plugin_settings().values() if setting.secret}
    texts = {
        form
        for secrets in all_secrets
        for variable, value in secrets.items()
        if variable in known or variable.startswith(_OF_MELTANO)
        for text in _texts(value)
        for form in (text, json.dumps(text)[1:-1])
        if len(form) >= _SHORTEST
    }
    if not texts:
        return lambda line: line
    pattern = re.compile("|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True)))
    return lambda line: pattern.sub(_HIDDEN, line)


def _texts(value: Any) -> Iterator[str]:
    """Yield each text that a secret holds: some are objects, as they are or as JSON."""
    match value:
        case str():
            yield value
            if value.startswith("{"):
                try:
                    yield from _texts(json.loads(value))
                except ValueError:
                    return
        case dict():
            for part in value.values():
                yield from _texts(part)
