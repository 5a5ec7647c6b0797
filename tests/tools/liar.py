#!/usr/bin/env python3
"""liar.py - an HTTP server on loopback that lies as it is told.

    liar.py ROOT [--rules FILE] [--log FILE] [--port-file FILE] [--tls FILE] [--stdin]

Serves the files below the folder ROOT on a free port of 127.0.0.1 and prints
that port as its first line. Python's standard library only.

--rules FILE      what to lie about, see below; read again at each request
--log FILE        one line a request: "GET /path" and, if asked for, " range=bytes=5-"
--port-file FILE  the port goes there too, complete or not at all
--tls FILE        speaks https, with the key and the certificate in FILE (PEM)
--stdin           ends when its standard input does (with the test that started it)

Rules: one a line, PATTERN STEP [| STEP]... ; '#' begins a comment line. The
pattern is a path, or a glob ('*' crosses '/'); the first rule that matches
counts. The n-th request that a rule answers takes its n-th step, later ones
take the last. A path without a rule is served honestly; 404 if there is no
such file. NAME is a file below ROOT; '-' is the file that was asked for. In
URLs, @PORT@ is the server's port.

    ok NAME              honest: Content-Length, ETag, ranges
    text WORDS...        these words and a newline
    status N             this status, with a small body
    redirect URL [N]     Location: URL, status N (302)
    truncate NAME N      announces all of it, sends N bytes, closes
    reset NAME N         announces all of it, sends N bytes, resets the connection
    short NAME N         announces N bytes and sends N
    longer NAME N        announces and sends N bytes more than there are
    endless NAME N       no length announced; N bytes more than there are
    nolength NAME N      no length announced; N bytes, closes
    wrong NAME           right length, one byte in the middle changed
    norange NAME         honest, but does not know Range
    badrange NAME        answers a Range with the file's beginning
    refuserange NAME     answers a Range with 416
    drip NAME N MS       N bytes every MS milliseconds
    stall NAME N         announces all of it, sends N bytes, then says nothing
    silence              takes the request and says nothing
    hangup               takes the request and closes
    garbage              answers what is no HTTP
    connections          how many connections there have been, and a newline
"""

import argparse
import fnmatch
import http.server
import os
import socket
import ssl
import struct
import sys
import threading
import time

