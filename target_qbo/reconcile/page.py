"""A proof as a page to print and to keep: no script, nothing from elsewhere, every text escaped."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any

from target_qbo.accounting.money import ZERO

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Shown = dict[str, Any]

_STYLE = """
body { font: 14px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; color: #1b1b1b }
table { border-collapse: collapse; width: 100%; margin: .5em 0 2em }
caption { text-align: left; font-weight: 600; font-size: 1.15em; padding: .4em 0 }
th, td { border-bottom: 1px solid #ccc; padding: .25em .6em; text-align: left; vertical-align: top }
td.figure, th.figure { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
tr.differs td { background: #fde8e4 } tfoot td { font-weight: 600 }
.verdict { font-size: 1.2em; font-weight: 600 } .till { fill: #4a6fa5 } .books { fill: #d08c3c }
svg { max-width: 100%; height: auto } svg text { font-size: 11px; fill: #1b1b1b }
@media print { body { margin: 0; max-width: none; font-size: 10pt } thead { display: table-header-group }
tr { break-inside: avoid } .till, .books, tr.differs td { print-color-adjust: exact } }
"""
_FIGURES = ("till", "left_out", "ledger", "books", "difference")
_BAR, _GAP, _HEIGHT, _MARGIN = 12, 10, 160, 24


def page(proof: Mapping[str, Any]) -> str:
    """Return the page (HTML 5, also well-formed XML).

    Args:
        proof: What :func:`target_qbo.reconcile.telling.as_document` returns.
    """
    where = f", location {proof['location_id']}" if proof["location_id"] else ""
    title = f"Till and books, {proof['from']} to {proof['to']}{where}"
    verdict = f"{proof['verdict'][0].upper()}{proof['verdict'][1:]}{'' if proof['agrees'] else ', see below'}."
    parts = [
        _table("By day", ("date", "location_id", *_FIGURES), proof["days"], proof["totals"]),
        _table(
            "By payment method (consistent tickets)", ("date", "location_id", "method", *_FIGURES), proof["methods"]
        ),
        _table("Problems", ("date", "document", "line"), proof["problems"]),
        _table(
            "Left out", ("date", "location_id", "ticket_id", "number", "status", "amount", "reason"), proof["left_out"]
        ),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n"
        f'<p class="verdict">{escape(verdict)}</p>\n<p>Till − left out = ledger = books.</p>\n'
        f"{_chart(proof['days'])}\n{''.join(parts)}"
        f"{_table('Not read', ('kind', 'reason'), proof['unread']) if proof['unread'] else ''}"
        f"<p>QuickBooks was read with {proof['reads']} metered reads; nothing was written there.</p>\n"
        "</body>\n</html>\n"
    )


def _table(caption: str, columns: Sequence[str], rows: Sequence[Shown], totals: Shown | None = None) -> str:
    if not rows:
        return f"<h2>{escape(caption)}</h2><p>none</p>\n"
    heads = "".join(
        f'<th scope="col"{_figure(column)}>{escape(column.removesuffix("_id").replace("_", " "))}</th>'
        for column in columns
    )
    body = "".join(_row(columns, row) for row in rows)
    foot = f"<tfoot>{_row(columns, {'date': 'total', **totals})}</tfoot>" if totals is not None else ""
    return (
        f"<table><caption>{escape(caption)}</caption>\n<thead><tr>{heads}</tr></thead>\n<tbody>{body}</tbody>{foot}"
        "</table>\n"
    )


def _row(columns: Sequence[str], row: Shown) -> str:
    cells = "".join(f"<td{_figure(column)}>{escape(_text(row.get(column)))}</td>" for column in columns)
    return f'<tr class="differs">{cells}</tr>\n' if row.get("agrees") is False else f"<tr>{cells}</tr>\n"


def _figure(column: str) -> str:
    return ' class="figure"' if column in {*_FIGURES, "amount"} else ""


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    return "" if value is None else str(value)


def _chart(days: Iterable[Shown]) -> str:
    """Draw two bars for each day: what the till has without what is left out, and what the books have."""
    sums: defaultdict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for row in days:
        sums[row["date"]][0] += row["till"] - row["left_out"]
        sums[row["date"]][1] += row["books"]
    if not sums:
        return ""
    most = max((abs(amount) for pair in sums.values() for amount in pair), default=ZERO) or Decimal(1)
    has_losses = any(amount < 0 for pair in sums.values() for amount in pair)
    step = 2 * _BAR + _GAP
    width = 2 * _MARGIN + step * len(sums)
    zero = _MARGIN + _HEIGHT
    height = zero + (_HEIGHT if has_losses else 0) + 3 * _MARGIN
    bars = []
    for place, (date, pair) in enumerate(sums.items()):
        left = _MARGIN + place * step
        for number, (name, amount) in enumerate(zip(("till", "books"), pair, strict=True)):
            high = int(abs(amount) * _HEIGHT / most)
            top = zero - high if amount >= 0 else zero
            bars.append(
                f'<rect class="{name}" x="{left + number * _BAR}" y="{top}" width="{_BAR - 1}" height="{high}">'
                f"<title>{escape(f'{date} {name}: {amount:,.2f}')}</title></rect>"
            )
        x, y = left + _BAR, height - 2 * _MARGIN
        bars.append(
            f'<text x="{x}" y="{y}" transform="rotate(-60 {x} {y})" text-anchor="end">{escape(date[5:])}</text>'
        )
    key = (
        f'<rect class="till" x="{_MARGIN}" y="4" width="10" height="10"/><text x="{_MARGIN + 14}" y="13">till</text>'
        f'<rect class="books" x="{_MARGIN + 44}" y="4" width="10" height="10"/>'
        f'<text x="{_MARGIN + 58}" y="13">books</text>'
    )
    description = "; ".join(f"{date}: till {till:,.2f}, books {books:,.2f}" for date, (till, books) in sums.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {max(width, 160)} {height}" width="{max(width, 160)}" '
        f'height="{height}" role="img" aria-labelledby="chart-title chart-text">'
        f'<title id="chart-title">Till and books by day</title><desc id="chart-text">{escape(description)}</desc>'
        f'<line x1="{_MARGIN}" y1="{zero}" x2="{width - _MARGIN}" y2="{zero}" stroke="#888"/>{key}{"".join(bars)}</svg>'
    )
