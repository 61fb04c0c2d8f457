"""A web server that stops in a debugger at each request for /break: Ctrl-C ends the wait, not the server."""

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        answer = 41 + 1
        if self.path == "/break":
            import pdb  # noqa: T100 - what this program is for

            try:
                pdb.Pdb(nosigint=True).set_trace()
            except KeyboardInterrupt:
                print("interrupted", flush=True)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"answer %d\n" % answer)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


server = HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
print("ready", flush=True)
while True:
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("got SIGINT", flush=True)
        sys.stdout.flush()
