"""Pages below `/desk/cases/<case>/`."""

from django.urls import path

from bank_seal_change import views

urlpatterns = [path("seals/", views.cards, name="seal_change_cards")]
