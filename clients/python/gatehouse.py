"""The client of Gatehouse's HTTP API, for business code: one file, Python 3.9 or newer, the standard library only.

    client = gatehouse.Client("https://gatehouse.example.com", os.environ["GATEHOUSE_KEY"])
    user = client.call("CITY_CENTER_WORK_ORDER", "getUserInfo", {"userId": "10002"})

A client may be shared by threads: each keeps a connection of its own. Proxies named in the environment are not used.
"""

import base64
import binascii
import decimal
import hashlib
import hmac
import http.client
import json
import os
import random
import re
import select
import socket
import ssl
import threading
import time
import urllib.parse
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Type, Union


# Errors: catch the one you can handle, or `GatewayError` for all.


class GatewayError(Exception):
    """A call that failed: what Gatehouse said of it, or that it could not be asked.

    Decide by `code`. The client's own are GATEWAY_UNREACHABLE, CLIENT_TIMEOUT and UNEXPECTED_ANSWER. `status` is 0 where
    there was no answer, `retry_after` is in seconds, `errors` lists `{"field", "message"}`, `upstream` is what the third
    party answered, `{"status", "body"}`, with PLATFORM_API_ERROR.
    """

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        status: int = 0,
        request_id: Optional[str] = None,
        retryable: bool = False,
        retry_after: Optional[int] = None,
        errors: Sequence[Dict[str, str]] = (),
        upstream: Optional[Dict[str, Any]] = None,
    ) -> None:
        # All that `pickle` calls it with: workers send exceptions to one another.
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.status = status
        self.request_id = request_id
        self.retryable = retryable
        self.retry_after = retry_after
        self.errors = list(errors)
        self.upstream = upstream

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class AuthenticationError(GatewayError):
    """Credentials refused: the platform's (AUTHENTICATION_FAILED), or your API key (UNAUTHENTICATED)."""


class SessionExpiredError(GatewayError):
    """The platform refused even a session that had just been renewed."""


class SessionNeedsPersonError(GatewayError):
    """A person has to log in to the platform: trying again is of no use until then."""


class PlatformUnavailableError(GatewayError):
    """The third party is down, too slow, too busy or switched off, or a login to it is still running: try later."""


class CaptchaError(GatewayError):
    """The captcha of a login could not be solved."""


class PlatformApiError(GatewayError):
    """The third party understood and refused: see `upstream`."""


class ConfigurationError(GatewayError):
    """The service's definition or credentials are wrong: an operator has to correct them."""


class QuotaExceededError(GatewayError):
    """The quota of the service is used up: nothing was sent, `retry_after` says when the window ends."""


class EventVerificationError(Exception):
    """A request that is no event of Gatehouse: answer 400."""


_CLASSES: Dict[str, Type[GatewayError]] = {
    "AUTHENTICATION_FAILED": AuthenticationError,
    "UNAUTHENTICATED": AuthenticationError,
    "SESSION_EXPIRED": SessionExpiredError,
    "SESSION_NEEDS_PERSON": SessionNeedsPersonError,
    "PLATFORM_UNAVAILABLE": PlatformUnavailableError,
    "PLATFORM_BUSY": PlatformUnavailableError,
    "LOGIN_IN_PROGRESS": PlatformUnavailableError,
    "CIRCUIT_OPEN": PlatformUnavailableError,
    "SERVICE_UNAVAILABLE": PlatformUnavailableError,
    "DEADLINE_EXCEEDED": PlatformUnavailableError,
    "CAPTCHA_FAILED": CaptchaError,
    "PLATFORM_API_ERROR": PlatformApiError,
    "CONFIGURATION_ERROR": ConfigurationError,
    "QUOTA_EXCEEDED": QuotaExceededError,
}


def _error(code: str, detail: str, **rest: Any) -> GatewayError:
    return _CLASSES.get(code, GatewayError)(code, detail, **rest)


# What calls answer with.


