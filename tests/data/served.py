"""A web server on this machine that behaves as badly as a test asks."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """What is served, and what was asked for.

    Attributes:
        address: of the folder, with a slash at the end.
        files: content by name.
        cut: after how many bytes the connection breaks off, by name.
        stalls: it does not break off there, but says no more until `go_on` is set.
        ranges: whether it can go on in the middle of a file.
        asked: path and Range of every request, in order.
    """

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    cut: dict[str, int] = field(default_factory=dict)
    stalls: bool = False
    go_on: threading.Event = field(default_factory=threading.Event)
    ranges: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def serving() -> Iterator[Site]:
    """Serves until the block ends."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name, wanted = self.path.rpartition("/")[2], self.headers.get("Range", "")
            site.asked.append((name, wanted))
            if name not in site.files:
                self.send_error(404)
                return
            content = site.files[name]
            first = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and site.ranges else 0
            if first and first >= len(content):
                self.send_error(416)
                return
            self.send_response(206 if first else 200)
            self.send_header("Content-Length", str(len(content) - first))
            self.end_headers()
            self.wfile.write(content[first : site.cut.get(name, len(content))])
            if site.stalls:
                site.go_on.wait()

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.address = f"http://127.0.0.1:{server.server_port}/files/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, name="web server")
    thread.start()
    try:
        yield site
    finally:
        site.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join()
