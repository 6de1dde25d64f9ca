"""Mails made to cost time or memory, each at or beyond a limit (reliability.md 2.2, T-BOMB)."""

from __future__ import annotations

import base64
from dataclasses import dataclass

HEAD = b"From: a@x.example\r\nTo: track@court.example\r\nSubject: hi\r\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
HTML = b"Content-Type: text/html\r\n\r\n"
END = b"\r\n\r\nSTOP\r\n"


@dataclass(frozen=True)
class Bomb:
    """A mail that is only built when it is needed."""

    head: bytes
    piece: bytes
    times: int
    tail: bytes = b""

    def build(self) -> bytes:
        """The mail."""
        return self.head + self.piece * self.times + self.tail


def _levels(count: int) -> bytes:
    levels = (
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)
        for level in range(count)
    )
    return b"".join(levels)


_FLOWED = HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n"
_BASE64 = HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n"
_QUOTED = HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
_TYPE = HEAD + b"Content-Type: text/plain"
_PAGE = HEAD + HTML

HEADERS = {
    "encoded words, 437 KB": Bomb(b"Subject: ", b"=?utf-8?q?a?= ", 31_000, END),
    "encoded words, 8 KB": Bomb(b"Subject: ", b"=?utf-8?q?a?= ", 560, END),
    "subject of 1 MB": Bomb(b"Subject: ", b"x", 1_000_000, END),
    "openings of encoded words": Bomb(b"Subject: ", b"=?a?q?", 1300, END),
    "31 KB of parameters": Bomb(_TYPE, b"; a=b", 6000, END),
    "quotes in parameters": Bomb(_TYPE + b'; a="', b';"', 4000, END),
    "continued parameters": Bomb(_TYPE, b"; n*0*=%41", 800, END),
    "number of a parameter": Bomb(_TYPE + b"; n*", b"9", 5000, b"=x" + END),
    "125 KB of addresses": Bomb(b"From: ", b"a@x.example, ", 9600, END),
    "2000 comments": Bomb(b"From: ", b"(", 2000, b"a@x.example" + END),
    "8000 brackets": Bomb(b"From: ", b"<", 8000, b"a@x.example" + END),
    "8000 quotes": Bomb(b"From: ", b'"', 7999, b"<a@x.example>" + END),
    "broken message id": Bomb(HEAD + b"Message-ID: ", b"<", 3, b"[abc]@x" + END),
    "10,000 references": Bomb(HEAD + b"References: ", b"<a@b> ", 10_000, END),
    "100,000 fields": Bomb(HEAD, b"X-Y: z\r\n", 100_000, b"\r\nSTOP\r\n"),
    "100,000 lines of one field": Bomb(HEAD + b"X: y\r\n", b" z\r\n", 100_000, b"\r\nSTOP\r\n"),
    "field of 10 MB": Bomb(HEAD + b"X: ", b"y", 10_000_000, END),
    "header without end": Bomb(HEAD, b"X: y\r\n", 200_000),
    "encoding of 8 KB": Bomb(HEAD + b"Content-Transfer-Encoding: ", b"base64 ", 1000, END),
    "charset of 4 KB": Bomb(_TYPE + b"; charset=", b"x", 4000, END),
    "colons": Bomb(b"", b":", 10_000_000),
    "10 MB of fields": Bomb(b"", b"a:\n", 3_300_000),
}
PARTS = {
    "5000 levels": Bomb(HEAD, _levels(5000), 1, b"\r\nSTOP\r\n"),
    "5000 mails in mails": Bomb(HEAD, b"Content-Type: message/rfc822\r\n\r\n", 5000, b"STOP"),
    "200,000 parts": Bomb(MIXED, b"--b\r\n\r\nx\r\n", 200_000, b"--b--\r\n"),
    "1.6 million boundaries": Bomb(MIXED, b"--b\r\n", 1_600_000),
    "false boundaries": Bomb(MIXED, b"--bx\r\n", 1_500_000),
    "boundary inside lines": Bomb(MIXED, b"x--b", 2_400_000),
    "100 types of 8 KB": Bomb(
        MIXED, b"--b\r\nContent-Type: text/plain" + b';a="x' * 1600 + b"\r\n\r\nx\r\n", 100
    ),
    "100 pages": Bomb(MIXED, b"--b\r\n" + HTML + b"<p>a" * 9000 + b"\r\n", 100),
    "100 texts": Bomb(MIXED, b"--b\r\n\r\n" + b"On 2015 x:\n" * 3000 + b"\r\n", 100),
    "100 file names": Bomb(
        MIXED,
        b"--b\r\nContent-Disposition: attachment; filename*0=" + b"x" * 7000 + b"\r\n\r\n",
        100,
    ),
    "boundary of 8 KB": Bomb(
        HEAD + b"Content-Type: multipart/mixed; boundary=", b"b", 8000, b"\r\n\r\n--b\r\n\r\nSTOP"
    ),
    "no boundary": Bomb(HEAD + b"Content-Type: multipart/mixed\r\n\r\n", b"--b\r\n\r\nSTOP\r\n", 1),
    "attachment of 10 MB": Bomb(
        MIXED + b"--b\r\n\r\nSTOP\r\n--b\r\nContent-Type: application/zip\r\n\r\n",
        b"PK\3\4",
        2_400_000,
    ),
}
TEXTS = {
    "empty lines": Bomb(HEAD + b"\r\n", b"\r\n", 4_900_000),
    "one line": Bomb(HEAD + b"\r\n", b"x", 9_900_000),
    "quotation marks": Bomb(HEAD + b"\r\n", b">", 9_900_000),
    "10 MB of LF": Bomb(b"", b"\n", 10_000_000),
    "10 MB of CR": Bomb(b"", b"\r", 10_000_000),
    "10 MB of CR CR LF": Bomb(b"A: b\r\n\r\n", b"\r\r\n", 3_300_000),
    "10 MB of NUL": Bomb(b"", b"\0", 10_000_000),
    "10 MB of 0xFF": Bomb(HEAD + b"\r\n", b"\xff", 9_900_000),
    "base64": Bomb(_BASE64, base64.encodebytes(b"STOP\n" * 11), 120_000),
    "no base64": Bomb(_BASE64, b"!@#$", 2_400_000),
    "soft line breaks": Bomb(_QUOTED, b"=\r\n", 3_300_000),
    "escapes": Bomb(_QUOTED, b"=41", 3_300_000),
    "uuencode": Bomb(HEAD + b"\r\nbegin 644 x\r\n", b"M" + b"0" * 60 + b"\r\n", 150_000),
    "flowed": Bomb(_FLOWED, b"a \r\n", 80_000),
    "flowed depths": Bomb(_FLOWED, b"".join(b">" * n + b" a \r\n" for n in range(70)), 100),
    "labels": Bomb(HEAD + b"\r\n", b"From: a@b 2015\r\n", 16_000),
    "attributions": Bomb(HEAD + b"\r\n", b"On 2015-01-01 a@b x\r\n", 12_000),
    "commands": Bomb(HEAD + b"\r\n", b"TRACK 15AB-CR00015\r\n", 13_000),
    "mistyped commands": Bomb(HEAD + b"\r\nSTOP\r\n", b"TRAK 15AB-CR00015\r\n", 13_000),
    "numbers": Bomb(HEAD + b"\r\nTRACK ", b"15AB-CR00015, ", 4500, b"\r\n"),
    "list marks": Bomb(HEAD + b"\r\n", b"* ", 120_000),
    "invisible": Bomb(HEAD + b"\r\n", "\u202e\u200b".encode(), 40_000),
    "accents": Bomb(HEAD + b"\r\na", "\u0301".encode(), 120_000),
    "page: open tag": Bomb(_PAGE, b"<a ", 87_000),
    "page: deep": Bomb(_PAGE, b"<div>", 50_000),
    "page: bold": Bomb(_PAGE, b"<b>", 87_000),
    "page: attributes": Bomb(_PAGE + b"<p ", b"a=b ", 65_000, b">"),
    "page: tables": Bomb(_PAGE, b"<table><tr><td>", 17_000),
    "page: entities": Bomb(_PAGE, b"&lt;", 65_000),
    "page: declared entities": Bomb(
        _PAGE + b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>', b"&b;", 60_000
    ),
    "page: comments": Bomb(_PAGE, b"<!--", 60_000),
}
BOMBS = HEADERS | PARTS | TEXTS