class Meta(NamedTuple):
    """What Gatehouse reports about a call."""

    request_id: str
    #: Requests sent to the third party; 0: the answer came from the cache.
    attempts: int
    cached: bool
    #: The third party is down, and this is an older answer.
    stale: bool
    duration_ms: int
    #: The answer of an earlier request with the same idempotency key.
    replayed: bool
    #: Of a service with several accounts, the one that was taken.
    account: Optional[str]
    #: How the platform's session was obtained: "reused", "renewed" or "login".
    session: Optional[str]


class Result(NamedTuple):
    data: Any
    meta: Meta


class BatchResult(NamedTuple):
    """`data` and `meta` where it succeeded, else `error`."""

    success: bool
    data: Any = None
    meta: Optional[Meta] = None
    error: Optional[GatewayError] = None


class Response(NamedTuple):
    """The third party's answer as it came. `headers` finds names in any case."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        """The body's JSON, no number rounded. Raises ValueError where it is none."""
        return _parse(self.body)


class Event(NamedTuple):
    #: The same for all deliveries of one event: handle each once.
    id: str
    type: str
    #: When it happened: "2026-11-21T05:20:00.412Z".
    timestamp: str
    data: Any


Query = Mapping[str, Any]
Body = Union[bytes, str, Mapping[str, Any], Sequence[Any]]

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: With these codes nothing was sent to the third party: any request may be repeated.
_NOTHING_WAS_SENT = frozenset({"QUOTA_EXCEEDED", "LOGIN_IN_PROGRESS", "CIRCUIT_OPEN", "SERVICE_UNAVAILABLE"})
#: Longest wait before a retry when the answer names none, seconds.
_MAX_BACKOFF = 8.0


