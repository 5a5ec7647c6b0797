#!/usr/bin/env python3
"""forward.py PORT-FILE: a forwarding HTTP proxy on loopback, for machines without a network
of their own. It writes its port to PORT-FILE. Names are resolved and proxies of the
environment are used as on this machine."""
import http.server
import os
import select
import shutil
import socket
import socketserver
import sys
import urllib.error
import urllib.request


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        kept = ("range", "if-modified-since", "if-range", "user-agent", "accept")
        headers = {k: v for k, v in self.headers.items() if k.lower() in kept}
        request = urllib.request.Request(self.path, headers=headers)
        try:
            answer = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        except OSError as error:
            self.send_error(502, str(error))
            return
        self.send_response(answer.status)
        for name in ("Content-Length", "Content-Type", "Last-Modified", "Content-Range"):
            if answer.headers.get(name):
                self.send_header(name, answer.headers[name])
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        shutil.copyfileobj(answer, self.wfile)

    def do_CONNECT(self):
        host, _, port = self.path.rpartition(":")
        try:
            there = socket.create_connection((host, int(port)), 60)
        except OSError as error:
            self.send_error(502, str(error))
            return
        self.send_response(200)
        self.end_headers()
        ends = {self.connection: there, there: self.connection}
        while True:
            for end in select.select(list(ends), [], [])[0]:
                data = end.recv(65536)
                if not data:
                    there.close()
                    self.close_connection = True
                    return
                ends[end].sendall(data)

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
with open(sys.argv[1] + ".new", "w", encoding="ascii") as file:
    file.write(str(server.server_port))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
