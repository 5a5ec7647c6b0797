"""Answers GET /hello/NAME with a greeting, and GET / with who it runs as."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from greeting import greet


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path.startswith("/hello/"):
            answer = {"greeting": greet(self.path[len("/hello/"):])}
        elif self.path == "/":
            answer = {"uid": os.getuid(), "folder": os.getcwd()}
        else:
            self.send_error(404)
            return
        body = (json.dumps(answer, sort_keys=True) + "\n").encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("", int(sys.argv[1])), Handler).serve_forever()