class _Secret:
    """Keeps the API key out of what is printed: trackers of errors show variables by their `repr`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "***"

    def bearer(self) -> str:
        return f"Bearer {self._value}"


class _Request(NamedTuple):
    method: str
    target: str
    headers: Dict[str, str]
    body: Optional[bytes]
    #: May it be sent twice without harm?
    repeatable: bool
    #: For the whole call, retries and waits included, seconds.
    timeout: float


class Client:
    """
    :param base_url: where Gatehouse is: "https://gatehouse.example.com"
    :param api_key: "gh_..."
    :param retries: after the first try, for what may be repeated
    :param timeout: for a whole call, retries included, seconds
    :param headers: sent with every request
    :param ssl_context: for a certificate authority of your own
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        retries: int = 2,
        timeout: float = 60.0,
        headers: Optional[Mapping[str, str]] = None,
        ssl_context: Optional[ssl.SSLContext] = None,
    ) -> None:
        base = urllib.parse.urlsplit(base_url)
        # Reading a port that is none raises ValueError, too.
        if base.scheme not in ("http", "https") or not base.hostname or base.username is not None or base.port == 0:
            raise ValueError("base_url is an address as https://gatehouse.example.com")
        # Checked here, as `http.client` would print it with its complaint.
        if not re.fullmatch(r"[\x21-\x7e]+", api_key.strip()):
            raise ValueError("api_key is no API key: it is visible ASCII characters")
        self._base = base
        self._key = _Secret(api_key.strip())
        self._retries = retries
        self._timeout = timeout
        self._headers = {"user-agent": "gatehouse-python", **_checked_headers(headers or {})}
        context = (ssl_context or ssl.create_default_context()) if base.scheme == "https" else None
        self._connections = _Connections(base, context)

    def __repr__(self) -> str:
        return f"<gatehouse.Client {self._base.scheme}://{self._base.hostname}>"

    def call(
        self,
        service: str,
        operation: str,
        params: Optional[Mapping[str, Any]] = None,
        *,
        idempotency_key: Optional[str] = None,
        account: Optional[str] = None,
        idempotent: bool = False,
        timeout: Optional[float] = None,
    ) -> Any:
        """Calls an operation and answers with its data. Raises a GatewayError.

        :param idempotency_key: makes a write repeatable: Gatehouse repeats the first answer instead of running it twice
        :param account: of a service with several accounts, the one to take; None: the least used that is fit
        :param idempotent: the operation only reads, or may be done twice: retry it like a GET
        """
        return self.call_with_meta(
            service,
            operation,
            params,
            idempotency_key=idempotency_key,
            account=account,
            idempotent=idempotent,
            timeout=timeout,
        ).data

    def call_with_meta(
        self,
        service: str,
        operation: str,
        params: Optional[Mapping[str, Any]] = None,
        *,
        idempotency_key: Optional[str] = None,
        account: Optional[str] = None,
        idempotent: bool = False,
        timeout: Optional[float] = None,
    ) -> Result:
        """As `call`, with what Gatehouse reports about it."""
        document, response = self._ask(
            "POST",
            _path("/v1/services/{code}/operations/{operation}", {"code": service, "operation": operation}),
            {"params": dict(params or {})},
            _call_headers(idempotency_key, account),
            idempotent or idempotency_key is not None,
            timeout,
        )
        return _result(document, response)

    def batch(
        self,
        service: str,
        calls: Iterable[Mapping[str, Any]],
        *,
        idempotency_key: Optional[str] = None,
        account: Optional[str] = None,
        idempotent: bool = False,
        timeout: Optional[float] = None,
    ) -> List[BatchResult]:
        """Up to 100 operations of a service, `{"operation", "params"}` each, each with its own result, in order."""
        document, response = self._ask(
            "POST",
            _path("/v1/services/{code}/batch", {"code": service}),
            list(calls),
            _call_headers(idempotency_key, account),
            idempotent or idempotency_key is not None,
            timeout,
        )
        return [_batch_result(item, response) for item in document["items"]]

    def proxy(
        self,
        service: str,
        method: str,
        path: str,
        *,
        query: Optional[Query] = None,
        headers: Optional[Mapping[str, str]] = None,
        body: Optional[Body] = None,
        idempotency_key: Optional[str] = None,
        account: Optional[str] = None,
        idempotent: bool = False,
        timeout: Optional[float] = None,
    ) -> Response:
        """A raw request. The third party's answer comes back as it is, 4xx, 5xx and redirects too; only what Gatehouse
        itself refuses is raised.

        :param path: as the third party knows it, already encoded: "/api/user/10002"
        :param body: bytes as they are, text as UTF-8, a mapping or a list as JSON
        """
        if not path.startswith("/"):
            raise ValueError('A proxied path starts with "/".')
        if any(re.fullmatch(r"(\.|%2e){1,2}", part, re.I) for part in re.split(r"[/\\]", path.split("?")[0])):
            raise ValueError("A proxied path has no dot segments: they would lead to another route.")
        content, content_type = _encode_body(body)
        own = _checked_headers(headers or {})
        if content_type is not None:
            own.setdefault("content-type", content_type)
        verb = method.upper()
        request = _Request(
            verb,
            self._target(_path("/v1/services/{code}/proxy", {"code": service}) + path, query),
            {**self._headers, **own, **_call_headers(idempotency_key, account)},
            content,
            verb in _SAFE_METHODS or idempotent or idempotency_key is not None,
            self._timeout if timeout is None else timeout,
        )
        return self._send(request, _read_proxied)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Optional[Mapping[str, str]] = None,
        query: Optional[Query] = None,
        body: Any = None,
        idempotency_key: Optional[str] = None,
        idempotent: bool = False,
        timeout: Optional[float] = None,
    ) -> Any:
        """A request to any other route of Gatehouse's API: `request("GET", "/v1/accounts/{accountId}",
        params={"accountId": "user:10002"})`. Answers with the JSON of the body, or None where there is none. Repeated
        like `proxy`: safe methods, and calls marked `idempotent`.
        """
        verb = method.upper()
        document, _ = self._ask(
            verb,
            _path(path, params or {}),
            body,
            _call_headers(idempotency_key, None),
            verb in _SAFE_METHODS or idempotent or idempotency_key is not None,
            timeout,
            query,
        )
        return document

    def close(self) -> None:
        """Closes the connection of this thread; the next call opens another."""
        self._connections.close()

    def _target(self, path: str, query: Optional[Query]) -> str:
        return _visible(self._base.path.rstrip("/") + path) + _encode_query(query)

    def _ask(
        self,
        method: str,
        path: str,
        body: Any,
        headers: Dict[str, str],
        repeatable: bool,
        timeout: Optional[float],
        query: Optional[Query] = None,
    ) -> Tuple[Any, Response]:
        content, all_headers = None, {**self._headers, **headers}
        if body is not None:
            content = _serialize(body)
            all_headers["content-type"] = "application/json"
        limit = self._timeout if timeout is None else timeout
        target = self._target(path, query)
        return self._send(_Request(method, target, all_headers, content, repeatable, limit), _read_answer)

    def _send(self, request: _Request, read: Any) -> Any:
        if not re.fullmatch(r"[A-Z]+", request.method):
            raise ValueError("A method is letters: GET, POST ...")
        if request.body is not None and request.method in ("GET", "HEAD"):
            raise ValueError(f"{request.method} carries no body.")
        end = time.monotonic() + request.timeout
        retry = 0
        while True:
            retry += 1
            try:
                return read(self._connections.exchange(request, self._key, end))
            except GatewayError as error:
                wait = _delay(error, retry, random.random())
                in_time = time.monotonic() + wait < end
                if retry > self._retries or not in_time or not _may_retry(error, request.repeatable):
                    raise
            time.sleep(wait)


