<?php

use Illuminate\Database\Migrations\Migration;
use Illuminate\Database\Schema\Blueprint;
use Illuminate\Support\Facades\Schema;

return new class () extends Migration {
    public function up(): void
    {
        // Events that were handled: rows may go after a day.
        Schema::create('handled_events', static function (Blueprint $table): void {
            $table->string('id', 64)->primary();
            $table->timestamp('handled_at');
        });
        Schema::create('receipts', static function (Blueprint $table): void {
            $table->id();
            $table->string('transaction_id', 128);
            $table->string('account', 128);
            $table->decimal('amount', 38, 10);
        });
    }
};
