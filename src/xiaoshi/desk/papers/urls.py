"""Addresses of papers and documents, and the check page."""

from django.urls import path

from xiaoshi.desk.papers import check_views, views

urlpatterns = [
    path("desk/cases/<uuid:case_id>/papers/", views.case_papers, name="case_papers"),
    path("desk/documents/<uuid:document_id>/", views.document, name="document"),
    path("desk/papers/<uuid:paper_id>/", views.paper, name="paper"),
    path("check/", check_views.check, name="check"),
    path("check/<str:code>/", check_views.check_code, name="check_code"),
]
