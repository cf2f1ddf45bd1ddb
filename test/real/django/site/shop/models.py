from django.db import models


class Order(models.Model):
    number = models.CharField(max_length=32, unique=True)
    customer = models.CharField(max_length=200)
    status = models.CharField(max_length=16, choices=[(s, s) for s in ("open", "paid", "sent")])
    total = models.DecimalField(max_digits=12, decimal_places=2)