SILENCE = 120  # seconds until even a silent server gives up


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server = self.server
        path = self.path.split("?")[0]
        wanted = self.headers.get("Range")
        server.note(f"{self.command} {self.path}" + (f" range={wanted}" if wanted else ""))
        words = server.step_for(path)
        try:
            if words:
                getattr(self, "do_" + words[0])(path, *words[1:])
            else:
                self.do_ok(path, "-")
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *args):
        pass

    # ---- helpers ----

    def load(self, path, name):
        name = path if name == "-" else name
        full = os.path.normpath(os.path.join(self.server.root, name.lstrip("/")))
        if not full.startswith(self.server.root + os.sep) or not os.path.isfile(full):
            return None
        with open(full, "rb") as f:
            return f.read()

    def first(self, data):
        """The first byte that the request's Range asks for; 0 without one."""
        wanted = self.headers.get("Range", "")
        if not wanted.startswith("bytes=") or not wanted.endswith("-"):
            return 0
        start = int(wanted[6:-1])
        return start if start < len(data) else 0

    def head(self, status, length=None, **headers):
        self.send_response(status)
        if length is None:
            self.send_header("Connection", "close")
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def begin(self, data):
        """The head of an honest answer; returns the part that was asked for."""
        start = self.first(data)
        if start:
            self.head(206, len(data) - start, ETag='"liar"',
                      Content_Range=f"bytes {start}-{len(data) - 1}/{len(data)}")
        else:
            self.head(200, len(data), ETag='"liar"', Accept_Ranges="bytes")
        return data[start:]

    def send(self, data):
        self.wfile.write(data)
        self.wfile.flush()

    def missing(self, data):
        if data is None:
            self.do_status(self.path, 404)
        return data is None

    def be_silent(self):
        self.close_connection = True
        self.connection.settimeout(SILENCE)
        try:
            while self.connection.recv(4096):
                pass
        except OSError:
            pass

    # ---- steps ----

    def do_ok(self, path, name):
        data = self.load(path, name)
        if not self.missing(data):
            self.send(self.begin(data))

    def do_text(self, path, *words):
        data = " ".join(words).encode() + b"\n"
        self.head(200, len(data))
        self.send(data)

    def do_status(self, path, status):
        body = f"this is an answer {status} with a body of its own\n".encode()
        if status in ("204", "304"):
            body = b""
        self.head(int(status), len(body))
        self.send(body)

    def do_redirect(self, path, url, status=302):
        body = b"go away\n"
        url = url.replace("@PORT@", str(self.server.server_port))
        self.head(int(status), len(body), Location=url)
        self.send(body)

    def do_truncate(self, path, name, n):
        data = self.load(path, name)
        if not self.missing(data):
            self.send(self.begin(data)[: int(n)])
            self.close_connection = True

    def do_reset(self, path, name, n):
        data = self.load(path, name)
        if not self.missing(data):
            self.send(self.begin(data)[: int(n)])
            time.sleep(0.1)  # a reset overtakes what was sent
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                       struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True

    def do_short(self, path, name, n):
        data = self.load(path, name)
        if not self.missing(data):
            self.head(200, int(n))
            self.send(data[: int(n)])

    def do_longer(self, path, name, n):
        data = self.load(path, name)
        if not self.missing(data):
            self.head(200, len(data) + int(n))
            self.send(data + b"x" * int(n))

    def do_endless(self, path, name, n):
        data = self.load(path, name)
        if not self.missing(data):
            self.head(200)
            self.send(data + b"x" * int(n))

    def do_nolength(self, path, name, n):
        data = self.load(path, name)
        if not self.missing(data):
            self.head(200)
            self.send(data[: int(n)])

    def do_wrong(self, path, name):
        data = self.load(path, name)
        if not self.missing(data):
            middle = len(data) // 2
            data = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1:]
            self.send(self.begin(data))

    def do_norange(self, path, name):
        data = self.load(path, name)
        if not self.missing(data):
            self.head(200, len(data))
            self.send(data)

    def do_badrange(self, path, name):
        data = self.load(path, name)
        if not self.missing(data):
            status = 206 if "Range" in self.headers else 200
            self.head(status, len(data), ETag='"liar"',
                      Content_Range=f"bytes 0-{len(data) - 1}/{len(data)}")
            self.send(data)

    def do_refuserange(self, path, name):
        if "Range" in self.headers:
            self.do_status(path, 416)
        else:
            self.do_ok(path, name)

    def do_drip(self, path, name, n, ms):
        data = self.load(path, name)
        if not self.missing(data):
            data = self.begin(data)
            for i in range(0, len(data), int(n)):
                self.send(data[i: i + int(n)])
                time.sleep(int(ms) / 1000)

    def do_stall(self, path, name, n):
        data = self.load(path, name)
        if not self.missing(data):
            self.send(self.begin(data)[: int(n)])
            self.be_silent()

    def do_silence(self, path):
        self.be_silent()

    def do_hangup(self, path):
        self.close_connection = True

    def do_garbage(self, path):
        self.send(b"\x00\x01\x02 220 smtp.example ready\r\n\r\n")
        self.close_connection = True

    def do_connections(self, path):
        self.do_text(path, str(self.server.n_connections))


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, options):
        super().__init__(("127.0.0.1", 0), Handler)
        self.root = os.path.abspath(options.root)
        self.options = options
        self.counts = {}
        self.n_connections = 0
        self.lock = threading.Lock()
        if options.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(options.tls)
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def process_request(self, request, client_address):
        self.n_connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request, client_address):
        kind = sys.exc_info()[0]
        if kind and not issubclass(kind, OSError):
            super().handle_error(request, client_address)

    def note(self, line):
        if self.options.log:
            with self.lock, open(self.options.log, "a") as f:
                f.write(line + "\n")

    def step_for(self, path):
        if not self.options.rules or not os.path.exists(self.options.rules):
            return None
        with open(self.options.rules) as f:
            rules = f.read().splitlines()
        for rule in rules:
            pattern, _, steps = rule.strip().partition(" ")
            if not pattern or pattern.startswith("#"):
                continue
            if not fnmatch.fnmatchcase(path, pattern):
                continue
            steps = steps.split("|")
            with self.lock:
                n = self.counts.get(rule, 0)
                self.counts[rule] = n + 1
            return steps[min(n, len(steps) - 1)].split()
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("root")
    parser.add_argument("--rules")
    parser.add_argument("--log")
    parser.add_argument("--port-file")
    parser.add_argument("--tls")
    parser.add_argument("--stdin", action="store_true")
    options = parser.parse_args()
    server = Server(options)
    if options.port_file:
        with open(options.port_file + ".new", "w") as f:
            f.write(f"{server.server_port}\n")
        os.rename(options.port_file + ".new", options.port_file)
    os.write(1, b"%d\n" % server.server_port)  # in one piece, whatever PYTHONUNBUFFERED says
    if not options.stdin:
        server.serve_forever()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    while os.read(0, 4096):
        pass


main()
