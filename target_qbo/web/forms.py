"""What can be asked of the pages, read from their addresses."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms

from target_qbo.ledger.listing import Filter, Mark
from target_qbo.ledger.status import TicketStatus

_DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})  # as HTML has it, whatever the language
_ISO = ["%Y-%m-%d"]
_EARLIEST = dt.date(2000, 1, 1)  # no till is older
_LONGEST = dt.timedelta(days=366)
LARGEST_KEY = 2**31 - 1


class _Place(forms.Field):
    """Where the page before ended: day, key and location."""

    def to_python(self, value: Any) -> Mark | None:  # noqa: ANN401 (Django's)
        text = str(super().to_python(value) or "")
        if not text:
            return None
        try:
            day, key, location = text.split(",", 2)
            mark = dt.date.fromisoformat(day), location, int(key)
        except ValueError:
            raise forms.ValidationError("this is no place in the list") from None
        if not 0 <= mark[2] <= LARGEST_KEY or "\0" in location:
            raise forms.ValidationError("this is no place in the list")
        return mark


class TicketsForm(forms.Form):
    """Which tickets are listed."""

    status = forms.ChoiceField(required=False, choices=[("", "any"), *[(one.value, one.value) for one in TicketStatus]])
    code = forms.CharField(required=False, max_length=100)
    first = forms.DateField(required=False, label="From", widget=_DAY, input_formats=_ISO)
    last = forms.DateField(required=False, label="To", widget=_DAY, input_formats=_ISO)
    location = forms.CharField(required=False, max_length=200)
    least = forms.DecimalField(required=False, label="At least", max_digits=15, decimal_places=2)
    most = forms.DecimalField(required=False, label="At most", max_digits=15, decimal_places=2)
    search = forms.CharField(required=False, max_length=200, label="Receipt, order or reason")
    before = _Place(required=False, widget=forms.HiddenInput)

    def chosen(self) -> Filter:
        """Return the choice; the form must be valid."""
        asked = self.cleaned_data
        return Filter(
            status=[TicketStatus(asked["status"])] if asked["status"] else [],
            code=asked["code"] or None,
            first=asked["first"],
            last=asked["last"],
            location_id=asked["location"] or None,
            least=asked["least"],
            most=asked["most"],
            search=asked["search"] or None,
        )


class PeriodForm(forms.Form):
    """Which period is proven."""

    first = forms.DateField(label="From", widget=_DAY, input_formats=_ISO)
    last = forms.DateField(label="To", widget=_DAY, input_formats=_ISO)
    location = forms.CharField(required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        """Refuse a period that is none, or that is longer than a year: each thousand documents are a metered read."""
        asked = super().clean() or {}
        first, last = asked.get("first"), asked.get("last")
        if first and last:
            if last < first:
                raise forms.ValidationError("The period ends before it begins.")
            if first < _EARLIEST or last > dt.datetime.now(dt.UTC).date() + _LONGEST or last - first > _LONGEST:
                raise forms.ValidationError("Choose a year at most, not before 2000.")
        return asked
