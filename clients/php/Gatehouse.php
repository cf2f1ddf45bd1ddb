<?php

/**
 * The client of Gatehouse's HTTP API, for business code: one file, PHP 8.1 or newer with ext-curl.
 *
 *     $client = new Gatehouse\Client('https://gatehouse.example.com', getenv('GATEHOUSE_KEY'));
 *     $user = $client->call('CITY_CENTER_WORK_ORDER', 'getUserInfo', ['userId' => '10002']);
 *
 * Proxies named in the environment are not used: name one in `curlOptions`.
 */

declare(strict_types=1);

namespace Gatehouse;

// Errors: catch the one you can handle, or `GatewayError` for all.

/**
 * A call that failed: what Gatehouse said of it, or that it could not be asked. Decide by `code`. The client's own are
 * GATEWAY_UNREACHABLE, CLIENT_TIMEOUT and UNEXPECTED_ANSWER.
 */
class GatewayError extends \RuntimeException
{
    /** @var string as PDOException has it: PHP leaves the property untyped */
    public $code;

    /**
     * @param int $status HTTP status of Gatehouse's answer; 0 when there was none
     * @param ?string $requestId finds the request in Gatehouse's logs
     * @param bool $retryable could the same request succeed later?
     * @param ?int $retryAfter seconds
     * @param list<array{field: string, message: string}> $errors which fields of the input are wrong
     * @param ?array{status: int, body: mixed} $upstream what the third party answered, with PLATFORM_API_ERROR
     */
    public function __construct(
        string $code,
        public readonly string $detail,
        public readonly int $status = 0,
        public readonly ?string $requestId = null,
        public readonly bool $retryable = false,
        public readonly ?int $retryAfter = null,
        public readonly array $errors = [],
        public readonly ?array $upstream = null,
        ?\Throwable $previous = null,
    ) {
        parent::__construct("$code: $detail", 0, $previous);
        $this->code = $code;
    }

    /** @internal */
    public static function of(string $code, string $detail, mixed ...$rest): self
    {
        $class = self::CLASSES[$code] ?? self::class;
        return new $class($code, $detail, ...$rest);
    }

    private const CLASSES = [
        'AUTHENTICATION_FAILED' => AuthenticationError::class,
        'UNAUTHENTICATED' => AuthenticationError::class,
        'SESSION_EXPIRED' => SessionExpiredError::class,
        'SESSION_NEEDS_PERSON' => SessionNeedsPersonError::class,
        'PLATFORM_UNAVAILABLE' => PlatformUnavailableError::class,
        'PLATFORM_BUSY' => PlatformUnavailableError::class,
        'LOGIN_IN_PROGRESS' => PlatformUnavailableError::class,
        'CIRCUIT_OPEN' => PlatformUnavailableError::class,
        'SERVICE_UNAVAILABLE' => PlatformUnavailableError::class,
        'DEADLINE_EXCEEDED' => PlatformUnavailableError::class,
        'CAPTCHA_FAILED' => CaptchaError::class,
        'PLATFORM_API_ERROR' => PlatformApiError::class,
        'CONFIGURATION_ERROR' => ConfigurationError::class,
        'QUOTA_EXCEEDED' => QuotaExceededError::class,
    ];
}

/** Credentials refused: the platform's (AUTHENTICATION_FAILED), or your API key (UNAUTHENTICATED). */
class AuthenticationError extends GatewayError
{
}

/** The platform refused even a session that had just been renewed. */
class SessionExpiredError extends GatewayError
{
}

/** A person has to log in to the platform: trying again is of no use until then. */
class SessionNeedsPersonError extends GatewayError
{
}

/** The third party is down, too slow, too busy or switched off, or a login to it is still running: try later. */
class PlatformUnavailableError extends GatewayError
{
}

/** The captcha of a login could not be solved. */
class CaptchaError extends GatewayError
{
}

/** The third party understood and refused: see `upstream`. */
class PlatformApiError extends GatewayError
{
}

/** The service's definition or credentials are wrong: an operator has to correct them. */
class ConfigurationError extends GatewayError
{
}

/** The quota of the service is used up: nothing was sent, `retryAfter` says when the window ends. */
class QuotaExceededError extends GatewayError
{
}

/** A request that is no event of Gatehouse: answer 400. */
class EventVerificationError extends \RuntimeException
{
}

