"""Which address shows what."""

from __future__ import annotations

from django.urls import path

from target_qbo.web import acting, auditing, downloads, keeping, pages, people, setting_up, shops, signing_in

urlpatterns = [
    path("", pages.overview, name="overview"),
    path("tickets/", pages.tickets, name="tickets"),
    path("tickets.csv", downloads.tickets, name="tickets-csv"),
    path("tickets/<int:key>/", pages.ticket, name="ticket"),
    path("errors/", pages.errors, name="errors"),
    path("runs/", pages.runs, name="runs"),
    path("reconcile/", pages.reconcile, name="reconcile"),
    path("runs/<int:number>/undo/", acting.undo, name="undo"),
    path("undo/", acting.undo_days, name="undo-days"),
    path("sync/", acting.sync, name="sync"),
    path("resync/", acting.resync, name="resync"),
    path("set-up/", setting_up.steps, name="setup"),
    path("set-up/franpos/", setting_up.franpos, name="setup-franpos"),
    path("set-up/quickbooks/", setting_up.quickbooks, name="setup-quickbooks"),
    path("set-up/connect/", setting_up.connect, name="setup-connect"),
    path("set-up/connected/", setting_up.connected, name="setup-connected"),
    path("set-up/pasted/", setting_up.pasted, name="setup-pasted"),
    path("set-up/disconnect/", setting_up.disconnect, name="setup-disconnect"),
    path("set-up/accounts/", setting_up.accounts, name="setup-accounts"),
    path("set-up/rehearsal/", setting_up.rehearsal, name="setup-rehearsal"),
    path("set-up/tenders/", setting_up.tenders, name="setup-tenders"),
    path("set-up/nights/", setting_up.nights, name="setup-nights"),
    path("settings/", keeping.settings_in_force, name="settings"),
    path("settings/<slug:plugin>/<slug:name>/", keeping.setting, name="setting"),
    path("work/", acting.work, name="work"),
    path("shops/", shops.all_shops, name="shops"),
    path("sign-in/", signing_in.sign_in, name="sign-in"),
    path("sign-out/", signing_in.sign_out, name="sign-out"),
    path("password/", people.own_password, name="own-password"),
    path("users/", people.everyone, name="users"),
    path("users/<int:number>/", people.one, name="user"),
    path("users/<int:number>/role/", people.role, name="user-role"),
    path("users/<int:number>/password/", people.password, name="user-password"),
    path("users/<int:number>/remove/", people.remove, name="user-remove"),
    path("audit/", auditing.trail, name="audit"),
]
handler400 = "target_qbo.web.pages.not_taken"
handler403 = "target_qbo.web.pages.forbidden"
handler404 = "target_qbo.web.pages.not_there"
handler500 = "target_qbo.web.pages.broken"
