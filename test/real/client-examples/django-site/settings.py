"""A site with the app of clients/python/examples/django."""
import json
import os

DATA_DIR = os.environ["SITE_DATA_DIR"]
SECRET_KEY = "only for this test"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "farm.urls"
INSTALLED_APPS = ["farm"]
MIDDLEWARE = ["django.middleware.csrf.CsrfViewMiddleware"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.path.join(DATA_DIR, "site.sqlite3"),
        "OPTIONS": {"timeout": 30},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = True

GATEHOUSE_URL = os.environ["GATEHOUSE_URL"]
GATEHOUSE_KEY = os.environ["GATEHOUSE_KEY"]
with open(os.path.join(DATA_DIR, "secrets.json")) as secrets:
    GATEHOUSE_EVENT_SECRETS = json.load(secrets)
