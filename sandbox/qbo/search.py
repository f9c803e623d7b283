"""Queries answered from the tables: conditions compared as the API compares them, sorted, one page at a time."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import TYPE_CHECKING, Any

from sandbox.qbo import errors
from sandbox.qbo.fields import Field, Kind
from sandbox.qbo.preferences import company_info, settings
from sandbox.qbo.query import Condition, Query, Value, parse

if TYPE_CHECKING:
    from sandbox.qbo.company import Company
    from sandbox.qbo.entities import Entity
    from sandbox.qbo.store import Row

_ALWAYS = ("domain", "sparse")


def run(company: Company, text: str) -> dict[str, Any]:
    """Answer a query.

    Args:
        company: The company.
        text: The query.

    Returns:
        The `QueryResponse`: empty where nothing was found.

    Raises:
        QboError: The query can't be parsed (4000), or asks what may not be asked (4001).
    """
    query = parse(text)
    rows = _found(company, query)
    if query.count:
        return {"totalCount": len(rows)}
    page = rows[query.start - 1 : query.start - 1 + query.most]
    if not page:
        return {}
    shown = [_projected(row, query.columns) for row in page]
    return {query.entity.name: shown, "startPosition": query.start, "maxResults": len(page)}


def _found(company: Company, query: Query) -> list[Row]:
    entity = query.entity
    conditions = list(query.conditions)
    if entity.name_field and not any(one.field == "Active" for one in conditions):
        conditions.append(Condition("Active", "=", (True,)))
    tests = [(condition, _Test(entity, condition)) for condition in conditions]
    rows = [row for row in _candidates(company, entity, conditions) if all(test.holds(row) for _, test in tests)]
    if query.order:
        for name, down in reversed(query.order):
            rows.sort(key=partial(_row_key, name), reverse=down)
    elif entity.name_field:
        rows.sort(key=lambda row: str(row[entity.name_field]).casefold())
    else:
        rows.sort(key=lambda row: int(row["Id"]), reverse=True)
    return rows


def _candidates(company: Company, entity: Entity, conditions: list[Condition]) -> list[Row]:
    if entity.writable:
        table = company.store[entity.name]
        for condition in conditions:
            if condition.operator in {"=", "in"} and table.has_index(condition.field):
                found = table.find(condition.field, [str(value) for value in condition.values])
                return [company.shown(entity.name, row) for row in found]
    return rows_of(company, entity.name)


def rows_of(company: Company, entity: str) -> list[Row]:
    """Return all rows of an entity as the API shows them; the company's settings are one row each."""
    if entity == "Preferences":
        return [settings(company)]
    if entity == "CompanyInfo":
        return [company_info(company)]
    return [company.shown(entity, row) for row in company.store[entity]]


def _projected(row: Row, columns: tuple[str, ...]) -> Row:
    if not columns:
        return row
    names = [*(column.split(".", maxsplit=1)[0] for column in columns), *_ALWAYS]
    return {name: row[name] for name in names if name in row} | {"sparse": True}


def _value(row: Row, name: str) -> Any:  # noqa: ANN401 - a field can hold anything
    value: Any = row
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value.get("value") if isinstance(value, dict) else value


def _row_key(name: str, row: Row) -> tuple[bool, Any]:
    value = _value(row, name)
    if isinstance(value, str):
        return True, (int(value), "") if value.isdigit() else (0, value.casefold())
    return value is not None, (value, "") if value is not None else (0, "")


class _Test:
    """One condition, its values read once for the kind of field it compares."""

    def __init__(self, entity: Entity, condition: Condition) -> None:
        self._name = condition.field
        self._operator = condition.operator
        self._kind = _kind_of(entity, condition.field)
        if condition.operator == "like":
            self._pattern = _like(condition.values[0])
        else:
            self._values = [_read(value, self._kind, condition.field) for value in condition.values]

    def holds(self, row: Row) -> bool:
        value = _value(row, self._name)
        if value is None:
            return False
        if self._operator == "like":
            return self._pattern.fullmatch(str(value)) is not None
        have = _read(value, self._kind, self._name)
        first = self._values[0]
        match self._operator:
            case "=" | "in":
                return have in self._values
            case "<":
                return bool(have < first)
            case ">":
                return bool(have > first)
            case "<=":
                return bool(have <= first)
            case _:
                return bool(have >= first)


def _kind_of(entity: Entity, name: str) -> Kind:
    if name.startswith("MetaData."):
        return Kind.MOMENT
    return entity.fields.get(name, Field(Kind.TEXT)).kind


def _read(value: Value, kind: Kind, name: str) -> Any:  # noqa: ANN401 - what it becomes depends on the field
    try:
        match kind:
            case Kind.NUMBER | Kind.MONEY:
                return Decimal(value)
            case Kind.FLAG:
                return value if isinstance(value, bool) else {"true": True, "false": False}[str(value).lower()]
            case Kind.DATE:
                return dt.date.fromisoformat(str(value)).isoformat()
            case Kind.MOMENT:
                moment = dt.datetime.fromisoformat(str(value))
                return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
            case _:
                return str(value).casefold()
    except (ValueError, KeyError, InvalidOperation):
        raise errors.query_invalid(f"{value!r} is not a value of {name}.") from None


def _like(value: Value) -> re.Pattern[str]:
    parts = (re.escape(part) for part in str(value).split("%"))
    return re.compile(".*".join(parts), re.IGNORECASE | re.DOTALL)
