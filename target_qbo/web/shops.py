"""All shops on one page."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django import forms
from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from target_qbo.desk import all_shops as desk
from target_qbo.web.places import all_of_them

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_PAGE = 100


class _Find(forms.Form):
    name = forms.CharField(required=False, max_length=63, label=gettext_lazy("Name"))


@require_safe
def all_shops(request: HttpRequest) -> HttpResponse:
    """Show how all shops stand, those first that need attention."""
    rows = desk.all_shops(all_of_them(), dt.datetime.now(dt.UTC))
    form = _Find(request.GET)
    asked = form.cleaned_data["name"].strip().casefold() if form.is_valid() else ""
    matching = [row for row in rows if asked in row.name]
    shown = {
        "form": form,
        "asked": asked,
        "page": Paginator(matching, _PAGE).get_page(request.GET.get("page")),
        "number": len(rows),
        "attention": sum(row.needs_attention for row in rows),
        "days": desk.DAYS,
    }
    return render(request, "web/shops.html", shown)