def _may_retry(error: GatewayError, repeatable: bool) -> bool:
    return error.retryable and (repeatable or error.code in _NOTHING_WAS_SENT)


def _delay(error: GatewayError, retry: int, fraction: float) -> float:
    """Seconds until the retry: what Retry-After says and up to a quarter more, so that clients that were refused
    together do not return together; without it ½, 1, 2 s … with full jitter."""
    if error.retry_after is not None:
        return error.retry_after * (1 + fraction / 4)
    return min(_MAX_BACKOFF, 0.5 * 2 ** (retry - 1)) * fraction


# Connections: one for each thread, kept alive.


class _Connections(threading.local):
    """Initialized anew in each thread that uses it."""

    #: Servers close what is idle, from 5 s on: a request must not meet that.
    _MAX_IDLE = 4.0

    def __init__(self, base: urllib.parse.SplitResult, context: Optional[ssl.SSLContext]) -> None:
        self._base = base
        self._context = context
        self._connection: Optional[http.client.HTTPConnection] = None
        self._used_at = 0.0
        self._process = 0

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def exchange(self, request: _Request, key: _Secret, end: float) -> Response:
        """One request and its whole answer, until `end` by the monotonic clock. Raises a GatewayError."""
        connection = self._take()
        stays_open = False
        try:
            _write(connection, request, key, end)
            answer, stays_open = _read(connection, end)
            return answer
        except (OSError, http.client.HTTPException) as error:
            failure, cause = _unanswered(error, request.timeout), _without_frames(error)
        finally:
            if stays_open:
                self._connection, self._used_at = connection, time.monotonic()
            else:
                connection.close()
        raise failure from cause

    def _take(self) -> http.client.HTTPConnection:
        """The kept connection if it may be trusted, else a new one. A request on a connection that the server has just
        closed fails, and nobody knows whether it was read: it could not be repeated."""
        connection, self._connection = self._connection, None
        # Another process: the parent still uses it.
        if connection is not None and self._process == os.getpid():
            is_recent = time.monotonic() - self._used_at <= self._MAX_IDLE
            if is_recent and not _is_readable(connection.sock):
                return connection
            connection.close()
        self._process = os.getpid()
        host, port = self._base.hostname or "", self._base.port
        if self._context is None:
            return http.client.HTTPConnection(host, port)
        return http.client.HTTPSConnection(host, port, context=self._context)