// What calls answer with.

/** What Gatehouse reports about a call. */
final class Meta
{
    /**
     * @param int $attempts requests sent to the third party; 0: the answer came from the cache
     * @param bool $stale the third party is down, and this is an older answer
     * @param bool $replayed the answer of an earlier request with the same idempotency key
     * @param ?string $account of a service with several accounts, the one that was taken
     * @param ?string $session how the platform's session was obtained: "reused", "renewed" or "login"
     */
    public function __construct(
        public readonly string $requestId,
        public readonly int $attempts,
        public readonly bool $cached,
        public readonly bool $stale,
        public readonly int $durationMs,
        public readonly bool $replayed,
        public readonly ?string $account,
        public readonly ?string $session,
    ) {
    }
}

/** Of `callWithMeta`, and of each call of a batch: `error` is null where it succeeded. */
final class Result
{
    public function __construct(
        public readonly mixed $data,
        public readonly ?Meta $meta,
        public readonly ?GatewayError $error = null,
    ) {
    }
}

/** The third party's answer as it came. */
final class Response
{
    /** @param array<string, string> $headers by their names in lower case; several of one name joined by ", " */
    public function __construct(
        public readonly int $status,
        public readonly array $headers,
        public readonly string $body,
    ) {
    }

    /** The body's JSON, no number rounded. @throws \JsonException where it is none */
    public function json(): mixed
    {
        return Json::parse($this->body);
    }
}

final class Event
{
    /**
     * @param string $id the same for all deliveries of one event: handle each once
     * @param string $timestamp when it happened: "2026-11-21T05:20:00.412Z"
     */
    public function __construct(
        public readonly string $id,
        public readonly string $type,
        public readonly string $timestamp,
        public readonly mixed $data,
    ) {
    }
}

