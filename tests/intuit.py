"""Payloads held against Intuit's own schema of the API: JSON turned into the XML it describes, and validated as XML.

The schema (XSD) describes the XML form of the API; its JSON form has the same names, types and nesting. A body becomes
XML with elements in the order the XSD gives them, so that an XML validator (libxml2) judges it: unknown fields, fields
in the wrong place, enumerations, numbers, dates. Lengths, which the XSD tells in its texts only, are made rules of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

XSD = Path(__file__).resolve().parents[2] / "shared" / "qbo" / "xsd"
_FILES = ("IntuitBaseTypes.xsd", "IntuitNamesTypes.xsd", "Finance.xsd")
_NAMESPACE = "http://schema.intuit.com/finance/v3"
_XS = "{http://www.w3.org/2001/XMLSchema}"
_ANY = "xs:anyType"
_UNQUOTED = frozenset({"xs:decimal", "xs:boolean", "xs:int", "xs:long", "xs:positiveInteger", _ANY})
_RANGE = re.compile(r"ValidRange:\s*(?:QBO|ALL):\s*(?:Min=\d+,?\s*)?Max=(\d+)", re.IGNORECASE)
_LENGTH = re.compile(r"Max(?:\.|imum)? ?length:? (\d+) char(?!acters \(single)", re.IGNORECASE)


class _MisshapenError(ValueError):
    """A body with a fault of its JSON that its XML would not show."""


@dataclass(frozen=True, slots=True)
class _Field:
    """A field as the XSD declares it; `place` is where it stands in its sequence, and None for an attribute."""

    type: str
    place: int | None
    many: bool


class _Schema:
    """The XSD: the fields of its types, and the validator."""

    def __init__(self) -> None:
        self._whole = etree.Element(f"{_XS}schema", nsmap={None: _NAMESPACE, "xs": _XS[1:-1]})
        self._whole.set("targetNamespace", _NAMESPACE)
        self._whole.set("elementFormDefault", "qualified")
        for file in _FILES:
            parts = etree.parse(str(XSD / file)).getroot()
            self._whole.extend(part for part in parts if part.tag != f"{_XS}include")
        self._types = {one.attrib["name"]: one for one in self._whole.iterfind(f"{_XS}complexType")}
        self._bases = {
            simple.attrib["name"]: restriction.attrib["base"]
            for simple in self._whole.iterfind(f"{_XS}simpleType")
            for restriction in simple.iterfind(f"{_XS}restriction")
        }
        self._fields: dict[str, dict[str, _Field]] = {}
        self._limit_texts()
        for name in self._types:
            etree.SubElement(self._whole, f"{_XS}element", name=name, type=name)
        self._validator = etree.XMLSchema(self._whole)

    def _limit_texts(self) -> None:
        """Make rules of the greatest lengths that are told in texts: those of QuickBooks Online (QBO), not Desktop."""
        for element in self._whole.iter(f"{_XS}element"):
            told = " ".join(" ".join(element.itertext()).split())
            online = (part for part in told.split("Product: ") if part.startswith(("QBO", "ALL")))
            lengths = _RANGE.findall(told) or [most for part in online for most in _LENGTH.findall(part)]
            if element.get("type") == "xs:string" and lengths:
                element.set("type", self._text_of(lengths[0]))

    def _text_of(self, most: str) -> str:
        name = f"TextOf{most}"
        if name not in self._bases:
            self._bases[name] = "xs:string"
            limited = etree.SubElement(self._whole, f"{_XS}simpleType", name=name)
            restriction = etree.SubElement(limited, f"{_XS}restriction", base="xs:string")
            etree.SubElement(restriction, f"{_XS}maxLength", value=most)
        return name

    def is_quoted(self, type_name: str) -> bool:
        """Tell whether values of a type stand in quotes in JSON."""
        while type_name in self._bases:
            type_name = self._bases[type_name]
        return self.has_text(type_name) or (type_name not in _UNQUOTED and type_name not in self._types)

    def has_text(self, type_name: str) -> bool:
        """Tell whether a type is a text with attributes, such as a reference: the text is `value` in JSON."""
        return type_name in self._types and self._types[type_name].find(f"{_XS}simpleContent") is not None

    def fields(self, type_name: str) -> Mapping[str, _Field]:
        """Return the fields of a type, those it inherits first; of a simple type none."""
        if type_name not in self._types:
            return {}
        if type_name not in self._fields:
            declared = self._types[type_name]
            found: dict[str, _Field] = {}
            for extension in declared.iter(f"{_XS}extension"):
                found |= self.fields(extension.attrib["base"])
            for one in declared.iter(f"{_XS}element", f"{_XS}attribute"):
                place = len(found) if one.tag == f"{_XS}element" else None
                many = one.get("maxOccurs", "1") != "1"
                found[one.attrib["name"]] = _Field(one.get("type", "xs:string"), place, many)
            self._fields[type_name] = found
        return self._fields[type_name]

    def problems(self, root: etree._Element) -> Iterator[str]:
        """Yield what the validator has against an entity."""
        if not self._validator.validate(root):
            for entry in self._validator.error_log:
                (element,) = root.getroottree().xpath(entry.path or "/*")
                yield f"{_path(element)}: {entry.message.replace(f'{{{_NAMESPACE}}}', '')}"


def violations(payloads: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what Intuit's schema has against payloads: entity and operation, the field, and the reason.

    Args:
        payloads: `entity`, `operation` and `body`, as the sandbox keeps them; numbers as int or `Decimal`.
    """
    found = []
    for payload in payloads:
        found += [f"{payload['operation']} {one}" for one in _problems(payload["entity"], payload["body"])]
    return found


