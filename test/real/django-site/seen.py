def print_requests(get_response):
    """Middleware: one line per request, before its answer. The development server's own lines come after it."""

    def middleware(request):
        print(f"SEEN {request.method} {request.path}", flush=True)
        return get_response(request)

    return middleware
