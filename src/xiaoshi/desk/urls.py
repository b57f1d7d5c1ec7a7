"""All addresses of the desk. Each view states who may use it (`guard.routes.opens_to`); a test walks this table."""

from django.urls import include, path

from xiaoshi.desk.cases import urls as cases
from xiaoshi.desk.guard import errors, views
from xiaoshi.desk.kinds import all_kinds
from xiaoshi.desk.parts import apps

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("look/", include("xiaoshi.desk.look.urls")),
    path("", include("xiaoshi.desk.signing_in.door_urls")),
    path("desk/", include("xiaoshi.desk.organisation.urls")),
    path("desk/", include("xiaoshi.desk.people.urls")),
    path("", include("xiaoshi.desk.papers.urls")),
    path("desk/", include("xiaoshi.desk.money.urls")),
    path("desk/", include(cases.urlpatterns)),
    *(path("desk/", include(f"{part}.urls")) for part in apps()),
    *(path("desk/cases/<uuid:case_id>/", include(kind.routes)) for kind in all_kinds() if kind.routes),
    # Last: by now every act is registered, and each becomes a call of the API.
    path("api/v1/", include("xiaoshi.desk.api.addresses")),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error
