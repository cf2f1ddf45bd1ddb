"""Makes the database with a user, and serves the API: serve.py PORT."""
import os
import sys

import django
from django.core.management import call_command

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
django.setup()

from django.contrib.auth.models import User  # noqa: E402

call_command("migrate", verbosity=0)
User.objects.create_user("ops", password="open sesame 7")
call_command("runserver", f"127.0.0.1:{sys.argv[1]}", use_reloader=False)
