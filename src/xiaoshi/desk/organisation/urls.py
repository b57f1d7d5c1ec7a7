"""Addresses of the tree and the people of the bank."""

from __future__ import annotations

from django.urls import path

from xiaoshi.desk.organisation.views import changes, people, tree

urlpatterns = [
    path("organisation/", tree.tree, name="organisation"),
    path("organisation/units/", tree.new_unit, name="new_unit"),
    path("organisation/units/<int:unit>/", tree.unit, name="unit"),
    path("organisation/settings/", tree.bank_settings, name="bank_settings"),
    path("organisation/changes/", changes.waiting, name="staff_changes"),
    path("organisation/changes/<uuid:change>/", changes.decide, name="staff_change"),
    path("organisation/import/", changes.import_file, name="organisation_import"),
    path("organisation/people/new/", people.new, name="new_person"),
    path("organisation/people/<str:login>/", people.person, name="person"),
    path("organisation/people/<str:login>/cases/", people.cases, name="cases_of_person"),
    path("organisation/people/<str:login>/<slug:verb>/", people.change, name="change_person"),
]
