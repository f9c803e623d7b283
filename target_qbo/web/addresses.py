"""Which address shows what."""

from __future__ import annotations

from django.urls import path

from target_qbo.web import acting, downloads, pages, signing_in

urlpatterns = [
    path("", pages.overview, name="overview"),
    path("tickets/", pages.tickets, name="tickets"),
    path("tickets.csv", downloads.tickets, name="tickets-csv"),
    path("tickets/<int:key>/", pages.ticket, name="ticket"),
    path("errors/", pages.errors, name="errors"),
    path("runs/", pages.runs, name="runs"),
    path("reconcile/", pages.reconcile, name="reconcile"),
    path("runs/<int:number>/undo/", acting.undo, name="undo"),
    path("sync/", acting.sync, name="sync"),
    path("resync/", acting.resync, name="resync"),
    path("work/", acting.work, name="work"),
    path("sign-in/", signing_in.sign_in, name="sign-in"),
    path("sign-out/", signing_in.sign_out, name="sign-out"),
]
handler400 = "target_qbo.web.pages.not_taken"
handler403 = "target_qbo.web.pages.forbidden"
handler404 = "target_qbo.web.pages.not_there"
handler500 = "target_qbo.web.pages.broken"
