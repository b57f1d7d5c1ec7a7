"""Addresses of this kind, below /desk/cases/<uuid>/."""

from django.urls import path

from xiaoshi.desk.kinds.burnt_notes.views import pictures, tray, trays

urlpatterns = [
    path("trays/", trays.trays, name="burnt_notes_trays"),
    path("trays/judge", trays.judge_photo, name="burnt_notes_judge"),
    path("trays/report", trays.tin_report, name="burnt_notes_tin_report"),
    path("trays/mine/", tray.mine, name="burnt_notes_mine"),
    path("trays/<int:number>/", tray.tray, name="burnt_notes_tray"),
    path("trays/<int:number>/photo", pictures.photo, name="burnt_notes_photo"),
    path("trays/<int:number>/act", tray.tray_act, name="burnt_notes_tray_act"),
    path("trays/sheet/<uuid:measurement_id>", pictures.sheet, name="burnt_notes_sheet"),
    path("mat/<slug:size>.pdf", pictures.mat, name="burnt_notes_mat"),
    path("mat/<slug:size>/<slug:colour>.pdf", pictures.mat, name="burnt_notes_mat_of_colour"),
]