final class Client
{
    private const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];
    /** With these codes nothing was sent to the third party: any request may be repeated. */
    private const NOTHING_WAS_SENT = ['QUOTA_EXCEEDED', 'LOGIN_IN_PROGRESS', 'CIRCUIT_OPEN', 'SERVICE_UNAVAILABLE'];
    /** Longest wait before a retry when the answer names none, seconds. */
    private const MAX_BACKOFF = 8.0;

    private readonly string $baseUrl;
    /** @var array<string, string> */
    private readonly array $headers;
    private readonly Transport $transport;

    /**
     * @param string $baseUrl where Gatehouse is: "https://gatehouse.example.com"
     * @param string $apiKey "gh_..."
     * @param int $retries after the first try, for what may be repeated
     * @param float $timeout for a whole call, retries included, seconds
     * @param array<string, string> $headers sent with every request
     * @param array<int, mixed> $curlOptions for a certificate authority or a proxy of your own
     */
    public function __construct(
        string $baseUrl,
        #[\SensitiveParameter] string $apiKey,
        private readonly int $retries = 2,
        private readonly float $timeout = 60.0,
        array $headers = [],
        array $curlOptions = [],
    ) {
        if (preg_match('{^https?://(\[[0-9a-f:.]+\]|[^/?#@:\s]+)(:\d{1,5})?(/[^?#\s]*)?$}Di', $baseUrl) !== 1) {
            throw new \InvalidArgumentException('$baseUrl is an address as https://gatehouse.example.com');
        }
        if (preg_match('/^[\x21-\x7e]+$/D', trim($apiKey)) !== 1) {
            throw new \InvalidArgumentException('$apiKey is no API key: it is visible ASCII characters');
        }
        $this->baseUrl = rtrim($baseUrl, '/');
        $this->headers = Headers::checked($headers) + ['user-agent' => 'gatehouse-php'];
        $this->transport = new Transport(trim($apiKey), $curlOptions);
    }

    /** @return array<string, string> */
    public function __debugInfo(): array
    {
        return ['baseUrl' => $this->baseUrl];
    }

    /**
     * Calls an operation and answers with its data.
     *
     * @param array<string, mixed> $params
     * @param ?string $idempotencyKey makes a write repeatable: Gatehouse repeats the first answer instead of running it twice
     * @param ?string $account of a service with several accounts, the one to take; null: the least used that is fit
     * @param bool $idempotent the operation only reads, or may be done twice: retry it like a GET
     * @param ?float $timeout for the whole call, retries included, seconds
     * @throws GatewayError
     */
    public function call(
        string $service,
        string $operation,
        array $params = [],
        ?string $idempotencyKey = null,
        ?string $account = null,
        bool $idempotent = false,
        ?float $timeout = null,
    ): mixed {
        return $this->callWithMeta($service, $operation, $params, $idempotencyKey, $account, $idempotent, $timeout)->data;
    }

    /**
     * As `call`, with what Gatehouse reports about it.
     *
     * @param array<string, mixed> $params
     */
    public function callWithMeta(
        string $service,
        string $operation,
        array $params = [],
        ?string $idempotencyKey = null,
        ?string $account = null,
        bool $idempotent = false,
        ?float $timeout = null,
    ): Result {
        [$document, $response] = $this->ask(
            'POST',
            Url::path('/v1/services/{code}/operations/{operation}', ['code' => $service, 'operation' => $operation]),
            ['params' => (object) $params],
            self::callHeaders($idempotencyKey, $account),
            $idempotent || $idempotencyKey !== null,
            $timeout,
        );
        return Answers::result($document, $response);
    }

    /**
     * Up to 100 operations of a service, each with its own result, in order.
     *
     * @param list<array{operation: string, params?: array<string, mixed>}> $calls
     * @return list<Result>
     */
    public function batch(
        string $service,
        array $calls,
        ?string $idempotencyKey = null,
        ?string $account = null,
        bool $idempotent = false,
        ?float $timeout = null,
    ): array {
        [$document, $response] = $this->ask(
            'POST',
            Url::path('/v1/services/{code}/batch', ['code' => $service]),
            array_map(
                static fn (array $call) => isset($call['params']) ? ['params' => (object) $call['params']] + $call : $call,
                array_values($calls),
            ),
            self::callHeaders($idempotencyKey, $account),
            $idempotent || $idempotencyKey !== null,
            $timeout,
        );
        return array_map(static fn (array $item) => Answers::batchResult($item, $response), $document['items']);
    }

    /**
     * A raw request. The third party's answer comes back as it is, 4xx, 5xx and redirects too; only what Gatehouse
     * itself refuses is thrown.
     *
     * @param string $path as the third party knows it, already encoded: "/api/user/10002"
     * @param array<string, mixed> $query
     * @param array<string, string> $headers
     * @param string|array<mixed>|null $body a string as its bytes, an array as JSON
     */
    public function proxy(
        string $service,
        string $method,
        string $path,
        array $query = [],
        array $headers = [],
        string|array|null $body = null,
        ?string $idempotencyKey = null,
        ?string $account = null,
        bool $idempotent = false,
        ?float $timeout = null,
    ): Response {
        if (!str_starts_with($path, '/')) {
            throw new \InvalidArgumentException('A proxied path starts with "/".');
        }
        if (preg_match('{[/\\\\](\.|%2e){1,2}([/\\\\]|$)}Di', explode('?', $path)[0]) === 1) {
            throw new \InvalidArgumentException('A proxied path has no dot segments: they would lead to another route.');
        }
        $own = Headers::checked($headers);
        if (is_array($body)) {
            $own += ['content-type' => 'application/json'];
            $body = Json::serialize($body);
        }
        $verb = strtoupper($method);
        return $this->send(
            $verb,
            Url::path('/v1/services/{code}/proxy', ['code' => $service]) . $path,
            $query,
            self::callHeaders($idempotencyKey, $account) + $own,
            $body,
            in_array($verb, self::SAFE_METHODS, true) || $idempotent || $idempotencyKey !== null,
            $timeout,
            Answers::proxied(...),
        );
    }

    /**
     * A request to any other route of Gatehouse's API:
     * `request('GET', '/v1/accounts/{accountId}', params: ['accountId' => 'user:10002'])`. Answers with the JSON of the
     * body, or null where there is none. Repeated like `proxy`: safe methods, and calls marked `idempotent`.
     *
     * @param array<string, string> $params
     * @param array<string, mixed> $query
     * @param array<mixed>|object|null $body
     */
    public function request(
        string $method,
        string $path,
        array $params = [],
        array $query = [],
        array|object|null $body = null,
        ?string $idempotencyKey = null,
        bool $idempotent = false,
        ?float $timeout = null,
    ): mixed {
        $verb = strtoupper($method);
        $repeatable = in_array($verb, self::SAFE_METHODS, true) || $idempotent || $idempotencyKey !== null;
        $headers = self::callHeaders($idempotencyKey, null);
        return $this->ask($verb, Url::path($path, $params), $body, $headers, $repeatable, $timeout, $query)[0];
    }

    /**
     * @param array<string, string> $headers
     * @param array<string, mixed> $query
     * @return array{mixed, Response}
     */
    private function ask(
        string $method,
        string $path,
        mixed $body,
        array $headers,
        bool $repeatable,
        ?float $timeout,
        array $query = [],
    ): array {
        $content = null;
        if ($body !== null) {
            $content = Json::serialize($body);
            $headers['content-type'] = 'application/json';
        }
        return $this->send($method, $path, $query, $headers, $content, $repeatable, $timeout, Answers::json(...));
    }

    /**
     * @template T
     * @param array<string, mixed> $query
     * @param array<string, string> $headers
     * @param bool $repeatable may it be sent twice without harm?
     * @param callable(Response): T $read
     * @return T
     */
    private function send(
        string $method,
        string $path,
        array $query,
        array $headers,
        ?string $body,
        bool $repeatable,
        ?float $timeout,
        callable $read,
    ): mixed {
        if (preg_match('/^[A-Z]+$/D', $method) !== 1) {
            throw new \InvalidArgumentException('A method is letters: GET, POST ...');
        }
        if ($body !== null && in_array($method, ['GET', 'HEAD'], true)) {
            throw new \InvalidArgumentException("$method carries no body.");
        }
        $timeout ??= $this->timeout;
        $url = $this->baseUrl . Url::visible($path) . Url::query($query);
        $end = self::now() + $timeout;
        for ($retry = 1;; $retry++) {
            try {
                $left = $end - self::now();
                return $read($this->transport->exchange($method, $url, $headers + $this->headers, $body, $repeatable, $left));
            } catch (GatewayError $error) {
                $wait = self::delay($error, $retry, random_int(0, 999_999) / 1_000_000);
                $inTime = self::now() + $wait < $end;
                if ($retry > $this->retries || !$inTime || !self::mayRetry($error, $repeatable)) {
                    throw $error;
                }
            }
            usleep((int) ceil($wait * 1_000_000));
        }
    }

    private static function mayRetry(GatewayError $error, bool $repeatable): bool
    {
        return $error->retryable && ($repeatable || in_array($error->code, self::NOTHING_WAS_SENT, true));
    }

    /**
     * Seconds until the retry: what Retry-After says and up to a quarter more, so that clients that were refused
     * together do not return together; without it ½, 1, 2 s … with full jitter.
     */
    private static function delay(GatewayError $error, int $retry, float $fraction): float
    {
        if ($error->retryAfter !== null) {
            return $error->retryAfter * (1 + $fraction / 4);
        }
        return min(self::MAX_BACKOFF, 0.5 * 2 ** ($retry - 1)) * $fraction;
    }

    /** Seconds of a clock that nobody sets. */
    private static function now(): float
    {
        return hrtime(true) / 1e9;
    }

    /** @return array<string, string> */
    private static function callHeaders(?string $idempotencyKey, ?string $account): array
    {
        return Headers::checked(array_filter(
            ['idempotency-key' => $idempotencyKey, 'x-gatehouse-account' => $account],
            static fn (?string $value) => $value !== null,
        ));
    }
}

