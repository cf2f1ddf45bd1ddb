"""Makes the database, with a user and 30 orders, and serves the site: serve.py PORT."""
import os
import sys

import django
from django.core.management import call_command

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from shop.models import Order  # noqa: E402

call_command("migrate", run_syncdb=True, verbosity=0)
User.objects.create_superuser("ops", password="open sesame 7")
Order.objects.bulk_create(
    Order(number=f"A-{n:03}", customer=f"Zoë & Söhne {n}", status="open", total=f"{n}.50") for n in range(1, 31)
)
call_command("runserver", f"127.0.0.1:{sys.argv[1]}", use_reloader=False)
