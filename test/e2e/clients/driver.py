"""Does with the client of Python what a test asks for: a job a line on standard input, an answer a line on standard output.

Sleeping only moves the clock, and chance is always a half.
"""
import base64
import decimal
import json
import os
import pickle
import ssl
import sys
import time
import traceback
import types

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../clients/python"))
import gatehouse  # noqa: E402

slept = []
ahead = 0.0


def sleep(seconds):
    global ahead
    ahead += seconds
    slept.append(round(seconds * 1000))


gatehouse.time = types.SimpleNamespace(monotonic=lambda: time.monotonic() + ahead, sleep=sleep, time=time.time)
gatehouse.random = types.SimpleNamespace(random=lambda: 0.5)


def shown(value):
    """A number as its digits behind "#", so that no reader of JSON rounds it."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, decimal.Decimal):
        return "#" + format(value, "f")
    if isinstance(value, (int, float)):
        return f"#{value}"
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {name: shown(one) for name, one in value.items()}
    return [shown(one) for one in value]


def error(problem):
    if not isinstance(problem, gatehouse.GatewayError):
        return {"class": type(problem).__name__, "text": str(problem)}
    return {
        "class": type(problem).__name__,
        "isGatewayError": True,
        "text": str(problem),
        "code": problem.code,
        "detail": problem.detail,
        "status": problem.status,
        "requestId": problem.request_id,
        "retryable": problem.retryable,
        "retryAfter": problem.retry_after,
        "errors": problem.errors,
        "upstream": shown(problem.upstream),
    }


def meta(one):
    return one and {
        "requestId": one.request_id,
        "attempts": one.attempts,
        "cached": one.cached,
        "stale": one.stale,
        "replayed": one.replayed,
        "account": one.account,
        "session": one.session,
    }


def options(job):
    names = {"idempotencyKey": "idempotency_key", "account": "account", "idempotent": "idempotent", "timeout": "timeout"}
    return {names[name]: value for name, value in job.get("options", {}).items()}


def content(body):
    return base64.b64decode(body["base64"]) if isinstance(body, dict) and "base64" in body else body


def numbers(params):
    """Numbers that the test gives by their digits, as a program has them."""
    kinds = {"int": int, "decimal": decimal.Decimal}
    return {name: kinds[one["type"]](one["digits"]) for name, one in params.items()}


def all_that_is_shown(client, problem):
    """What a tracker of errors sends off: the client, each exception of the chain, each variable of each frame."""
    pieces = [repr(client), repr(vars(client)), "".join(traceback.format_exception(type(problem), problem, problem.__traceback__))]
    chain = [problem]
    while chain:
        one = chain.pop()
        chain += [other for other in (one.__cause__, one.__context__) if other is not None]
        pieces += [repr(one), repr(vars(one))]
        pieces += [repr(frame.f_locals) for frame, _ in traceback.walk_tb(one.__traceback__)]
    return "\n".join(pieces)


clients = {}
last = None


def client_of(given):
    """Without any: the last one, so that no frame holds its key."""
    global last
    if given is not None:
        key = json.dumps(given)
        if key not in clients:
            options = dict(given.get("options", {}))
            if "ca" in options:
                options["ssl_context"] = ssl.create_default_context(cafile=options.pop("ca"))
            clients[key] = gatehouse.Client(given["baseUrl"], given["apiKey"], **options)
        last = clients[key]
    return last


def do(job):
    client = client_of(job.get("client"))
    kind = job["do"]
    if kind == "open":
        return None
    if kind == "call":
        return shown(client.call(job["service"], job["operation"], job.get("params"), **options(job)))
    if kind == "callNumbers":
        return shown(client.call(job["service"], job["operation"], numbers(job["params"])))
    if kind == "callWithMeta":
        result = client.call_with_meta(job["service"], job["operation"], job.get("params"), **options(job))
        return {"data": shown(result.data), "meta": meta(result.meta)}
    if kind == "batch":
        results = client.batch(job["service"], job["calls"], **options(job))
        return [
            {"data": shown(one.data), "meta": meta(one.meta)} if one.success else {"error": error(one.error)} for one in results
        ]
    if kind == "proxy":
        response = client.proxy(
            job["service"], job["method"], job["path"],
            query=job.get("query"), headers=job.get("headers"), body=content(job.get("body")), **options(job),
        )
        location = response.headers["Location"]
        return {"status": response.status, "type": response.headers["content-type"], "location": location, "body": shown(response.body)}
    if kind == "request":
        return shown(client.request(
            job["method"], job["path"], params=job.get("params"), query=job.get("query"), body=job.get("body"), **options(job)
        ))
    if kind == "verify":
        event = gatehouse.verify_event(job["headers"], content(job["body"]), job["secrets"])
        return shown(event._asdict())
    if kind == "leaks":
        try:
            client.call("A_B", "op")
        except gatehouse.GatewayError as problem:
            again = pickle.loads(pickle.dumps(problem))
            return {"text": all_that_is_shown(client, problem), "again": error(again) == error(problem)}
    if kind == "fork":
        child = os.fork()
        if child == 0:
            client.call("A_B", "op", idempotent=True)
            os._exit(0)
        os.waitpid(child, 0)
        return shown(client.call("A_B", "op", idempotent=True))
    raise AssertionError(kind)


def answer(line):
    del slept[:]
    try:
        return {"value": do(json.loads(line)), "slept": slept}
    except Exception as problem:
        return {"error": error(problem), "slept": slept}


for line in sys.stdin:
    print(json.dumps(answer(line)), flush=True)
