"""The table of faults, and how faults are read from any answer: pure."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_qbo.qbo import Fault
from target_qbo.qbo.faults import fault_in, refusal
from target_qbo.qbo.reactions import FAULTS, Reaction, of_document, reaction

NOTES = Path(__file__).resolve().parents[2] / "docs" / "quickbooks-api.md"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["Fault", "fault", "Error", "error", "code", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


def test_every_code_of_the_notes_has_a_row() -> None:
    text = NOTES.read_text("utf-8")
    table = text[text.index("## Faults") :]
    codes = {code for row in re.findall(r"^\| ([^|]+)\|", table, re.MULTILINE) for code in re.findall(r"\d{3,5}", row)}
    known = {row.code for row in FAULTS} | {row.code.removeprefix("http_") for row in FAULTS}
    assert len(codes) > 15
    named_otherwise = {"2050", "30000", "30003"}  # lengths are kept here; the others are words of 6000
    assert {code for code in codes - known if not code.startswith(("4", "5"))} <= named_otherwise


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("An unexpected error occurred while accessing your data. Please wait a few minutes and try again.", "unknown"),
        ("Unexpected Internal Error. (-30003)", "unknown"),
        ("You must enter a transaction amount that is 0 or greater.", "refused"),
        ("Correct the amount and try again.", "refused"),
    ],
)
def test_words_decide_where_the_code_does_not(words: str, wanted: str) -> None:
    fault = Fault("6000", "A business validation error has occurred", words)
    assert reaction(fault) is Reaction(wanted)
    assert of_document(fault) is (wanted == "refused")


def test_what_is_not_in_the_table_is_a_refusal_of_which_nobody_knows() -> None:
    fault = Fault("4711", "Something new", "")
    assert (reaction(fault), of_document(fault)) == (Reaction.REFUSED, False)


XML = (
    b'<IntuitResponse xmlns="http://schema.intuit.com/finance/v3" time="x"><Fault type="ValidationFault">'
    b'<Error code="6210" element=""><Message>Account &amp; Period Closed</Message><Detail>no &lt;way&gt;</Detail>'
)


@pytest.mark.parametrize(
    "body",
    [
        XML + b"</Error></Fault></IntuitResponse>",
        XML,  # cut off, as it has been seen
        XML.replace(b'code="6210"', b"element='' code = '6210'"),
        XML.replace(b"<Detail>no &lt;way&gt;", b"<Detail><![CDATA[no <way>]]>").replace(b"<way>", b"&lt;way&gt;"),
        XML.replace(b"<", b"<q:").replace(b"<q:/", b"</q:"),
    ],
)
def test_a_fault_in_xml_is_read(body: bytes) -> None:
    fault = fault_in(body, "tid")
    assert fault is not None
    assert (fault.code, fault.message, fault.detail) == ("6210", "Account & Period Closed", "no <way>")


@given(JSON | st.binary(max_size=200))
def test_no_answer_is_too_strange(body: Any) -> None:
    fault = fault_in(body, "")
    assert fault is None or str(fault) is not None


def test_a_page_of_a_gateway_is_told_without_its_tags() -> None:
    fault = refusal(415, b"<html><body><h1>415</h1> Unsupported   Media <b>Type</b></body></html>", "tid")
    assert (fault.skip_code, fault.detail) == ("qbo_http_415", "415 Unsupported Media Type")
