from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.oauth2_backends import get_oauthlib_core
from oauth2_provider.views import TokenView


@csrf_exempt
def orders(request):
    """What the token allows; a token that does not is answered as RFC 6750 has it."""
    valid, token_request = get_oauthlib_core().verify_request(request, scopes=["orders"])
    if not valid:
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
    user = token_request.user
    return JsonResponse({"method": request.method, "by": user.username if user else None})


urlpatterns = [
    path("o/token/", TokenView.as_view()),
    path("orders/", orders),
]
