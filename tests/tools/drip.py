#!/usr/bin/python3
"""drip.py FOLDER PORT RATE: serves FOLDER on loopback, no faster than RATE bytes
a second for each connection, and answers Range requests."""

import http.server
import os
import sys
import time

folder, port, rate = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


class Drip(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        path = os.path.join(folder, self.path.lstrip("/"))
        if not os.path.isfile(path):
            self.send_error(404)
            return
        data = open(path, "rb").read()
        start = 0
        asked = self.headers.get("Range", "")
        if asked.startswith("bytes=") and asked.endswith("-"):
            start = int(asked[len("bytes="):-1])
            self.send_response(206)
            self.send_header("Content-Range", "bytes %d-%d/%d" % (start, len(data) - 1, len(data)))
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        step = max(rate // 10, 1)
        try:
            for i in range(start, len(data), step):
                self.wfile.write(data[i:i + step])
                self.wfile.flush()
                time.sleep(0.1)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True


http.server.ThreadingHTTPServer(("127.0.0.1", port), Drip).serve_forever()