def _problems(entity: str, body: Mapping[str, Any]) -> list[str]:
    root = etree.Element(f"{{{_NAMESPACE}}}{entity}", nsmap={None: _NAMESPACE})
    try:
        _fill(root, entity, body)
    except _MisshapenError as error:
        return [str(error)]
    except ValueError as error:  # a control character: XML has none
        return [f"{entity}: {error}"]
    return list(_schema().problems(root))


@cache
def _schema() -> _Schema:
    return _Schema()


def _fill(element: etree._Element, type_name: str, value: object) -> None:
    """Write a value of JSON into an element of that type."""
    has_text = _schema().has_text(type_name)
    if not isinstance(value, dict):
        if has_text:
            raise _MisshapenError(f"{_path(element)}: an object is wanted")
        element.text = _text(value, type_name, element)
        return
    fields = _schema().fields(type_name)
    unknown = _Field(_ANY, len(fields), many=False)
    for name, inner in sorted(value.items(), key=lambda one: fields.get(one[0], unknown).place or 0):
        field = fields.get(name, unknown)
        if has_text and name == "value":
            element.text = _text(inner, type_name, element)
        elif field.place is None:
            element.set(name, _text(inner, field.type, element))
        else:
            _append(element, name, field, inner)


def _append(element: etree._Element, name: str, field: _Field, value: object) -> None:
    if isinstance(value, list) != field.many:
        raise _MisshapenError(f"{_path(element)}.{name}: {'an' if field.many else 'no'} array is wanted")
    for one in value if isinstance(value, list) else [value]:
        _fill(etree.SubElement(element, f"{{{_NAMESPACE}}}{name}"), field.type, one)


def _text(value: object, type_name: str, element: etree._Element) -> str:
    """Write a single value: as it stands in JSON, with its quotes where the XSD wants no text."""
    if isinstance(value, str):
        return value if _schema().is_quoted(type_name) else f'"{value}"'
    if not isinstance(value, bool | int | Decimal) or _schema().is_quoted(type_name):
        raise _MisshapenError(f"{_path(element)}: {value!r} is not a text")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _path(element: etree._Element) -> str:
    steps = []
    for one in [*reversed(list(element.iterancestors())), element]:
        parent = one.getparent()
        twins = [] if parent is None else [twin for twin in parent if twin.tag == one.tag]
        number = f"[{twins.index(one) + 1}]" if len(twins) > 1 else ""
        steps.append(etree.QName(one).localname + number)
    return ".".join(steps)