/** @internal One curl handle, so that connections are kept alive. */
final class Transport
{
    /**
     * API keys, outside the objects that use them: `var_export`, casts and dumpers show an object's properties.
     * @var ?\WeakMap<self, string>
     */
    private static ?\WeakMap $keys = null;

    private ?\CurlHandle $handle = null;
    private int $process = 0;
    /** @var list<\CurlHandle> of parent processes, which still use their connections: freed, they would end them */
    private array $inherited = [];

    /** @param array<int, mixed> $curlOptions */
    public function __construct(#[\SensitiveParameter] string $apiKey, private readonly array $curlOptions)
    {
        self::$keys ??= new \WeakMap();
        self::$keys[$this] = $apiKey;
    }

    /**
     * One request and its whole answer.
     *
     * @param array<string, string> $headers
     * @param float $timeout seconds
     * @throws GatewayError
     */
    public function exchange(
        string $method,
        string $url,
        array $headers,
        ?string $body,
        bool $repeatable,
        float $timeout,
    ): Response {
        $handle = $this->handle();
        $received = [];
        curl_setopt_array($handle, $this->curlOptions + [CURLOPT_PROXY => '']);
        curl_setopt_array($handle, self::payload($method, $body));
        curl_setopt_array($handle, [
            CURLOPT_URL => $url,
            // A redirect is the third party's answer, passed through: it must not be followed with the API key.
            CURLOPT_FOLLOWLOCATION => false,
            CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
            CURLOPT_HTTPHEADER => ['Authorization: Bearer ' . self::$keys[$this], ...Headers::lines($headers)],
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_NOSIGNAL => true,
            CURLOPT_TIMEOUT_MS => max(1, (int) ceil($timeout * 1_000)),
            CURLOPT_CONNECTTIMEOUT_MS => max(1, (int) ceil($timeout * 1_000)),
            // On a kept connection that breaks curl sends a request again by itself: only what may be repeated goes there.
            CURLOPT_FRESH_CONNECT => !$repeatable,
            CURLOPT_HEADERFUNCTION => static function (\CurlHandle $_, string $line) use (&$received): int {
                $received[] = $line;
                return strlen($line);
            },
        ]);
        $answer = curl_exec($handle);
        if ($answer === false) {
            throw self::unanswered(curl_errno($handle), curl_error($handle));
        }
        return new Response(curl_getinfo($handle, CURLINFO_RESPONSE_CODE), Headers::received($received), (string) $answer);
    }

    /** @return array<int, mixed> */
    private static function payload(string $method, ?string $body): array
    {
        return match (true) {
            $method === 'HEAD' => [CURLOPT_NOBODY => true],
            $body === null && in_array($method, ['GET', 'OPTIONS'], true) => [CURLOPT_CUSTOMREQUEST => $method],
            default => [CURLOPT_POSTFIELDS => $body ?? '', CURLOPT_CUSTOMREQUEST => $method],
        };
    }

    private function handle(): \CurlHandle
    {
        if ($this->handle !== null && $this->process === getmypid()) {
            // Keeps its connections.
            curl_reset($this->handle);
            return $this->handle;
        }
        if ($this->handle !== null) {
            $this->inherited[] = $this->handle;
        }
        $this->process = getmypid();
        return $this->handle = curl_init();
    }

    private static function unanswered(int $number, string $cause): GatewayError
    {
        if ($number === CURLE_OPERATION_TIMEDOUT) {
            return GatewayError::of('CLIENT_TIMEOUT', 'Gatehouse did not answer in time.', retryable: true);
        }
        return GatewayError::of('GATEWAY_UNREACHABLE', "Gatehouse could not be reached: $cause", retryable: true);
    }
}

/** @internal */
final class Headers
{
    /** Of the connection itself. */
    private const OURS = ['authorization', 'connection', 'content-length', 'expect', 'host', 'transfer-encoding'];