def _write(connection: http.client.HTTPConnection, request: _Request, key: _Secret, end: float) -> None:
    connection.timeout = _left(end)
    if connection.sock is not None:
        connection.sock.settimeout(connection.timeout)
    connection.putrequest(request.method, request.target, skip_accept_encoding=True)
    for name, value in request.headers.items():
        connection.putheader(name, value)
    connection.putheader("authorization", key.bearer())
    if request.body is not None:
        connection.putheader("content-length", str(len(request.body)))
    elif request.method not in _SAFE_METHODS:
        connection.putheader("content-length", "0")
    connection.endheaders(request.body)


def _read(connection: http.client.HTTPConnection, end: float) -> Tuple[Response, bool]:
    """The answer, and whether the connection can take another request."""
    # The connection forgets it before the answer is read, where it is the last one.
    sock = connection.sock
    sock.settimeout(_left(end))
    response = connection.getresponse()
    chunks = []
    while not response.isclosed():
        sock.settimeout(_left(end))
        chunk = response.read1(65_536)
        if not chunk:
            break
        chunks.append(chunk)
    # `read1` takes an early end for the end.
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    stays_open = not response.will_close
    response.close()
    return Response(response.status, response.headers, b"".join(chunks)), stays_open


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _is_readable(sock: Any) -> bool:
    """An idle connection on which something arrives was closed, or is out of step."""
    try:
        return bool(select.select([sock], [], [], 0)[0])
    except (OSError, ValueError):
        return True


def _unanswered(error: BaseException, timeout: float) -> GatewayError:
    # From Python 3.10 on they are one.
    if isinstance(error, (TimeoutError, socket.timeout)):
        return _error("CLIENT_TIMEOUT", f"Gatehouse did not answer within {timeout:g} s.", retryable=True)
    return _error("GATEWAY_UNREACHABLE", "Gatehouse could not be reached.", retryable=True)


def _without_frames(error: BaseException) -> BaseException:
    """The cause without its traceback: the variables of `http.client` hold the API key, and trackers show them."""
    return error.with_traceback(None)


# Requests.


def _call_headers(idempotency_key: Optional[str], account: Optional[str]) -> Dict[str, str]:
    headers = {}
    if idempotency_key is not None:
        headers["idempotency-key"] = idempotency_key
    if account is not None:
        headers["x-gatehouse-account"] = account
    return _checked_headers(headers)


#: Of the connection itself.
_OURS = frozenset({"authorization", "connection", "content-length", "expect", "host", "transfer-encoding"})


def _checked_headers(headers: Mapping[str, str]) -> Dict[str, str]:
    for name, value in headers.items():
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or not re.fullmatch(r"[\t\x20-\x7e\x80-\xff]*", value):
            raise ValueError(f"The header {name!r} has characters that no header can have.")
    return {name.lower(): value for name, value in headers.items() if name.lower() not in _OURS}


def _path(template: str, params: Mapping[str, str]) -> str:
    """The path with its parameters in it, each encoded as one segment."""

    def filled(found: "re.Match[str]") -> str:
        value = str(params.get(found[1], ""))
        # These would lead to another route.
        if value in ("", ".", ".."):
            raise ValueError(f'"{value}" is not valid for {found[0]} in {template}.')
        return urllib.parse.quote(value, safe="!'()*")

    return re.sub(r"\{(\w+)\}", filled, template)


def _visible(path: str) -> str:
    """What cannot stand in a request line, encoded: the rest is encoded already."""
    return "".join(one if "!" <= one <= "~" and one not in "#\\" else urllib.parse.quote(one) for one in path)


def _encode_query(query: Optional[Query]) -> str:
    """"" or "?a=1&a=2"; None is left out."""
    pairs = []
    for name, value in (query or {}).items():
        for one in value if isinstance(value, (list, tuple)) else [value]:
            if one is not None:
                pairs.append((name, str(one).lower() if isinstance(one, bool) else str(one)))
    return "?" + urllib.parse.urlencode(pairs) if pairs else ""


