"""Addresses below /desk/."""

from django.urls import path

from xiaoshi.desk.money import views, views_accounts, views_day, views_house

urlpatterns = [
    path("money/", views.money, name="money"),
    path("money/accounts/", views_accounts.accounts, name="money_accounts"),
    path("money/accounts/<int:account_id>/", views_accounts.account, name="money_account"),
    path(
        "money/accounts/<int:account_id>/statement.csv",
        views_accounts.statement_csv,
        name="money_statement_csv",
    ),
    path(
        "money/accounts/<int:account_id>/statement.pdf",
        views_accounts.statement_pdf,
        name="money_statement_pdf",
    ),
    path("money/day/", views_day.day, name="money_day"),
    path("money/day/sheet.pdf", views_day.day_sheet, name="money_day_sheet"),
    path("money/limits/", views_house.limits, name="money_limits"),
    path("money/rates/", views_house.rates, name="money_rates"),
    path("money/requests/<uuid:request_id>/", views_house.one_request, name="money_request"),
    path("cases/<uuid:case_id>/money/", views.case_money, name="case_money"),
]