    /**
     * @param array<string, string> $headers
     * @return array<string, string> by their names in lower case
     * @throws \InvalidArgumentException for a line break, which would begin another header
     */
    public static function checked(array $headers): array
    {
        $checked = [];
        foreach ($headers as $name => $value) {
            $isName = preg_match('/^[!#$%&\'*+.^_`|~0-9A-Za-z-]+$/D', (string) $name) === 1;
            if (!$isName || preg_match('/^[\t\x20-\x7e\x80-\xff]*$/D', $value) !== 1) {
                throw new \InvalidArgumentException("The header \"$name\" has characters that no header can have.");
            }
            $checked[strtolower((string) $name)] = $value;
        }
        return array_diff_key($checked, array_flip(self::OURS));
    }

    /**
     * As curl takes them.
     * @param array<string, string> $headers
     * @return list<string>
     */
    public static function lines(array $headers): array
    {
        // None of those that curl would add: a body has the type that is given, and is not announced before it is sent.
        $lines = ['Accept:', 'Content-Type:', 'Expect:'];
        foreach ($headers as $name => $value) {
            // A header without a value ends with ";".
            $lines[] = $value === '' ? "$name;" : "$name: $value";
        }
        return $lines;
    }

    /**
     * @param list<string> $lines of the answer, and of those that came before it, as "100 Continue"
     * @return array<string, string>
     */
    public static function received(array $lines): array
    {
        $headers = [];
        foreach ($lines as $line) {
            if (str_starts_with($line, 'HTTP/')) {
                $headers = [];
            } elseif (str_contains($line, ':')) {
                [$name, $value] = explode(':', $line, 2);
                $name = strtolower(trim($name));
                $headers[$name] = isset($headers[$name]) ? "$headers[$name], " . trim($value) : trim($value);
            }
        }
        return $headers;
    }
}

/** @internal */
final class Url
{
    /**
     * The path with its parameters in it, each encoded as one segment.
     * @param array<string, string> $params
     */
    public static function path(string $template, array $params): string
    {
        return preg_replace_callback('/\{(\w+)\}/', static function (array $found) use ($template, $params): string {
            $value = (string) ($params[$found[1]] ?? '');
            // These would lead to another route.
            if (in_array($value, ['', '.', '..'], true)) {
                throw new \InvalidArgumentException("\"$value\" is not valid for $found[0] in $template.");
            }
            return rawurlencode($value);
        }, $template);
    }

