"""Addresses below /desk/."""

from django.urls import path

from xiaoshi.desk.cases.views import bulk, doing, lists, pages, verbs

urlpatterns = [
    path("", lists.queue, name="queue"),
    path("cases/", lists.cases, name="cases"),
    path("reviews/", lists.reviews, name="reviews"),
    path("lists/changes/", lists.changes, name="list_changes"),
    path("bulk/", bulk.bulk, name="bulk"),
    path("cases/new/", doing.choose_kind, name="choose_kind"),
    path("cases/new/<slug:kind>/", doing.open_new, name="open_case"),
    path("cases/<uuid:case_id>/", pages.case, name="case"),
    path("cases/<uuid:case_id>/beside/<slug:way>/", lists.neighbour, name="case_beside"),
    path("cases/<uuid:case_id>/map/", pages.plan_map, name="case_map"),
    path("cases/<uuid:case_id>/timeline/", pages.timeline, name="case_timeline"),
    path("cases/<uuid:case_id>/steps/<slug:step>/", doing.step, name="case_step"),
    path("cases/<uuid:case_id>/close/", doing.close, name="case_close"),
    path("cases/<uuid:case_id>/verbs/", verbs.all_verbs, name="case_verbs"),
    path("cases/<uuid:case_id>/verbs/<slug:verb>/", verbs.verb, name="case_verb"),
]