def _encode_body(body: Optional[Body]) -> Tuple[Optional[bytes], Optional[str]]:
    if body is None:
        return None, None
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(body), None
    if isinstance(body, str):
        return body.encode(), "text/plain;charset=UTF-8"
    return _serialize(body), "application/json"


# Answers.

_Document = Dict[str, Any]
#: Distinguishes Gatehouse's problems from those a third party may send through the raw proxy.
_PROBLEM_TYPE = "urn:gatehouse:problem:"
#: What API Gateway answers itself: its authorizer refused.
_CODES_BY_STATUS = {401: "UNAUTHENTICATED", 403: "FORBIDDEN"}


def _read_answer(response: Response) -> Tuple[Any, Response]:
    """Gatehouse's JSON answer, or None where the route has none; anything else is a failure."""
    document, is_json = _document(response.body)
    is_empty = response.status == 204 and not response.body
    if 200 <= response.status < 300 and (is_json or is_empty):
        return document, response
    raise _problem(document, response.status, response.headers) or _foreign(response.status, response.headers)


def _read_proxied(response: Response) -> Response:
    if (response.headers["content-type"] or "").startswith("application/problem+json"):
        # A third party may send problem documents too: those are its answer, passed on unchanged.
        problem = _problem(_document(response.body)[0], response.status, response.headers)
        if problem is not None:
            raise problem
    return response


def _problem(document: Any, status: int, headers: http.client.HTTPMessage) -> Optional[GatewayError]:
    """The error that a problem document (RFC 9457) stands for; None when it is not one of Gatehouse's."""
    problem = document if isinstance(document, dict) else {}
    code, kind = problem.get("code"), problem.get("type")
    if not isinstance(code, str) or not isinstance(kind, str) or not kind.startswith(_PROBLEM_TYPE):
        return None
    upstream = problem.get("upstream")
    return _error(
        code,
        str(problem.get("detail") or problem.get("title") or code),
        status=status,
        request_id=problem.get("requestId") or headers["x-request-id"],
        retryable=problem.get("retryable") is True,
        retry_after=_retry_after(headers),
        errors=[
            {"field": str(one.get("field", "")), "message": str(one.get("message", ""))}
            for one in problem.get("errors") or []
        ],
        upstream=upstream if isinstance(upstream, dict) else None,
    )


def _foreign(status: int, headers: http.client.HTTPMessage) -> GatewayError:
    """An answer that Gatehouse did not write: API Gateway in front of it, or a proxy in between."""
    return _error(
        _CODES_BY_STATUS.get(status, "UNEXPECTED_ANSWER"),
        f"Unexpected answer {status}: it is not from Gatehouse.",
        status=status,
        request_id=headers["x-request-id"],
        retryable=status == 429 or status >= 502,
        retry_after=_retry_after(headers),
    )


def _retry_after(headers: http.client.HTTPMessage) -> Optional[int]:
    """Retry-After in seconds; Gatehouse sends no dates."""
    value = headers["retry-after"] or ""
    return int(value) if re.fullmatch(r"[0-9]{1,9}", value) else None


def _result(document: _Document, response: Response) -> Result:
    meta = document.get("meta") or {}
    return Result(
        document.get("data"),
        Meta(
            request_id=meta.get("requestId") or response.headers["x-request-id"] or "",
            attempts=meta.get("attempts", 1),
            cached=meta.get("cached", False),
            stale=meta.get("stale", False),
            duration_ms=meta.get("durationMs", 0),
            replayed=response.headers["idempotency-replayed"] == "true",
            account=meta.get("account"),
            session=response.headers["x-gatehouse-session"],
        ),
    )


