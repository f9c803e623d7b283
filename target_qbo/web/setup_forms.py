"""What is typed on the set-up pages."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import available_timezones

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from target_qbo.accounting.tender_names import TENDERS
from target_qbo.addresses import web_address
from target_qbo.desk.known_settings import from_text
from target_qbo.errors import ConfigurationError
from target_qbo.settings_schema import ENVIRONMENTS
from target_qbo.web.wording import told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.http import QueryDict

    from target_qbo.desk.known_settings import Shown
    from target_qbo.desk.rehearsing import TenderFound

_LONGEST = 20_000
_MOST_DAYS = 31
_day = partial(
    forms.DateField,
    widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    input_formats=["%Y-%m-%d"],
    # No till is older; and each month costs calls of Franpos' quota.
    validators=[MinValueValidator(dt.date(2000, 1, 1)), MaxValueValidator(dt.date(2999, 12, 31))],
)


def _secret() -> forms.PasswordInput:
    """Return a field that never shows what it holds, and that no browser fills in."""
    return forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}, render_value=False)


def _zones() -> list[tuple[str, str]]:
    return [(zone, zone) for zone in sorted(available_timezones()) if "/" in zone]


class FranposForm(forms.Form):
    """The shops at Franpos.

    Args:
        has_token: Whether a token is kept: then none needs to be typed.
    """

    auth_token = forms.CharField(label=gettext_lazy("Franpos API token"), max_length=2000, widget=_secret())
    location_ids = forms.RegexField(
        r"^\s*\d{1,12}(?:[\s,]+\d{1,12}){0,199}\s*$",
        label=gettext_lazy("Ids of your shops (with commas between)"),
        max_length=_LONGEST,
    )
    time_zone = forms.ChoiceField(label=gettext_lazy("Their time zone"), choices=_zones)
    start_date = _day(label=gettext_lazy("First day to be posted"))

    def __init__(
        self, data: QueryDict | None = None, *, has_token: bool, initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=initial)
        if has_token:
            self.fields["auth_token"].required = False
            self.fields["auth_token"].label = _("Franpos API token (kept; type one to change it)")

    def values(self) -> dict[str, Any]:
        """Return the settings of the tap; the form must be valid."""
        asked = self.cleaned_data
        locations = [int(one) for one in asked["location_ids"].replace(",", " ").split()]
        found = {
            "location_ids": list(dict.fromkeys(locations)),
            "time_zone": asked["time_zone"],
            "start_date": asked["start_date"].isoformat(),
        }
        return found | ({"auth_token": asked["auth_token"].strip()} if asked["auth_token"] else {})


class AppForm(forms.Form):
    """The Intuit app that signs in.

    Args:
        has_app: Whether one is kept: then its id and secret need not be typed.
    """

    client_id = forms.CharField(label=gettext_lazy("Client id of the Intuit app"), max_length=200, widget=_secret())
    client_secret = forms.CharField(
        label=gettext_lazy("Client secret of the Intuit app"), max_length=200, widget=_secret()
    )
    environment = forms.ChoiceField(
        label=gettext_lazy("Which QuickBooks"), choices=[(one, one) for one in ENVIRONMENTS]
    )
    redirect_uri = forms.CharField(
        label=gettext_lazy("Another address that the app lists instead (production)"), max_length=500, required=False
    )

    def __init__(self, data: QueryDict | None = None, *, has_app: bool, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        if has_app:
            for name in ("client_id", "client_secret"):
                self.fields[name].required = False
                self.fields[name].label = _("%(label)s (kept; type one to change it)") % {"label": self[name].label}

    def clean_redirect_uri(self) -> str:
        """Refuse what is no address."""
        address: str = self.cleaned_data["redirect_uri"]
        try:
            return web_address("redirect_uri", address) if address else ""
        except ConfigurationError as error:
            raise forms.ValidationError(str(error)) from None

    def values(self) -> dict[str, Any]:
        """Return the settings of the target; the form must be valid."""
        asked = {name: self.cleaned_data[name].strip() for name in ("client_id", "client_secret", "environment")}
        return {name: text for name, text in asked.items() if text}


class AddressForm(forms.Form):
    """Where the browser ended, pasted."""

    address = forms.CharField(max_length=4000, label=gettext_lazy("The address at which the browser ended"))


class AccountsForm(forms.Form):
    """What is made in QuickBooks besides."""

    gift_card_account = forms.CharField(
        required=False,
        max_length=100,
        label=gettext_lazy("Liability account for gift cards (empty: leave gift cards as they are)"),
    )


class DaysForm(forms.Form):
    """Which days are rehearsed."""

    first = _day(label=gettext_lazy("From"))
    last = _day(label=gettext_lazy("To"))

    def clean(self) -> dict[str, Any]:
        """Refuse a period that is none, or a long one."""
        asked = super().clean() or {}
        first, last = asked.get("first"), asked.get("last")
        if first and last and not dt.timedelta(0) <= last - first < dt.timedelta(_MOST_DAYS):
            raise forms.ValidationError(_("Choose a month at most, in its order."))
        return asked


class NightsForm(forms.Form):
    """When the nights begin."""

    on = forms.BooleanField(required=False, label=gettext_lazy("Sync every night while this page is up"))
    at = forms.TimeField(label=gettext_lazy("At"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    zone = forms.ChoiceField(label=gettext_lazy("By the clock of"), choices=_zones)


class TendersForm(forms.Form):
    """What each tender of the till is.

    Args:
        found: The tenders.
        tender_map: The setting as it is now: a form that was shown of another one is refused.
    """

    def __init__(
        self, found: Sequence[TenderFound], tender_map: Mapping[str, str], data: QueryDict | None = None
    ) -> None:
        super().__init__(data)
        self._map = salted_hmac("tenders", repr(sorted(tender_map.items()))).hexdigest()
        self.fields["map"] = forms.CharField(widget=forms.HiddenInput, initial=self._map)
        self._names: dict[str, str] = {}
        for place, name in enumerate(one.name for one in found):
            field = f"tender_{place}"
            self._names[field] = name
            choices = [("", _("as the rules have it")), *[(kind, kind) for kind in TENDERS]]
            self.fields[field] = forms.ChoiceField(required=False, choices=choices, label=name)
            self.fields[f"{field}_name"] = forms.CharField(widget=forms.HiddenInput, initial=name, max_length=400)

    def clean(self) -> dict[str, Any]:
        """Refuse a choice that was shown of other tenders."""
        asked = super().clean() or {}
        same = asked.get("map") == self._map
        if not same or any(asked.get(f"{field}_name") != name.strip() for field, name in self._names.items()):
            raise forms.ValidationError(_("The tenders have changed since this page was shown: choose again."))
        return asked

    def chosen(self) -> list[tuple[str, str]]:
        """Return the names for which something was chosen, and what; the form must be valid."""
        return [(name, self.cleaned_data[field]) for field, name in self._names.items() if self.cleaned_data[field]]

    def own(self, name: str) -> forms.BoundField:
        """Return the field of a tender's name."""
        return self[next(field for field, known in self._names.items() if known == name)]


