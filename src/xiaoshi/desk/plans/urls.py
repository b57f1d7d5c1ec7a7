"""Addresses of drafts, publication, and moving cases to another version of their plan."""

from __future__ import annotations

from django.urls import path

from xiaoshi.desk.plans import draft_views, moving_views, views

urlpatterns = [
    path("plans/", views.plans, name="plans"),
    path("plans/drafts/<int:number>/", draft_views.draft, name="plan_draft"),
    path("plans/runs/<int:number>/", moving_views.run, name="plan_run"),
    path("plans/<slug:kind>/", views.plan, name="plan"),
    path("plans/<slug:kind>/bpmn/", views.bpmn, name="plan_bpmn"),
    path("plans/<slug:kind>/package/", views.package, name="plan_package"),
    path("plans/<slug:kind>/new-draft/", draft_views.new_draft, name="plan_new_draft"),
    path("plans/<slug:kind>/move/", moving_views.move_many, name="plan_move"),
    path("cases/<uuid:case_id>/plan/", moving_views.case_plan, name="case_plan"),
]
