<?php

/** Laravel with the files of clients/php/examples/laravel: a router for PHP's own server; `serve.php migrate` makes the tables. */

use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Http\Kernel as HttpKernel;
use Illuminate\Foundation\Application;
use Illuminate\Http\Request;

// Of Debian; it is from before PHP 8.2, which warns of it.
error_reporting(E_ALL & ~E_DEPRECATED);
require '/usr/share/php/Illuminate/autoload.php';
const CLIENT = __DIR__ . '/../../../../clients/php';
require CLIENT . '/Gatehouse.php';
require CLIENT . '/examples/laravel/GatehouseController.php';
require CLIENT . '/examples/laravel/GatehouseServiceProvider.php';

$app = new Application(__DIR__);
$app->useStoragePath(getenv('SITE_DATA_DIR'));
$app->singleton(HttpKernel::class, Illuminate\Foundation\Http\Kernel::class);
$app->singleton(ExceptionHandler::class, Illuminate\Foundation\Exceptions\Handler::class);
$app['router']->middlewareGroup('web', []);

$kernel = $app->make(HttpKernel::class);
if (($argv[1] ?? '') === 'migrate') {
    touch(getenv('SITE_DATA_DIR') . '/site.sqlite3');
    $kernel->bootstrap();
    (require glob(CLIENT . '/examples/laravel/*_create_gatehouse_tables.php')[0])->up();
    exit;
}
$request = Request::capture();
$response = $kernel->handle($request);
$response->send();
$kernel->terminate($request, $response);
