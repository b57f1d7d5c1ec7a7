"""Addresses of papers, documents, requirements and scans, and the check page."""

from django.urls import path

from xiaoshi.desk.papers import bundle_views, check_views, requirement_views, views
from xiaoshi.desk.papers.letters import views as letters
from xiaoshi.desk.papers.scans import views as scans
from xiaoshi.desk.papers.showing import views as showing

urlpatterns = [
    path("desk/cases/<uuid:case_id>/papers/", views.case_papers, name="case_papers"),
    path("desk/cases/<uuid:case_id>/papers/ask/", requirement_views.ask, name="case_ask_paper"),
    path(
        "desk/cases/<uuid:case_id>/papers/wanted/<slug:need>/",
        requirement_views.requirement,
        name="case_requirement",
    ),
    path("desk/cases/<uuid:case_id>/papers/cover/", scans.cover, name="case_cover"),
    path("desk/cases/<uuid:case_id>/papers/bundle/", bundle_views.bundle, name="case_bundle"),
    path("desk/cases/<uuid:case_id>/papers/contents/", bundle_views.contents, name="case_contents"),
    path("desk/cases/<uuid:case_id>/papers/missing/", bundle_views.missing, name="case_missing"),
    path("desk/cases/<uuid:case_id>/papers/letters/", letters.letters, name="case_letters"),
    path("desk/cases/<uuid:case_id>/papers/letters/<slug:name>/", letters.letter, name="case_letter"),
    path("desk/scans/", scans.scans, name="scans"),
    path("desk/scans/tray/", scans.tray, name="scan_tray"),
    path("desk/scans/<uuid:part_id>/", scans.part, name="scan_part"),
    path("desk/scans/<uuid:part_id>/pages/<int:number>/", scans.part_page, name="scan_page"),
    path("desk/scans/<uuid:part_id>/file/", scans.part_file, name="scan_file"),
    path("desk/documents/<uuid:document_id>/", views.document, name="document"),
    path("desk/documents/<uuid:document_id>/look/", showing.look, name="document_look"),
    path("desk/documents/<uuid:document_id>/pages/<int:number>/", showing.page, name="document_page"),
    path("desk/papers/<uuid:paper_id>/", views.paper, name="paper"),
    path("check/", check_views.check, name="check"),
    path("check/<str:code>/", check_views.check_code, name="check_code"),
]
