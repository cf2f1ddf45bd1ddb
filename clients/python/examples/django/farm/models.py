from django.db import models


class HandledEvent(models.Model):
    """Events that were handled: rows may go after a day."""

    id = models.CharField(primary_key=True, max_length=64)
    handled_at = models.DateTimeField(auto_now_add=True)


class Receipt(models.Model):
    """What somebody's diamonds changed by."""

    transaction_id = models.CharField(max_length=128)
    account = models.CharField(max_length=128)
    # Amounts come as text: a float would round them.
    amount = models.DecimalField(max_digits=38, decimal_places=10)