def _batch_result(item: _Document, response: Response) -> BatchResult:
    if item["success"]:
        data, meta = _result(item, response)
        return BatchResult(True, data, meta)
    # The problem is inside an answer that has succeeded: its own status counts.
    problem = item.get("error") or {}
    status = problem.get("status", 0)
    error = _problem(problem, status, response.headers) or _foreign(status, response.headers)
    return BatchResult(False, error=error)


# JSON without rounding.

_MAX_EXACT_INTEGER = 2**53 - 1


def _parse(text: Union[bytes, str]) -> Any:
    """Whole numbers as `int`, all others as `decimal.Decimal`: none is rounded. Raises ValueError."""
    try:
        return json.loads(
            text.decode(errors="replace") if isinstance(text, bytes) else text,
            parse_float=decimal.Decimal,
            parse_constant=_no_json,
        )
    except (decimal.DecimalException, RecursionError) as error:
        raise ValueError("This JSON cannot be held.") from error


def _document(body: bytes) -> Tuple[Any, bool]:
    """The JSON, and whether there was any."""
    try:
        return _parse(body), True
    except ValueError:
        return None, False


def _no_json(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON.")


def _serialize(value: Any) -> bytes:
    return json.dumps(_sendable(value), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _sendable(value: Any) -> Any:
    """A number with more digits than a double keeps goes as its text: Gatehouse refuses it as a number."""
    if isinstance(value, Mapping):
        return {name: _sendable(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_sendable(one) for one in value]
    if isinstance(value, int) and abs(value) > _MAX_EXACT_INTEGER:
        return str(value)
    if isinstance(value, decimal.Decimal):
        double = float(value)
        if decimal.Decimal(repr(double)) == value or not value.is_finite():
            return double
        return format(value, "f") if abs(value.adjusted()) < 100 else str(value)
    return value


# Events.

#: Standard Webhooks ask for this many bytes: with an empty secret anybody could sign.
_MIN_SECRET_BYTES = 24


def verify_event(
    headers: Mapping[str, Any],
    body: Union[bytes, str],
    secrets: Union[str, Sequence[str]],
    *,
    tolerance: float = 300.0,
) -> Event:
    """The event of a request, if Gatehouse has signed it (Standard Webhooks) within the last `tolerance` seconds.

    :param headers: of the request, names in any case
    :param body: as it came, before anything has parsed it
    :param secrets: "whsec_..."; while you change it, the new one and the one before
    :raises EventVerificationError: it is not from Gatehouse, was altered, or is too old: answer 400
    :raises ValueError: a secret is none
    """
    keys = [_secret_key(one) for one in ([secrets] if isinstance(secrets, str) else secrets)]
    if not keys:
        raise ValueError("At least one secret is needed.")
    raw = body.encode() if isinstance(body, str) else bytes(body)
    given = {str(name).lower(): str(value) for name, value in headers.items()}
    event_id, sent_at = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not event_id or not re.fullmatch(r"[0-9]{1,12}", sent_at):
        raise EventVerificationError("The headers webhook-id and webhook-timestamp are missing.")
    if abs(time.time() - int(sent_at)) > tolerance:
        raise EventVerificationError("The event is too old, or a clock is wrong.")
    message = f"{event_id}.{sent_at}.".encode() + raw
    expected = [b"v1," + base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()) for key in keys]
    signatures = given.get("webhook-signature", "").encode().split(b" ")
    if not any(hmac.compare_digest(own, one) for own in expected for one in signatures):
        raise EventVerificationError("No signature of the event holds.")
    document, _ = _document(raw)
    if not isinstance(document, dict) or not isinstance(document.get("type"), str):
        raise EventVerificationError("The body is no event.")
    return Event(event_id, document["type"], str(document.get("timestamp", "")), document.get("data"))


def _secret_key(secret: str) -> bytes:
    encoded = secret[len("whsec_") :] if secret.startswith("whsec_") else secret
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < _MIN_SECRET_BYTES:
        # Without a cause: it would show the secret.
        raise ValueError('A secret is "whsec_" and base64, as the subscription showed it.')
    return key
