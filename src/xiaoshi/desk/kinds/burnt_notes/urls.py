"""Addresses of this kind, below /desk/cases/<uuid>/."""

from django.urls import path

from xiaoshi.desk.kinds.burnt_notes import views

urlpatterns = [
    path("trays/", views.trays, name="burnt_notes_trays"),
    path("trays/<int:number>/", views.tray, name="burnt_notes_tray"),
    path("trays/<int:number>/photo", views.photo, name="burnt_notes_photo"),
    path("trays/<int:number>/act", views.tray_act, name="burnt_notes_tray_act"),
    path("mat/<slug:size>.pdf", views.mat, name="burnt_notes_mat"),
]
