"""Says to Postfix whether a login is right, in the words of Dovecot's authentication protocol 1.1."""

from __future__ import annotations

import base64
import socketserver
import threading
from types import TracebackType

GREETING = f"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t{1:032x}\nDONE\n"


class Logins:
    """Knows one user, to be used in a `with`. `asked` holds every login that was tried."""

    def __init__(self, user: str, password: str) -> None:
        self.asked: list[str] = []
        self._right = f"\0{user}\0{password}"
        outer = self

        class Peer(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(GREETING.encode())
                for line in self.rfile:
                    words = line.decode().rstrip("\n").split("\t")
                    if words[0] == "AUTH":
                        self.wfile.write(outer.answer(words).encode())

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Peer)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def answer(self, words: list[str]) -> str:
        """The reply to AUTH <id> PLAIN <options ...> resp=<base64>."""
        (response,) = [word.removeprefix("resp=") for word in words if word.startswith("resp=")]
        login = base64.b64decode(response).decode()
        user = login.split("\0")[1]
        self.asked.append(user)
        return f"{'OK' if login == self._right else 'FAIL'}\t{words[1]}\tuser={user}\n"

    def __enter__(self) -> Logins:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
