"""The stand-in's tables of fields against Intuit's own schema, where it is at hand."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.qbo import chart, schema
from sandbox.qbo.entities import ENTITIES
from sandbox.qbo.fields import Field, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

XSD = Path(__file__).parents[2].parent / "shared" / "qbo" / "xsd"
_XS = "{http://www.w3.org/2001/XMLSchema}"
_KINDS = {
    "xs:decimal": {Kind.NUMBER, Kind.MONEY},
    "xs:boolean": {Kind.FLAG},
    "xs:date": {Kind.DATE},
    "xs:dateTime": {Kind.MOMENT, Kind.FREE},
    "xs:string": {Kind.TEXT},
    "id": {Kind.TEXT},
    "xs:int": {Kind.WHOLE, Kind.FREE},
    "xs:positiveInteger": {Kind.WHOLE},
    "ReferenceType": {Kind.STRUCT, Kind.FREE},
}
_LEFT_OUT = {"Payment": {"DocNumber"}}  # a payment has none (QuickBooks API notes, Seen live)
pytestmark = pytest.mark.skipif(not XSD.is_dir(), reason=f"Intuit's schema is not at {XSD}")


class _Schema:
    """The types of the XSD files, by name."""

    def __init__(self) -> None:
        self.types: dict[str, ET.Element] = {}
        for path in sorted(XSD.glob("*.xsd")):
            for child in ET.parse(path).getroot():  # noqa: S314 - a file of our own
                if child.tag in {f"{_XS}complexType", f"{_XS}simpleType"}:
                    self.types[child.get("name", "")] = child

    def fields(self, name: str) -> Iterator[tuple[str, str]]:
        """Return names and types of a type's fields, inherited ones first."""
        for node in self.types[name].iter():
            if node.tag == f"{_XS}extension" and node.get("base") in self.types:
                yield from self.fields(node.get("base", ""))
            if node.tag in {f"{_XS}element", f"{_XS}attribute"}:
                yield str(node.get("name") or node.get("ref")), node.get("type", "")

    def choices(self, name: str) -> set[str]:
        """Return the values of an enumeration."""
        return {node.get("value", "") for node in self.types[name].iter(f"{_XS}enumeration")}


@pytest.fixture(scope="module")
def intuit() -> _Schema:
    return _Schema()


_WRITABLE = [entity.name for entity in ENTITIES.values() if entity.writable]
_PARTS = {
    "Line": schema.LINE,
    "SalesItemLineDetail": schema.SALES_ITEM_LINE,
    "PhysicalAddress": schema.ADDRESS,
    "TxnTaxDetail": schema.TAX_DETAIL,
    "LinkedTxn": schema.LINKED,
}


def _tables() -> list[tuple[str, dict[str, Field]]]:
    return [*((name, dict(ENTITIES[name].fields)) for name in _WRITABLE), *_PARTS.items()]


@pytest.mark.parametrize(("name", "fields"), _tables(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_table_has_the_fields_of_intuits_schema_and_no_others(
    intuit: _Schema, name: str, fields: dict[str, Field]
) -> None:
    theirs = {field for field, _ in intuit.fields(name)}
    assert set(fields) - theirs == set()
    assert theirs - set(fields) - _LEFT_OUT.get(name, set()) == set()


@pytest.mark.parametrize(("name", "fields"), _tables(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_field_has_the_type_of_intuits_schema(intuit: _Schema, name: str, fields: dict[str, Field]) -> None:
    for field, kind in intuit.fields(name):
        if field in fields and kind in _KINDS:
            assert fields[field].kind in _KINDS[kind], f"{name}.{field} is {kind}"


@pytest.mark.parametrize(
    ("fields", "field", "enumeration"),
    [
        (schema.ITEM, "Type", "ItemTypeEnum"),
        (schema.ACCOUNT, "AccountType", "AccountTypeEnum"),
        (schema.ACCOUNT, "Classification", "AccountClassificationEnum"),
        (schema.LINE, "DetailType", "LineDetailTypeEnum"),
        (schema.INVOICE, "PrintStatus", "PrintStatusEnum"),
        (schema.INVOICE, "EmailStatus", "EmailStatusEnum"),
        (schema.INVOICE, "GlobalTaxCalculation", "GlobalTaxCalculationEnum"),
        (schema.PAYMENT, "PaymentType", "PaymentTypeEnum"),
    ],
)
def test_an_enumeration_is_intuits(intuit: _Schema, fields: dict[str, Field], field: str, enumeration: str) -> None:
    ours = fields[field].choices or frozenset[str]()
    missing = intuit.choices(enumeration) - ours
    assert ours - intuit.choices(enumeration) == set()
    assert missing <= {"Non-Posting"}  # a type of account that nothing is booked on


def test_account_subtypes_are_intuits(intuit: _Schema) -> None:
    assert set(chart.SUBTYPES) <= intuit.choices("AccountSubTypeEnum")
