"""Receivers of alerts for the tests: a real SMTP server and a real HTTP server on free ports of this machine."""

import json
import socket
import threading
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


def free_port():
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


class Mailbox:
    """Takes mail; answers with each of `refusals` first."""

    def __init__(self, refusals=()):
        self.messages, self.logins = [], []
        self._refusals = list(refusals)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  (aiosmtpd's name)
        if self._refusals:
            return self._refusals.pop(0)
        self.messages.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"

    def log_in(self, server, session, envelope, mechanism, data):
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=True)


@contextmanager
def mail_server(*refusals, login=False, port=None):
    """A mail server, on a free port unless one is given; gives the mailbox and its port."""
    box = Mailbox(refusals)
    words = {"authenticator": box.log_in, "auth_required": True, "auth_require_tls": False} if login else {}
    port = port or free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port, **words)
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop()


@contextmanager
def web_server(*answers):
    """A receiver of webhooks; answers with each of `answers` first, then with 204. Gives what it got, and its URL."""
    got, coming = [], list(answers)

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            got.append((dict(self.headers), body))
            self.send_response(coming.pop(0) if coming else 204)
            self.end_headers()

        def log_message(self, *words):
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield got, f"http://127.0.0.1:{server.server_address[1]}/hook"
    finally:
        server.shutdown()
        server.server_close()
