"""Who may sign in, and as what: listed, added, changed and removed by an owner; the own password by each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.conf import settings
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from target_qbo.desk import passwords, people
from target_qbo.desk.rights import Right
from target_qbo.errors import ConfigurationError
from target_qbo.ledger import users
from target_qbo.ledger.users import Role
from target_qbo.web.forms import LARGEST_KEY
from target_qbo.web.noting import noted
from target_qbo.web.persons import PERSON, begin
from target_qbo.web.rights import needs

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse, QueryDict
    from django_stubs_ext import StrOrPromise

    from target_qbo.ledger.users import User

_ROLES = [
    (Role.VIEWER.value, _("viewer: sees, changes nothing")),
    (Role.BOOKKEEPER.value, _("bookkeeper: syncs, resyncs and undoes too")),
    (Role.OWNER.value, _("owner: everything")),
]


def _password(label: StrOrPromise, autocomplete: str) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, max_length=passwords.MOST, strip=False, widget=widget)


class _RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=_ROLES)


class _PasswordForm(forms.Form):
    password = _password(_("New password"), "new-password")


class _AddForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=people.LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(label=_("Role"), choices=_ROLES)
    password = _password(_("First password"), "new-password")


class _OwnPasswordForm(forms.Form):
    """The old password and a new one.

    Args:
        name: Of the user.
        data: What was typed.
    """

    old = _password(_("Old password"), "current-password")
    new = _password(_("New password"), "new-password")

    def __init__(self, name: str, data: QueryDict | None) -> None:
        super().__init__(data)
        self._name = name

    def clean_new(self) -> str:
        """Refuse one that is not taken, before the old one is looked at."""
        new: str = self.cleaned_data["new"]
        fault = passwords.fault(new, self._name)
        if fault is not None:
            raise forms.ValidationError(f"{fault}.".capitalize())
        return new


@require_http_methods(["GET", "HEAD", "POST"])
@needs(to_look=Right.USERS, to_change=Right.USERS)
def everyone(request: HttpRequest) -> HttpResponse:
    """List the users, and add one."""
    form = _AddForm(request.POST if request.method == "POST" else None)

    def add() -> None:
        given = form.cleaned_data
        name = people.add(settings.KEPT, given["name"], Role(given["role"]), given["password"])
        noted(request, f"added the user {name} as {given['role']}")

    if _done(form, add):
        return redirect("users")
    shown = {"form": form, "users": users.everyone(settings.KEPT), "least": passwords.LEAST}
    return render(request, "web/users.html", shown, status=400 if form.is_bound else 200)


@require_safe
@needs(to_look=Right.USERS)
def one(request: HttpRequest, number: int) -> HttpResponse:
    """Show a user, and what can be changed."""
    return _shown(request, _user(number))


@require_POST
@needs(to_change=Right.USERS)
def role(request: HttpRequest, number: int) -> HttpResponse:
    """Make a user something else."""
    user, form = _user(number), _RoleForm(request.POST, auto_id="role_%s")

    def make() -> None:
        people.make(settings.KEPT, user, Role(form.cleaned_data["role"]))
        noted(request, f"made the user {user.name} {form.cleaned_data['role']}, before {user.role}")

    return redirect("users") if _done(form, make) else _shown(request, user, role=form)


@require_POST
@needs(to_change=Right.USERS)
def password(request: HttpRequest, number: int) -> HttpResponse:
    """Give a user another password; the own one is changed where the old one is asked for."""
    person = PERSON.get()
    if person is not None and person.user is not None and person.user.number == number:
        return redirect("own-password")
    user, form = _user(number), _PasswordForm(request.POST, auto_id="password_%s")

    def give() -> None:
        people.give_password(settings.KEPT, user, form.cleaned_data["password"])
        noted(request, f"gave the user {user.name} another password")

    return redirect("users") if _done(form, give) else _shown(request, user, password=form)


@require_POST
@needs(to_change=Right.USERS)
def remove(request: HttpRequest, number: int) -> HttpResponse:
    """Remove a user."""
    user, form = _user(number), forms.Form(request.POST)

    def take_out() -> None:
        users.remove(settings.KEPT, user.number)
        noted(request, f"removed the user {user.name}, who was {user.role}")

    return redirect("users") if _done(form, take_out) else _shown(request, user, remove=form)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(to_change=Right.LOOK)
def own_password(request: HttpRequest) -> HttpResponse:
    """Change the own password; every other session of the same user ends."""
    person = PERSON.get()
    if person is None or person.user is None:
        raise Http404  # whoever typed the code has none
    user = person.user
    form = _OwnPasswordForm(user.name, request.POST if request.method == "POST" else None)

    def change() -> None:
        people.change_password(settings.KEPT, user, form.cleaned_data["old"], form.cleaned_data["new"])
        noted(request, "changed the own password")
        begin(request, _user(user.number))

    if form.is_valid() and not settings.PORTER.looks_at(user.name):
        form.add_error(None, _("Too many wrong passwords: wait some minutes, then try again."))
    elif _done(form, change):
        settings.PORTER.right(user.name)
        return redirect("overview")
    shown = {"form": form, "least": passwords.LEAST}
    return render(request, "web/password.html", shown, status=400 if form.is_bound else 200)


def _done(form: forms.Form, do: Callable[[], None]) -> bool:
    """Do what a form asks for; returns whether it was done, else the form says why not."""
    if not form.is_valid():
        return False
    try:
        do()
    except ConfigurationError as error:
        form.add_error(None, f"{error}.".capitalize())
        return False
    return True


def _user(number: int) -> User:
    found = users.numbered(settings.KEPT, number) if number <= LARGEST_KEY else None
    if found is None:
        raise Http404
    return found


def _shown(request: HttpRequest, user: User, **filled_in: forms.Form) -> HttpResponse:
    fresh = {
        "role": _RoleForm(initial={"role": user.role.value}, auto_id="role_%s"),
        "password": _PasswordForm(auto_id="password_%s"),
        "remove": forms.Form(),
    }
    shown = {"user": user, "least": passwords.LEAST, **fresh, **filled_in}
    return render(request, "web/user.html", shown, status=400 if filled_in else 200)