    /** What cannot stand in a request line, encoded: the rest is encoded already. */
    public static function visible(string $path): string
    {
        return preg_replace_callback('/[^\x21\x22\x24-\x5b\x5d-\x7e]/', static fn (array $found) => rawurlencode($found[0]), $path);
    }

    /**
     * "" or "?a=1&a=2"; null is left out.
     * @param array<string, mixed> $query
     */
    public static function query(array $query): string
    {
        $pairs = [];
        foreach ($query as $name => $value) {
            foreach (is_array($value) ? $value : [$value] as $one) {
                if ($one !== null) {
                    $text = is_bool($one) ? ($one ? 'true' : 'false') : (string) $one;
                    $pairs[] = urlencode((string) $name) . '=' . urlencode($text);
                }
            }
        }
        return $pairs === [] ? '' : '?' . implode('&', $pairs);
    }
}

/** @internal */
final class Answers
{
    /** Distinguishes Gatehouse's problems from those a third party may send through the raw proxy. */
    private const PROBLEM_TYPE = 'urn:gatehouse:problem:';
    /** What API Gateway answers itself: its authorizer refused. */
    private const CODES_BY_STATUS = [401 => 'UNAUTHENTICATED', 403 => 'FORBIDDEN'];

    /**
     * Gatehouse's JSON answer, or null where the route has none; anything else is a failure.
     * @return array{mixed, Response}
     */
    public static function json(Response $response): array
    {
        [$document, $isJson] = self::document($response->body);
        $isEmpty = $response->status === 204 && $response->body === '';
        if ($response->status >= 200 && $response->status < 300 && ($isJson || $isEmpty)) {
            return [$document, $response];
        }
        throw self::problem($document, $response->status, $response->headers)
            ?? self::foreign($response->status, $response->headers);
    }

    public static function proxied(Response $response): Response
    {
        if (str_starts_with($response->headers['content-type'] ?? '', 'application/problem+json')) {
            // A third party may send problem documents too: those are its answer, passed on unchanged.
            $problem = self::problem(self::document($response->body)[0], $response->status, $response->headers);
            if ($problem !== null) {
                throw $problem;
            }
        }
        return $response;
    }

    public static function result(mixed $document, Response $response): Result
    {
        $meta = $document['meta'] ?? [];
        return new Result($document['data'] ?? null, new Meta(
            requestId: $meta['requestId'] ?? $response->headers['x-request-id'] ?? '',
            attempts: $meta['attempts'] ?? 1,
            cached: $meta['cached'] ?? false,
            stale: $meta['stale'] ?? false,
            durationMs: (int) ($meta['durationMs'] ?? 0),
            replayed: ($response->headers['idempotency-replayed'] ?? '') === 'true',
            account: $meta['account'] ?? null,
            session: $response->headers['x-gatehouse-session'] ?? null,
        ));
    }

    /** @param array<string, mixed> $item */
    public static function batchResult(array $item, Response $response): Result
    {
        if ($item['success']) {
            return self::result($item, $response);
        }
        // The problem is inside an answer that has succeeded: its own status counts.
        $problem = $item['error'] ?? [];
        $status = $problem['status'] ?? 0;
        $error = self::problem($problem, $status, $response->headers) ?? self::foreign($status, $response->headers);
        return new Result(null, null, $error);
    }