class _SecretLines(forms.Textarea):
    """Lines that are never shown again, also where they are refused."""

    def format_value(self, _value: object) -> None:
        """Show none."""


class SettingForm(forms.Form):
    """One setting.

    Args:
        setting: It.
    """

    text = forms.CharField(required=False, max_length=_LONGEST)

    def __init__(self, setting: Shown, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"text": setting.text})
        self._setting = setting
        field = cast("forms.CharField", self.fields["text"])
        field.label = setting.name
        kinds = str(setting.spec["type"])
        if setting.is_secret and "object" in kinds:
            field.widget = _SecretLines(attrs={"rows": 5, "autocomplete": "off", "spellcheck": "false"})
        elif setting.is_secret:
            field.widget = _secret()
        elif "enum" in setting.spec or "boolean" in kinds:
            values = setting.spec.get("enum") or ["true", "false"]
            field.widget = forms.Select(choices=[(value, value) for value in values])
        elif "object" in kinds or "array" in kinds:
            field.widget = forms.Textarea(attrs={"rows": 5, "spellcheck": "false"})
        field.widget.is_required = False

    def clean_text(self) -> Any:  # noqa: ANN401 (of any setting)
        """Return the value that was typed."""
        try:
            return from_text(self._setting.name, self.cleaned_data["text"], self._setting.spec)
        except ConfigurationError as error:
            raise forms.ValidationError(told(error)) from None
