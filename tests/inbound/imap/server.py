"""A scripted IMAP server on loopback: real enough for the fetcher, and as faulty as a test wants.

One folder is watched, others only take what is moved to them. Faults are attributes of `Server`.
"""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

CAPABILITIES = "IMAP4rev1 IDLE MOVE UIDPLUS AUTH=XOAUTH2 AUTH=OAUTHBEARER"


@dataclass
class Stored:
    """A mail in a folder."""

    uid: int
    raw: bytes
    flags: set[str] = field(default_factory=set)
    size: int | None = None  # what RFC822.SIZE says, if not the truth

    @property
    def octets(self) -> int:
        return len(self.raw) if self.size is None else self.size


@dataclass
class Box:
    """A folder."""

    uidvalidity: int = 1
    mails: list[Stored] = field(default_factory=list)
    next_uid: int = 1

    def add(self, raw: bytes, *flags: str) -> Stored:
        mail = Stored(self.next_uid, raw, set(flags))
        self.next_uid += 1
        self.mails.append(mail)
        return mail


class Cut(Exception):
    """The server hangs up."""


class Server:
    """The server; to be used in a `with`."""

    def __init__(self, context: ssl.SSLContext | None = None, *, direct: bool = False) -> None:
        self.context, self.direct = context, direct
        self.boxes = {"INBOX": Box(), "Processed": Box(), "Refused": Box()}
        self.capabilities = CAPABILITIES
        self.username, self.password, self.token = "bot", "correct horse", "good-token"
        self.commands: list[str] = []
        self.logins = 0
        self.connections: list[socket.socket] = []
        self.refuse_logins = False
        self.login_answer = "NO [AUTHENTICATIONFAILED] no"
        self.deaf = False  # IDLE says nothing, answers nothing
        self.cut_in_fetch_of: set[int] = set()  # each once
        self.always_cut_in_fetch_of: set[int] = set()
        self.no_for: Callable[[str], bool] = lambda command: False
        self.before: Callable[[str], None] = lambda command: None
        self.tells_uidnext = True
        self.literal: int | None = None  # announced instead of the true size
        self.lock = threading.RLock()
        self.port = 0
        self._server: socketserver.ThreadingTCPServer | None = None

    @property
    def inbox(self) -> Box:
        return self.boxes["INBOX"]

    def __enter__(self) -> Server:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        """Listen, after a restart at the same port."""
        outer = self

        class Peer(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError, Cut, ValueError):
                    Session(outer, self.request).run()
                with contextlib.suppress(OSError):
                    self.request.shutdown(socket.SHUT_RDWR)

        class Listening(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Listening(("127.0.0.1", self.port), Peer)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Stop listening and hang up on everybody."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        self.hang_up()

    def hang_up(self) -> None:
        """End every connection."""
        for one in self.connections:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            with contextlib.suppress(OSError):
                one.close()
        self.connections.clear()

    def names(self, folder: str) -> list[bytes]:
        """The subjects of a folder's mails."""
        with self.lock:
            found = [
                re.search(rb"^Subject: (.*?)\r$", each.raw, re.M)
                for each in self.boxes[folder].mails
            ]
        return [each[1] if each else b"" for each in found]

    def count(self, beginning: str) -> int:
        return sum(command.startswith(beginning) for command in self.commands)


class Session:
    """One connection."""

    def __init__(self, server: Server, connection: socket.socket) -> None:
        self.server = server
        if server.direct and server.context is not None:
            connection = server.context.wrap_socket(connection, server_side=True)
        self.socket = connection
        self.file = connection.makefile("rb")
        self.box = Box()
        self.told = 2**32  # the UIDNEXT up to which it was told of new mail
        server.connections.append(connection)

    def say(self, line: str | bytes) -> None:
        self.socket.sendall((line.encode() if isinstance(line, str) else line) + b"\r\n")

    def line(self) -> str:
        line = self.file.readline()
        if not line:
            raise Cut
        return line.decode().rstrip("\r\n")

    def run(self) -> None:
        self.say(f"* OK [CAPABILITY {self.server.capabilities}] ready")
        self.obey()

    def obey(self) -> None:
        """Answer commands, under TLS without another greeting (RFC 9051 6.2.1)."""
        while True:
            tag, _, command = self.line().partition(" ")
            shown = command.partition(" ")[0] if command.startswith("LOGIN") else command
            self.server.commands.append(shown)
            self.server.before(command)
            verb = command.removeprefix("UID ").partition(" ")[0].upper()
            if self.server.no_for(command):
                self.say(f"{tag} NO [SERVERBUG] not today")
                continue
            answer = getattr(self, f"do_{verb.lower()}", self.do_unknown)(command, tag)
            self.tell_of_new_mail()
            self.say(f"{tag} {answer or 'OK done'}")
            if verb == "LOGOUT":
                return

    def tell_of_new_mail(self) -> None:
        """Once, beside whatever answer (RFC 9051 7); an IDLE that begins later knows it already."""
        if self.box.next_uid > self.told:
            self.told = self.box.next_uid
            self.say(f"* {len(self.box.mails)} EXISTS")

    def do_unknown(self, command: str, tag: str) -> str:
        return "BAD unknown"

    def do_capability(self, command: str, tag: str) -> None:
        self.say(f"* CAPABILITY {self.server.capabilities}")

    def do_noop(self, command: str, tag: str) -> None:
        pass

    def do_logout(self, command: str, tag: str) -> None:
        self.say("* BYE")

    def do_starttls(self, command: str, tag: str) -> str:
        assert self.server.context is not None
        self.say(f"{tag} OK begin")
        self.socket = self.server.context.wrap_socket(self.socket, server_side=True)
        self.server.connections.append(self.socket)
        self.file = self.socket.makefile("rb")
        self.obey()
        raise Cut

    def do_login(self, command: str, tag: str) -> str | None:
        self.server.logins += 1
        password = self.server.password.replace("\\", "\\\\").replace('"', '\\"')
        wrong = f'"{password}"' not in command
        return self.server.login_answer if wrong or self.server.refuse_logins else None

    def do_authenticate(self, command: str, tag: str) -> str | None:
        self.server.logins += 1
        self.say("+ ")
        shown = base64.b64decode(self.line()).decode()
        if command.endswith("PLAIN"):
            right = f"\0{self.server.username}\0{self.server.password}"
            return None if shown == right else self.server.login_answer
        if f"auth=Bearer {self.server.token}\1" in shown:
            return None
        self.say("+ " + base64.b64encode(b'{"status":"401"}').decode())
        self.line()
        return self.server.login_answer

    def do_list(self, command: str, tag: str) -> None:
        for name in self.server.boxes:
            if f" {name}" in command.replace('"', ""):
                self.say(f'* LIST () "/" {name}')

    def do_create(self, command: str, tag: str) -> None:
        self.server.boxes[command.split()[1].strip('"')] = Box()

    def do_select(self, command: str, tag: str) -> str:
        with self.server.lock:
            self.box = self.server.boxes[command.split()[1].strip('"')]
            self.told = self.box.next_uid
            self.say(f"* {len(self.box.mails)} EXISTS")
            self.say("* 0 RECENT")
            self.say("* FLAGS (\\Seen \\Deleted)")
            self.say(f"* OK [UIDVALIDITY {self.box.uidvalidity}] valid")
            if self.server.tells_uidnext:
                self.say(f"* OK [UIDNEXT {self.box.next_uid}] next")
        return "OK [READ-WRITE] selected"

    def do_search(self, command: str, tag: str) -> None:
        first, last = re.findall(r"UID (\d+):(\d+|\*)", command)[0]
        with self.server.lock:
            uids = [each.uid for each in self.box.mails]
            end = max(uids, default=0) if last == "*" else int(last)
            found = [uid for uid in uids if int(first) <= uid <= end]
            found = found or (uids[-1:] if last == "*" else [])
            self.say("* SEARCH " + " ".join(map(str, found)))

    def named(self, command: str) -> list[Stored]:
        uids = {
            uid
            for part in command.split()[2].split(",")
            for uid in range(int(part.split(":")[0]), int(part.split(":")[-1]) + 1)
        }
        return [each for each in self.box.mails if each.uid in uids]

    def do_fetch(self, command: str, tag: str) -> None:
        with self.server.lock:
            for mail in self.named(command):
                if "BODY" not in command:
                    flags = " ".join(sorted(mail.flags))
                    self.say(
                        f"* {mail.uid} FETCH (UID {mail.uid} RFC822.SIZE {mail.octets} FLAGS ({flags}))"
                    )
                    continue
                self.give(mail, command)

    def give(self, mail: Stored, command: str) -> None:
        most = int(re.findall(r"<0\.(\d+)>", command)[0])
        name, raw = "BODY[]<0>", mail.raw
        if "[HEADER]" in command:
            name, raw = "BODY[HEADER]<0>", raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        raw = raw[:most]
        size = len(raw) if self.server.literal is None else self.server.literal
        head = f"* {mail.uid} FETCH (UID {mail.uid} {name} {{{size}}}".encode()
        once, always = self.server.cut_in_fetch_of, self.server.always_cut_in_fetch_of
        if mail.uid in once | always:
            once.discard(mail.uid)
            self.socket.sendall(head + b"\r\n" + raw[: len(raw) // 2])
            self.server.hang_up()
            raise Cut
        self.socket.sendall(head + b"\r\n" + raw + b")\r\n")

    def do_store(self, command: str, tag: str) -> None:
        with self.server.lock:
            for mail in self.named(command):
                mail.flags |= set(re.findall(r"[\\$][A-Za-z]+", command))

    def do_copy(self, command: str, tag: str) -> None:
        with self.server.lock:
            for mail in self.named(command):
                self.server.boxes[command.split()[3].strip('"')].add(mail.raw)

    def do_move(self, command: str, tag: str) -> None:
        if "MOVE" not in self.server.capabilities:
            raise Cut
        with self.server.lock:
            self.do_copy(command, tag)
            gone = self.named(command)
            self.box.mails[:] = [each for each in self.box.mails if each not in gone]

    def do_expunge(self, command: str, tag: str) -> None:
        with self.server.lock:
            gone = [each for each in self.named(command) if "\\Deleted" in each.flags]
            self.box.mails[:] = [each for each in self.box.mails if each not in gone]

    def do_idle(self, command: str, tag: str) -> str:
        self.say("+ idling")
        with self.server.lock:
            known = len(self.box.mails), self.told
        self.socket.settimeout(0.02)
        said: Any = b""
        while not said:
            try:
                said = self.socket.recv(100)
                if not said:
                    raise Cut
            except TimeoutError:
                with self.server.lock:
                    now = len(self.box.mails), self.box.next_uid
                if now != known and not self.server.deaf:
                    known, self.told = now, now[1]
                    self.say(f"* {now[0]} EXISTS")
        self.socket.settimeout(None)
        while self.server.deaf:
            time.sleep(0.02)
        return "OK idle ended"
