"""What can be asked of the pages, read from their addresses."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from target_qbo.desk.periods import in_order
from target_qbo.desk.syncing import Wanted
from target_qbo.ledger.listing import Filter, Mark
from target_qbo.ledger.status import TicketStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import QueryDict

_DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})  # as HTML has it, whatever the language
_ISO = ["%Y-%m-%d"]
_EARLIEST = dt.date(2000, 1, 1)  # no till is older
_LONGEST = dt.timedelta(days=366)
LARGEST_KEY = 2**31 - 1
_KEY_DIGITS = 10
_MOST_KEYS = 500


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
            raise forms.ValidationError(_("This is no place in the list.")) from None
        if not 0 <= mark[2] <= LARGEST_KEY or "\0" in location:
            raise forms.ValidationError(_("This is no place in the list."))
        return mark


class TicketsForm(forms.Form):
    """Which tickets are listed."""

    status = forms.ChoiceField(
        required=False,
        label=_("Status"),
        choices=[("", _("any")), *[(one.value, _(one.value)) for one in TicketStatus]],
    )
    code = forms.CharField(required=False, label=_("Code"), max_length=100)
    first = forms.DateField(required=False, label=_("From"), widget=_DAY, input_formats=_ISO)
    last = forms.DateField(required=False, label=_("To"), widget=_DAY, input_formats=_ISO)
    location = forms.CharField(required=False, label=_("Location"), max_length=200)
    least = forms.DecimalField(required=False, label=_("At least"), max_digits=15, decimal_places=2)
    most = forms.DecimalField(required=False, label=_("At most"), max_digits=15, decimal_places=2)
    search = forms.CharField(required=False, max_length=200, label=_("Receipt, order or reason"))
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


class _Moment(forms.Field):
    """A minute by the clock of the shop; no zone is given, none is meant."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"})

    def to_python(self, value: Any) -> dt.datetime | None:  # noqa: ANN401 (Django's)
        text = str(super().to_python(value) or "")
        if not text:
            return None
        try:
            found = dt.datetime.fromisoformat(text)
        except ValueError:
            raise forms.ValidationError(_("Enter a valid date and time.")) from None
        if not _EARLIEST <= found.date() <= dt.datetime.now(dt.UTC).date() + _LONGEST or found.tzinfo is not None:
            raise forms.ValidationError(_("Enter a date and time of the shop, from 2000 on and within a year."))
        return found


class SyncForm(forms.Form):
    """What is to be fetched from the till and posted.

    Args:
        locations: The locations there are.
    """

    first = _Moment(required=False, label=_("From"))
    last = _Moment(required=False, label=_("To, not included"))
    location = forms.ChoiceField(required=False, label=_("Location"))

    def __init__(self, locations: Sequence[str], data: QueryDict | None = None) -> None:
        super().__init__(data)
        location = cast("forms.ChoiceField", self.fields["location"])
        location.choices = [("", _("all")), *[(one, one) for one in locations]]

    def clean(self) -> dict[str, Any]:
        """Refuse a period that is none."""
        asked = super().clean() or {}
        first, last = asked.get("first"), asked.get("last")
        if last is not None and first is None and "first" not in self.errors:
            raise forms.ValidationError(_("Give the beginning too."))
        if first is not None and last is not None and not in_order(first, last):
            raise forms.ValidationError(_("The period ends before it begins."))
        return asked

    def wanted(self) -> Wanted:
        """Return what is wanted; the form must be valid."""
        asked = self.cleaned_data
        return Wanted(asked["first"], asked["last"], [asked["location"]] if asked["location"] else [])


class _Keys(forms.Field):
    """Keys of tickets that were ticked."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> list[int]:  # noqa: ANN401 (Django's)
        given: list[str] = value or []
        if len(given) > _MOST_KEYS or not all(one.isascii() and one.isdigit() for one in given):
            raise forms.ValidationError(_("These are no tickets of the list."))
        if any(len(one) > _KEY_DIGITS or int(one) > LARGEST_KEY for one in given):
            raise forms.ValidationError(_("These are no tickets of the list."))
        return [int(one) for one in given]


class ResyncForm(TicketsForm):
    """Which tickets are tried again: those that were ticked, or all that match."""

    refetch = forms.BooleanField(required=False, label=_("First fetch their days anew from the till"))
    sure = forms.CharField(required=False, widget=forms.HiddenInput)
    key = _Keys(required=False)


class PeriodForm(forms.Form):
    """Which period is proven."""

    first = forms.DateField(label=_("From"), widget=_DAY, input_formats=_ISO)
    last = forms.DateField(label=_("To"), widget=_DAY, input_formats=_ISO)
    location = forms.CharField(required=False, label=_("Location"), max_length=200)

    def clean(self) -> dict[str, Any]:
        """Refuse a period that is none, or that is longer than a year: each thousand documents are a metered read."""
        asked = super().clean() or {}
        first, last = asked.get("first"), asked.get("last")
        if first and last:
            if last < first:
                raise forms.ValidationError(_("The period ends before it begins."))
            if first < _EARLIEST or last > dt.datetime.now(dt.UTC).date() + _LONGEST or last - first > _LONGEST:
                raise forms.ValidationError(_("Choose a year at most, not before 2000."))
        return asked
