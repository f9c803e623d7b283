"""The query language: what may be written, parsed to conditions; AND only (QuickBooks API notes, "Requests")."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from sandbox.qbo import errors
from sandbox.qbo.entities import ENTITIES, Entity

MOST_ROWS = 1000
LAST_CHARACTER = "\u00ff"
"""The last that the API's parser reads: names with later ones can be made, and not be asked for."""
DEFAULT_ROWS = 100
Value = str | Decimal | bool

_TOKEN = re.compile(
    r"""\s*(?:
        '(?P<text>(?:[^'\\]|\\.)*)'
      | (?P<number>-?\d+(?:\.\d+)?)(?![\w])
      | (?P<word>[A-Za-z_][\w.]*)
      | (?P<mark><=|>=|!=|[=<>(),*])
    )""",
    re.VERBOSE,
)
_OPERATORS = frozenset({"=", "<", ">", "<=", ">=", "in", "like"})


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison.

    Attributes:
        field: The field, such as `MetaData.CreateTime`.
        operator: One of `=`, `<`, `>`, `<=`, `>=`, `in`, `like`.
        values: What it is compared with; several for `in`.
    """

    field: str
    operator: str
    values: tuple[Value, ...]


@dataclass(slots=True)
class Query:
    """A query as it was asked.

    Attributes:
        entity: What it asks for.
        columns: The fields asked for; empty for all.
        count: Whether only the number of rows is asked for.
        conditions: All of which must hold.
        order: Fields to sort by, and whether downwards.
        start: The first row, counted from 1.
        most: The most rows of an answer.
    """

    entity: Entity
    columns: tuple[str, ...] = ()
    count: bool = False
    conditions: list[Condition] = field(default_factory=list)
    order: list[tuple[str, bool]] = field(default_factory=list)
    start: int = 1
    most: int = DEFAULT_ROWS


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.text.lower() in words

    def is_mark(self, *marks: str) -> bool:
        return self.kind == "mark" and self.text in marks


_END = _Token("end", "end of query")


def parse(text: str) -> Query:
    """Parse a query.

    Args:
        text: The query, such as `select * from Item where Active in (true, false)`.

    Raises:
        QboError: It can't be parsed (4000), or asks what may not be asked (4001).
    """
    return _Parser(_tokens(text)).query()


def _tokens(text: str) -> list[_Token]:
    if (bad := next((place for place, one in enumerate(text) if one > LAST_CHARACTER), None)) is not None:
        raise errors.query_syntax(f"Lexical error at line 1, column {bad + 1}. Encountered: {text[bad]!r}.")
    tokens, at = [], 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise errors.query_syntax(f"Encountered {text[at : at + 20]!r} at column {at + 1}.")
        kind = str(match.lastgroup)
        value = match[kind]
        tokens.append(_Token(kind, re.sub(r"\\(.)", r"\1", value) if kind == "text" else value))
        at = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def query(self) -> Query:
        self._word("select")
        columns, count = self._columns()
        self._word("from")
        name = self._take()
        entity = next((one for key, one in ENTITIES.items() if key.lower() == name.text.lower()), None)
        if name.kind != "word" or entity is None:
            raise errors.query_invalid(f"{name.text} is not an entity that can be queried.")
        query = Query(entity, columns, count)
        for column in columns:
            _check_column(entity, column)
        if self._peek().is_word("where"):
            self._take()
            query.conditions.append(self._condition(entity))
            while self._peek().is_word("and"):
                self._take()
                query.conditions.append(self._condition(entity))
        self._tail(query)
        if self._peek() is not _END:
            raise self._unexpected()
        return query

    def _columns(self) -> tuple[tuple[str, ...], bool]:
        token = self._take()
        if token.is_word("count") and self._peek().is_mark("("):
            for mark in "(*)":
                self._mark(mark)
            return (), True
        everything = token.is_mark("*")
        columns = [] if everything else [self._named(token)]
        while self._peek().is_mark(","):
            self._take()
            columns.append(self._named(self._take()))
        return () if everything else tuple(columns), False

    def _condition(self, entity: Entity) -> Condition:
        name = self._named(self._take())
        name = next((one for one in entity.filters if one.lower() == name.lower()), name)
        if name not in entity.filters:
            raise errors.query_invalid(f"property '{name}' of {entity.name} can't be queried.")
        token = self._take()
        operator = token.text.lower()
        if token.kind not in {"word", "mark"} or operator not in _OPERATORS:
            raise errors.query_syntax(f"{token.text!r} is not an operator.")
        if operator != "in":
            return Condition(name, operator, (self._value(),))
        self._mark("(")
        values = [self._value()]
        while self._peek().is_mark(","):
            self._take()
            values.append(self._value())
        self._mark(")")
        return Condition(name, operator, tuple(values))

    def _tail(self, query: Query) -> None:
        if self._peek().is_word("orderby", "order"):
            if self._take().is_word("order"):
                self._word("by")
            self._order(query)
            while self._peek().is_mark(","):
                self._take()
                self._order(query)
        while (token := self._peek()).is_word("startposition", "maxresults"):
            self._take()
            number = self._whole(token.text)
            if token.is_word("startposition"):
                if number < 1:
                    raise errors.query_invalid("STARTPOSITION begins at 1.")
                query.start = number
            else:
                if not 1 <= number <= MOST_ROWS:
                    raise errors.query_invalid(f"MAXRESULTS must be from 1 to {MOST_ROWS}.")
                query.most = number

    def _order(self, query: Query) -> None:
        name = self._named(self._take())
        name = next((one for one in query.entity.filters if one.lower() == name.lower()), name)
        if name not in query.entity.filters:
            raise errors.query_invalid(f"property '{name}' of {query.entity.name} can't be sorted by.")
        down = False
        if self._peek().is_word("asc", "desc"):
            down = self._take().is_word("desc")
        query.order.append((name, down))

    def _value(self) -> Value:
        token = self._take()
        if token.kind == "text":
            return token.text
        if token.kind == "number":
            return Decimal(token.text)
        if token.is_word("true", "false"):
            return token.is_word("true")
        raise errors.query_syntax(f"{token.text!r} is not a value; texts stand in apostrophes.")

    def _whole(self, after: str) -> int:
        token = self._take()
        try:
            return int(Decimal(token.text))
        except (InvalidOperation, ValueError):
            raise errors.query_syntax(f"{after} needs a number, not {token.text!r}.") from None

    def _peek(self) -> _Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else _END

    def _take(self) -> _Token:
        token = self._peek()
        self._at += 1
        return token

    def _word(self, word: str) -> None:
        if not self._take().is_word(word):
            raise errors.query_syntax(f"Expected {word.upper()}.")

    def _mark(self, mark: str) -> None:
        if not self._take().is_mark(mark):
            raise errors.query_syntax(f"Expected {mark!r}.")

    def _named(self, token: _Token) -> str:
        if token.kind != "word":
            raise errors.query_syntax(f"{token.text!r} is not a property's name.")
        return token.text

    def _unexpected(self) -> errors.QboError:
        token = self._peek()
        if token.is_word("or"):
            return errors.query_syntax("OR is not supported.")
        return errors.query_syntax(f"Encountered {token.text!r}.")


def _check_column(entity: Entity, column: str) -> None:
    if entity.fields and column.split(".", maxsplit=1)[0] not in entity.fields:
        raise errors.query_invalid(f"Property {column} not found for Entity {entity.name}")
