"""Makes the database with a user and two applications, and serves the API: serve.py PORT."""
import os
import sys

import django
from django.core.management import call_command

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from oauth2_provider.models import Application  # noqa: E402

call_command("migrate", verbosity=0)
User.objects.create_user("ops", password="open sesame 7")
for grant in ("client-credentials", "password"):
    Application.objects.create(
        name=grant,
        client_id=f"shop/{grant}",
        client_secret="a secret: 100%+",
        client_type="confidential",
        authorization_grant_type=grant,
    )
call_command("runserver", f"127.0.0.1:{sys.argv[1]}", use_reloader=False)