    /**
     * The error that a problem document (RFC 9457) stands for; null when it is not one of Gatehouse's.
     * @param array<string, string> $headers
     */
    private static function problem(mixed $problem, int $status, array $headers): ?GatewayError
    {
        $code = is_array($problem) ? $problem['code'] ?? null : null;
        $type = is_array($problem) ? $problem['type'] ?? null : null;
        if (!is_string($code) || !is_string($type) || !str_starts_with($type, self::PROBLEM_TYPE)) {
            return null;
        }
        return GatewayError::of(
            $code,
            (string) (($problem['detail'] ?? '') ?: ($problem['title'] ?? $code)),
            status: $status,
            requestId: $problem['requestId'] ?? $headers['x-request-id'] ?? null,
            retryable: ($problem['retryable'] ?? false) === true,
            retryAfter: self::retryAfter($headers),
            errors: array_map(
                static fn (array $one) => ['field' => $one['field'] ?? '', 'message' => $one['message'] ?? ''],
                $problem['errors'] ?? [],
            ),
            upstream: $problem['upstream'] ?? null,
        );
    }

    /**
     * An answer that Gatehouse did not write: API Gateway in front of it, or a proxy in between.
     * @param array<string, string> $headers
     */
    private static function foreign(int $status, array $headers): GatewayError
    {
        return GatewayError::of(
            self::CODES_BY_STATUS[$status] ?? 'UNEXPECTED_ANSWER',
            "Unexpected answer $status: it is not from Gatehouse.",
            status: $status,
            requestId: $headers['x-request-id'] ?? null,
            retryable: $status === 429 || $status >= 502,
            retryAfter: self::retryAfter($headers),
        );
    }

    /**
     * Retry-After in seconds; Gatehouse sends no dates.
     * @param array<string, string> $headers
     */
    private static function retryAfter(array $headers): ?int
    {
        $value = $headers['retry-after'] ?? '';
        return preg_match('/^\d{1,9}$/D', $value) === 1 ? (int) $value : null;
    }

    /** @return array{mixed, bool} the JSON, and whether there was any */
    private static function document(string $body): array
    {
        try {
            return [Json::parse($body), true];
        } catch (\JsonException) {
            return [null, false];
        }
    }
}

/** @internal JSON without rounding. */
final class Json
{
    /** Largest whole number that a double holds: Gatehouse refuses larger ones as numbers. */
    private const MAX_EXACT_INTEGER = 2 ** 53 - 1;
    /** Strings, so that what looks like a number in them is passed over; then numbers. */
    private const TOKENS = '/"[^"\\\\]*+(?:\\\\.[^"\\\\]*+)*+"|-?\d++(?:\.\d++)?+(?:[eE][+-]?\d++)?+/s';

    /**
     * Objects as arrays. A number that PHP would round (a fraction of 20 digits, a whole one of more than 63 bits) comes
     * as its text, every other as a number.
     * @throws \JsonException
     */
    public static function parse(string $json): mixed
    {
        $flags = JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE;
        return json_decode(self::quoteInexact($json, PHP_INT_MAX), true, 512, $flags);
    }

    /** A number that Gatehouse would refuse for its many digits goes as its text. @throws \JsonException */
    public static function serialize(mixed $value): string
    {
        $flags = JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_PRESERVE_ZERO_FRACTION;
        return self::quoteInexact(json_encode($value, $flags), self::MAX_EXACT_INTEGER);
    }

    private static function quoteInexact(string $json, int $maxInteger): string
    {
        // Fewer digits without an exponent are exact.
        if (preg_match('/\d[\d.]{15}|\d[eE]/', $json) !== 1) {
            return $json;
        }
        $quote = static fn (array $found) => self::isExact($found[0], $maxInteger) ? $found[0] : "\"$found[0]\"";
        // The pattern never goes back; PHP's limit would stop it at a text with a million quotes in it.
        $limit = ini_set('pcre.backtrack_limit', '1000000000');
        try {
            return preg_replace_callback(self::TOKENS, $quote, $json)
                ?? throw new \JsonException('This JSON cannot be read: ' . preg_last_error_msg());
        } finally {
            ini_set('pcre.backtrack_limit', (string) $limit);
        }
    }

