"""A token endpoint on loopback (RFC 6749), and Dovecot's question whether a token is good (RFC 7662)."""

from __future__ import annotations

import json
import threading
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Endpoint:
    """Gives tokens; to be used in a `with`. `asked` holds every form that was posted."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.questions: list[str] = []
        self.good: set[str] = set()
        self.user = "track"
        self.status = 200
        self.answer: object = None  # instead of a token
        self.life: object = 3600
        self.refresh: str | None = None  # the refresh token that is good; each use replaces it
        outer = self

        class Peer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"])).decode()
                if urlsplit(self.path).path == "/introspect":
                    self.tell(200, outer.introspect(self.headers, content))
                    return
                outer.asked.append({key: value[0] for key, value in parse_qs(content).items()})
                self.tell(*outer.give())

            def do_GET(self) -> None:
                self.tell(200, outer.introspect(self.headers, urlsplit(self.path).query))

            def tell(self, status: int, answer: object) -> None:
                content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Peer)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}/token"

    def give(self) -> tuple[int, object]:
        if self.answer is not None:
            return self.status, self.answer
        token = f"token-{len(self.asked)}"
        given = {"access_token": token, "token_type": "Bearer", "expires_in": self.life}
        if self.refresh is not None:
            if self.asked[-1].get("refresh_token") != self.refresh:
                return 400, {"error": "invalid_grant"}
            given["refresh_token"] = self.refresh = f"refresh-{len(self.asked)}"
        self.good.add(token)
        return self.status, given

    def introspect(self, headers: Message, query: str) -> object:
        found = parse_qs(query).get("token") or parse_qs(query).get("access_token") or [""]
        shown = found[0] or str(headers.get("Authorization", "")).removeprefix("Bearer ")
        self.questions.append(shown)
        return {"active": shown in self.good, "username": self.user, "email": self.user}

    def __enter__(self) -> Endpoint:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
