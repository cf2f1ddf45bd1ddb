"""An API behind OAuth 2: Django OAuth Toolkit."""
import os

SECRET_KEY = "only for this test"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "urls"
MIDDLEWARE = ["seen.print_requests"]
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.path.join(os.environ["SITE_DATA_DIR"], "site.sqlite3"),
        "OPTIONS": {"timeout": 30},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = True
OAUTH2_PROVIDER = {"SCOPES": {"orders": "Orders"}, "REFRESH_TOKEN_GRACE_PERIOD_SECONDS": 0}
