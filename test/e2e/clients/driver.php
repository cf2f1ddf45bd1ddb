<?php

/**
 * Does with the client of PHP what a test asks for: a job a line on standard input, an answer a line on standard output.
 * Sleeping only moves the clock, and chance is always a half: functions of the namespace win over PHP's own.
 */

declare(strict_types=1);

namespace Gatehouse {
    final class Driver
    {
        /** @var list<int> */
        public static array $slept = [];
        public static int $ahead = 0;
    }

    function usleep(int $microseconds): void
    {
        Driver::$ahead += $microseconds * 1_000;
        Driver::$slept[] = (int) round($microseconds / 1_000);
    }

    function hrtime(bool $asNumber): int
    {
        return \hrtime($asNumber) + Driver::$ahead;
    }

    function random_int(int $min, int $max): int
    {
        return intdiv($min + $max + 1, 2);
    }
}

namespace {
    require __DIR__ . '/../../../clients/php/Gatehouse.php';

    /** A number as its digits behind "#", so that no reader of JSON rounds it. */
    function shown(mixed $value): mixed
    {
        if (is_int($value)) {
            return "#$value";
        }
        if (is_float($value)) {
            return '#' . rtrim(rtrim(sprintf('%.12f', $value), '0'), '.');
        }
        return is_array($value) ? array_map(shown(...), $value) : $value;
    }

    function error(\Throwable $problem): array
    {
        $class = (new ReflectionClass($problem))->getShortName();
        if (!$problem instanceof Gatehouse\GatewayError) {
            return ['class' => $class, 'text' => $problem->getMessage()];
        }
        return [
            'class' => $class,
            'isGatewayError' => true,
            'text' => $problem->getMessage(),
            'code' => $problem->code,
            'detail' => $problem->detail,
            'status' => $problem->status,
            'requestId' => $problem->requestId,
            'retryable' => $problem->retryable,
            'retryAfter' => $problem->retryAfter,
            'errors' => $problem->errors,
            'upstream' => shown($problem->upstream),
        ];
    }

    function meta(?Gatehouse\Meta $one): ?array
    {
        return $one === null ? null : array_diff_key(get_object_vars($one), ['durationMs' => 0]);
    }

    function content(mixed $body): mixed
    {
        return is_array($body) && isset($body['base64']) ? base64_decode($body['base64']) : $body;
    }

    /** What a tracker of errors sends off: the client in every form, each exception with the arguments of its frames. */
    function allThatIsShown(Gatehouse\Client $client, \Throwable $problem): string
    {
        ob_start();
        var_dump($client);
        $pieces = [ob_get_clean(), print_r($client, true), print_r((array) $client, true), var_export((array) $client, true)];
        for ($one = $problem; $one !== null; $one = $one->getPrevious()) {
            array_push($pieces, (string) $one, print_r($one->getTrace(), true), print_r($one, true));
        }
        return implode("\n", $pieces);
    }

    /** @param ?array $given absent: the last one, so that no frame holds its key */
    function clientOf(?array $given): Gatehouse\Client
    {
        static $clients = [];
        static $last = null;
        if ($given === null) {
            return $last;
        }
        $options = $given['options'] ?? [];
        if (isset($options['ca'])) {
            $options['curlOptions'] = [CURLOPT_CAINFO => $options['ca']];
            unset($options['ca']);
        }
        $open = static fn () => new Gatehouse\Client($given['baseUrl'], $given['apiKey'], ...$options);
        return $last = $clients[json_encode($given)] ??= $open();
    }

    function perform(array $job): mixed
    {
        $client = $job['do'] === 'verify' ? null : clientOf($job['client'] ?? null);
        $options = $job['options'] ?? [];
        switch ($job['do']) {
            case 'open':
                return null;
            case 'call':
                return shown($client->call($job['service'], $job['operation'], $job['params'] ?? [], ...$options));
            case 'callNumbers':
                // A whole number as PHP has it; a fraction of many digits as its text, which PHP has no type for.
                $params = array_map(
                    static fn (array $one) => $one['type'] === 'int' ? (int) $one['digits'] : $one['digits'],
                    $job['params'],
                );
                return shown($client->call($job['service'], $job['operation'], $params));
            case 'callWithMeta':
                $result = $client->callWithMeta($job['service'], $job['operation'], $job['params'] ?? [], ...$options);
                return ['data' => shown($result->data), 'meta' => meta($result->meta)];
            case 'batch':
                return array_map(
                    static fn (Gatehouse\Result $one) => $one->error === null
                        ? ['data' => shown($one->data), 'meta' => meta($one->meta)]
                        : ['error' => error($one->error)],
                    $client->batch($job['service'], $job['calls'], ...$options),
                );
            case 'proxy':
                $response = $client->proxy(
                    $job['service'],
                    $job['method'],
                    $job['path'],
                    $job['query'] ?? [],
                    $job['headers'] ?? [],
                    content($job['body'] ?? null),
                    ...$options,
                );
                return [
                    'status' => $response->status,
                    'type' => $response->headers['content-type'] ?? null,
                    'location' => $response->headers['location'] ?? null,
                    'body' => ['base64' => base64_encode($response->body)],
                ];
            case 'request':
                $rest = [$job['params'] ?? [], $job['query'] ?? [], $job['body'] ?? null];
                return shown($client->request($job['method'], $job['path'], ...$rest, ...$options));
            case 'verify':
                return shown(get_object_vars(Gatehouse\verifyEvent($job['headers'], content($job['body']), $job['secrets'])));
            case 'leaks':
                try {
                    $client->call('A_B', 'op');
                } catch (Gatehouse\GatewayError $problem) {
                    return ['text' => allThatIsShown($client, $problem), 'again' => true];
                }
            case 'fork':
                $child = pcntl_fork();
                if ($child === 0) {
                    $client->call('A_B', 'op', idempotent: true);
                    exit(0);
                }
                pcntl_waitpid($child, $status);
                return shown($client->call('A_B', 'op', idempotent: true));
        }
        throw new LogicException($job['do']);
    }

    while (($line = fgets(STDIN)) !== false) {
        Gatehouse\Driver::$slept = [];
        try {
            $answer = ['value' => perform(json_decode($line, true, flags: JSON_THROW_ON_ERROR))];
        } catch (\Throwable $problem) {
            $answer = ['error' => error($problem)];
        }
        echo json_encode($answer + ['slept' => Gatehouse\Driver::$slept], JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
    }
}
