from captcha.fields import CaptchaField
from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm

from .models import Order


class LoginForm(AdminAuthenticationForm):
    captcha = CaptchaField()


admin.site.login_form = LoginForm
admin.site.login_template = "login.html"


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    list_display = ("number", "customer", "status", "total")
    search_fields = ("number", "customer")
    ordering = ("id",)
