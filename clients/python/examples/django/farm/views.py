"""A view that makes a call, and a view that takes events.

Settings: GATEHOUSE_URL, GATEHOUSE_KEY, GATEHOUSE_EVENT_SECRETS (a list: two while the secret is rotated).
"""
from decimal import Decimal

import gatehouse
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from .models import HandledEvent, Receipt

# One for the process: each of its threads keeps a connection.
client = gatehouse.Client(settings.GATEHOUSE_URL, settings.GATEHOUSE_KEY, timeout=25)


@require_POST
def file_order(request, ticket):
    """Files a work order: once for a ticket, however often it is asked for."""
    try:
        order = client.call(
            "CITY_CENTER_WORK_ORDER",
            "submitOrder",
            {"title": request.POST["title"]},
            idempotency_key=f"ticket-{ticket}",
        )
    except gatehouse.PlatformApiError as error:
        return JsonResponse({"refused": error.upstream["body"]}, status=422)
    except gatehouse.GatewayError as error:
        answer = JsonResponse({"code": error.code, "requestId": error.request_id}, status=503 if error.retryable else 502)
        if error.retry_after is not None:
            answer["Retry-After"] = str(error.retry_after)
        return answer
    return JsonResponse({"orderNo": order["data"]["orderNo"]})


@csrf_exempt  # Gatehouse is no browser: its signature is checked instead.
@require_POST
def events(request):
    try:
        event = gatehouse.verify_event(request.headers, request.body, settings.GATEHOUSE_EVENT_SECRETS)
    except gatehouse.EventVerificationError:
        return HttpResponse(status=400)
    # The id and what follows from the event are written together or not at all: after a failure it comes again.
    with transaction.atomic():
        _, is_new = HandledEvent.objects.get_or_create(id=event.id)
        if is_new:
            handle(event)
    return HttpResponse(status=204)


def handle(event):
    if event.type == "transfer.settled":
        transfer = event.data
        Receipt.objects.create(
            transaction_id=transfer["transactionId"], account=transfer["to"], amount=Decimal(transfer["amount"])
        )