    private static function isExact(string $token, int $maxInteger): bool
    {
        if ($token[0] === '"') {
            return true;
        }
        if (strpbrk($token, '.eE') === false) {
            return strlen($token) < 16 || ($token === (string) (int) $token && abs((int) $token) <= $maxInteger);
        }
        $double = (float) $token;
        // -1: the fewest digits that name this double.
        return is_finite($double) && self::canonical($token) === self::canonical(sprintf('%.*h', -1, $double));
    }

    /** `1.50e2` and `150` are one number: its digits without zeros at either end, and the place of the point. */
    private static function canonical(string $source): string
    {
        preg_match('/^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/Di', $source, $parts);
        [, $sign, $whole, $fraction, $exponent] = $parts + ['', '', '', '', '0'];
        $digits = ltrim($whole . $fraction, '0');
        if ($digits === '') {
            return '0';
        }
        $significant = rtrim($digits, '0');
        $point = (int) $exponent - strlen($fraction) + strlen($digits) - strlen($significant);
        return "{$sign}{$significant}e{$point}";
    }
}

/** Standard Webhooks ask for this many bytes: with an empty secret anybody could sign. */
const MIN_SECRET_BYTES = 24;

/**
 * The event of a request, if Gatehouse has signed it (Standard Webhooks) within the last `$tolerance` seconds.
 *
 * @param iterable<string, string|list<string>> $headers of the request, names in any case: `getallheaders()`,
 *   `$request->headers->all()`
 * @param string $body as it came, before anything has parsed it
 * @param string|list<string> $secrets "whsec_..."; while you change it, the new one and the one before
 * @throws EventVerificationError it is not from Gatehouse, was altered, or is too old: answer 400
 * @throws \InvalidArgumentException a secret is none
 */
function verifyEvent(
    iterable $headers,
    string $body,
    #[\SensitiveParameter] string|array $secrets,
    int $tolerance = 300,
): Event {
    $keys = array_map(secretKey(...), (array) $secrets);
    if ($keys === []) {
        throw new \InvalidArgumentException('At least one secret is needed.');
    }
    $given = [];
    foreach ($headers as $name => $value) {
        $given[strtolower((string) $name)] = is_array($value) ? implode(' ', $value) : (string) $value;
    }
    [$id, $sentAt] = [$given['webhook-id'] ?? '', $given['webhook-timestamp'] ?? ''];
    if ($id === '' || preg_match('/^\d{1,12}$/D', $sentAt) !== 1) {
        throw new EventVerificationError('The headers webhook-id and webhook-timestamp are missing.');
    }
    if (abs(time() - (int) $sentAt) > $tolerance) {
        throw new EventVerificationError('The event is too old, or a clock is wrong.');
    }
    $signatures = explode(' ', $given['webhook-signature'] ?? '');
    if (!isSigned("$id.$sentAt.$body", $signatures, $keys)) {
        throw new EventVerificationError('No signature of the event holds.');
    }
    try {
        $document = Json::parse($body);
    } catch (\JsonException) {
        $document = null;
    }
    if (!is_array($document) || !is_string($document['type'] ?? null)) {
        throw new EventVerificationError('The body is no event.');
    }
    return new Event($id, $document['type'], (string) ($document['timestamp'] ?? ''), $document['data'] ?? null);
}

/**
 * @internal
 * @param list<string> $signatures
 * @param list<string> $keys
 */
function isSigned(string $message, array $signatures, #[\SensitiveParameter] array $keys): bool
{
    foreach ($keys as $key) {
        $expected = 'v1,' . base64_encode(hash_hmac('sha256', $message, $key, true));
        foreach ($signatures as $signature) {
            if (hash_equals($expected, $signature)) {
                return true;
            }
        }
    }
    return false;
}

/** @internal */
function secretKey(#[\SensitiveParameter] string $secret): string
{
    $key = base64_decode(str_starts_with($secret, 'whsec_') ? substr($secret, strlen('whsec_')) : $secret, true);
    if ($key === false || strlen($key) < MIN_SECRET_BYTES) {
        throw new \InvalidArgumentException('A secret is "whsec_" and base64, as the subscription showed it.');
    }
    return $key;
}
