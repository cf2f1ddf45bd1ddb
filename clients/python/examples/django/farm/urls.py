from django.urls import path

from . import views

urlpatterns = [
    path("tickets/<int:ticket>/order", views.file_order),
    path("gatehouse/events", views.events),
]
