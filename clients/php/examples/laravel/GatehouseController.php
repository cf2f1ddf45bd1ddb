<?php

namespace App\Http\Controllers;

use Gatehouse\Client;
use Gatehouse\Event;
use Gatehouse\EventVerificationError;
use Gatehouse\GatewayError;
use Gatehouse\PlatformApiError;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;
use Illuminate\Http\Response;
use Illuminate\Support\Facades\DB;

/** An action that makes a call, and one that takes events. */
final class GatehouseController
{
    public function __construct(private readonly Client $gatehouse)
    {
    }

    /** Files a work order: once for a ticket, however often it is asked for. */
    public function fileOrder(Request $request, int $ticket): JsonResponse
    {
        try {
            $order = $this->gatehouse->call(
                'CITY_CENTER_WORK_ORDER',
                'submitOrder',
                ['title' => (string) $request->input('title')],
                idempotencyKey: "ticket-$ticket",
            );
        } catch (PlatformApiError $error) {
            return response()->json(['refused' => $error->upstream['body']], 422);
        } catch (GatewayError $error) {
            $headers = $error->retryAfter === null ? [] : ['Retry-After' => (string) $error->retryAfter];
            $body = ['code' => $error->code, 'requestId' => $error->requestId];
            return response()->json($body, $error->retryable ? 503 : 502, $headers);
        }
        return response()->json(['orderNo' => $order['data']['orderNo']]);
    }

    public function events(Request $request): Response
    {
        try {
            $secrets = config('services.gatehouse.event_secrets');
            $event = \Gatehouse\verifyEvent($request->headers->all(), $request->getContent(), $secrets);
        } catch (EventVerificationError) {
            return response()->noContent(400);
        }
        // The id and what follows from the event are written together or not at all: after a failure it comes again.
        DB::transaction(function () use ($event): void {
            if (DB::table('handled_events')->insertOrIgnore(['id' => $event->id, 'handled_at' => now()]) === 1) {
                $this->handle($event);
            }
        });
        return response()->noContent();
    }

    private function handle(Event $event): void
    {
        if ($event->type === 'transfer.settled') {
            ['transactionId' => $id, 'to' => $account, 'amount' => $amount] = $event->data;
            // The amount is text, and goes as text into a column DECIMAL(38, 10): a float would round it.
            DB::table('receipts')->insert(['transaction_id' => $id, 'account' => $account, 'amount' => $amount]);
        }
    }
}
