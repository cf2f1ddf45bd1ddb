import os


def print_requests(get_response):
    """Middleware: one line per request, before its answer. The development server's own lines come after it."""

    def middleware(request):
        # In one piece: print() of two threads mixes its lines with their ends.
        os.write(1, f"SEEN {request.method} {request.path}\n".encode())
        return get_response(request)

    return middleware
