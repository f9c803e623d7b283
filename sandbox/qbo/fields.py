"""The kinds of fields the API's schema has, and the check of a body against a table of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from sandbox.qbo import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Kind(Enum):
    """What a field holds."""

    TEXT = auto()
    NUMBER = auto()
    MONEY = auto()
    WHOLE = auto()
    FLAG = auto()
    DATE = auto()
    MOMENT = auto()
    STRUCT = auto()
    FREE = auto()


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the schema.

    Attributes:
        kind: What it holds.
        most: The longest text, in characters.
        choices: The enumeration, where it has one.
        struct: Its own fields, where it is a structure.
        many: Whether it is an array.
    """

    kind: Kind
    most: int | None = None
    choices: frozenset[str] | None = None
    struct: Mapping[str, Field] | None = None
    many: bool = False


def text(most: int) -> Field:
    """Return a text of at most so many characters."""
    return Field(Kind.TEXT, most=most)


def choice(*choices: str) -> Field:
    """Return a text out of an enumeration."""
    return Field(Kind.TEXT, choices=frozenset(choices))


def struct(fields: Mapping[str, Field]) -> Field:
    """Return a structure of these fields."""
    return Field(Kind.STRUCT, struct=fields)


def many(fields: Mapping[str, Field]) -> Field:
    """Return an array of structures of these fields."""
    return Field(Kind.STRUCT, struct=fields, many=True)


REFERENCE = {"value": Field(Kind.TEXT), "name": Field(Kind.TEXT), "type": Field(Kind.TEXT)}


def table(
    *,
    texts: str = "",
    numbers: str = "",
    money: str = "",
    flags: str = "",
    dates: str = "",
    moments: str = "",
    references: str = "",
    free: str = "",
    **others: Field,
) -> dict[str, Field]:
    """Return a table of fields, those of one kind named together.

    Args:
        texts: Names of texts of any length.
        numbers: Names of numbers.
        money: Names of amounts of money, to the cent.
        flags: Names of booleans.
        dates: Names of dates.
        moments: Names of times with an offset.
        references: Names of references to other entities.
        free: Names of fields that exist and whose inside isn't checked here.
        others: Fields that need more than a kind.
    """
    fields: dict[str, Field] = {}
    for names, kind in (
        (texts, Kind.TEXT),
        (numbers, Kind.NUMBER),
        (money, Kind.MONEY),
        (flags, Kind.FLAG),
        (dates, Kind.DATE),
        (moments, Kind.MOMENT),
        (free, Kind.FREE),
    ):
        fields |= dict.fromkeys(names.split(), Field(kind))
    fields |= dict.fromkeys(references.split(), struct(REFERENCE))
    return fields | others


def check(body: Mapping[str, Any], fields: Mapping[str, Field], path: str = "") -> dict[str, Any]:
    """Check a body against its table.

    Args:
        body: What was sent.
        fields: The fields that exist.
        path: Where the body stands in the whole, for the fault's text.

    Returns:
        A copy of the body without the fields sent as null.

    Raises:
        QboError: An unknown field or a wrong type (2010), a text too long (2050), a value out of the
            enumeration (2170).
    """
    checked: dict[str, Any] = {}
    for name, value in body.items():
        field = fields.get(name)
        if field is None:
            raise errors.unknown_property(path + name)
        if value is None:
            continue
        if field.many:
            if not isinstance(value, list):
                raise _wrong(path + name, "an array", value)
            checked[name] = [_checked(one, field, f"{path}{name}.") for one in value]
        else:
            checked[name] = _checked(value, field, path + name)
    return checked


def _checked(value: object, field: Field, path: str) -> object:
    if field.kind is Kind.STRUCT:
        if not isinstance(value, dict):
            raise _wrong(path, "an object", value)
        return check(value, field.struct or {}, f"{path.rstrip('.')}.")
    reader = _READERS.get(field.kind)
    return reader(value, field, path) if reader else value


def _text(value: object, field: Field, path: str) -> str:
    if not isinstance(value, str):
        raise _wrong(path, "a string", value)
    if field.choices is not None and value not in field.choices:
        raise errors.invalid_choice(path, value)
    if field.most is not None and len(value) > field.most:
        raise errors.wrong_length(path, field.most, len(value))
    return value


def _number(value: object, field: Field, path: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise _wrong(path, "a number", value)
    number = Decimal(value)
    if not number.is_finite() or abs(number) >= Decimal("1e15"):
        raise _wrong(path, "a number of that size", value)
    if field.kind is Kind.MONEY and number != round(number, 2):
        raise errors.malformed(f"{path}: {value} has parts of a cent", path)
    return number


def _whole(value: object, _field: Field, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(path, "a whole number", value)
    return value


def _flag(value: object, _field: Field, path: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(path, "true or false", value)
    return value


def _date(value: object, _field: Field, path: str) -> str:
    try:
        if isinstance(value, str) and dt.date.fromisoformat(value).isoformat() == value:
            return value
    except ValueError:
        pass
    raise _wrong(path, "a date (YYYY-MM-DD)", value)


def _moment(value: object, _field: Field, path: str) -> str:
    try:
        if isinstance(value, str) and dt.datetime.fromisoformat(value).tzinfo:
            return value
    except ValueError:
        pass
    raise _wrong(path, "a time with an offset", value)


def _wrong(path: str, expected: str, value: object) -> errors.QboError:
    return errors.malformed(f"{path}: {str(value)[:80]!r} is not {expected}", path)


_READERS: Mapping[Kind, Callable[[object, Field, str], object]] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.MONEY: _number,
    Kind.WHOLE: _whole,
    Kind.FLAG: _flag,
    Kind.DATE: _date,
    Kind.MOMENT: _moment,
}
