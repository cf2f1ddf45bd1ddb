from captcha.models import CaptchaStore
from captcha.views import captcha_image
from django.contrib import admin
from django.http import HttpResponse, HttpResponseNotFound
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def what_the_store_says(request):
    """For the stand-in of a captcha solver: the text of a picture that is in the store (a key always draws the same)."""
    for store in CaptchaStore.objects.order_by("-id")[:50]:
        if captcha_image(request, store.hashkey).content == request.body:
            return HttpResponse(store.response, content_type="text/plain")
    return HttpResponseNotFound()


urlpatterns = [
    path("admin/", admin.site.urls),
    path("captcha/", include("captcha.urls")),
    path("test/captcha-text", what_the_store_says),
]
