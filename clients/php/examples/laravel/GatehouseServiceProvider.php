<?php

namespace App\Providers;

use App\Http\Controllers\GatehouseController;
use Gatehouse\Client;
use Illuminate\Support\Facades\Route;
use Illuminate\Support\ServiceProvider;

/**
 * In config/services.php: `'gatehouse' => ['url' => env(...), 'key' => env(...), 'event_secrets' => [env(...)]]`, two
 * secrets while they are rotated.
 */
final class GatehouseServiceProvider extends ServiceProvider
{
    public function register(): void
    {
        // One for the process: it keeps its connection.
        $this->app->singleton(Client::class, static fn () => new Client(
            config('services.gatehouse.url'),
            config('services.gatehouse.key'),
            timeout: 25,
        ));
    }

    public function boot(): void
    {
        // Outside the group "web": Gatehouse is no browser and has no CSRF token; its signature is checked instead.
        Route::post('/gatehouse/events', [GatehouseController::class, 'events']);
        Route::middleware('web')->post('/tickets/{ticket}/order', [GatehouseController::class, 'fileOrder']);
    }
}
