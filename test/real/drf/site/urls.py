import json
from datetime import timedelta

from django.http import HttpResponse
from django.urls import path
from rest_framework.decorators import api_view
from rest_framework.response import Response
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView

ORDERS = [{"id": 9007199254740993, "customer": "Zoë"}]


@api_view(["GET", "POST"])
def orders(request):
    if request.method == "POST":
        ORDERS.append(request.data)
        return Response({"count": len(ORDERS), "by": request.user.username}, status=201)
    return Response(ORDERS)


def lives(request):
    """How many seconds the tokens live that are given out from now on."""
    seconds = json.loads(request.body)
    AccessToken.lifetime = timedelta(seconds=seconds["access"])
    RefreshToken.lifetime = timedelta(seconds=seconds["refresh"])
    return HttpResponse(status=204)


urlpatterns = [
    path("api/token/", TokenObtainPairView.as_view()),
    path("api/token/refresh/", TokenRefreshView.as_view()),
    path("api/orders/", orders),
    path("test/lives", lives),
]
