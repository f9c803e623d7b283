"""The audit trail as a page: the newest first, never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.conf import settings
from django.shortcuts import render
from django.views.decorators.http import require_safe

from target_qbo.desk.rights import Right
from target_qbo.ledger import audit
from target_qbo.web.forms import LARGEST_KEY
from target_qbo.web.rights import needs

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_PAGE = 50


class _Place(forms.Form):
    before = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_KEY)


@require_safe
@needs(to_look=Right.AUDIT)
def trail(request: HttpRequest) -> HttpResponse:
    """Show who changed what."""
    form = _Place(request.GET)
    is_place = form.is_valid()
    entries = audit.page(settings.KEPT, _PAGE, form.cleaned_data["before"]) if is_place else []
    older = entries[-1].number if len(entries) == _PAGE else None
    shown = {"entries": entries, "older": older}
    return render(request, "web/audit.html", shown, status=200 if is_place else 400)
