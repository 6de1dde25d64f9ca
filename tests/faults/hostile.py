"""T-CONN: the whole service under siege, while an honest client sends a mail a second.

    python -m tests.faults.hostile                 2,000 clients, 30 s, as the tests do it
    python -m tests.faults.hostile --full          10,000 idle, 1,000 slow, 1,000 never reading and
                                                   200 endless ones, 5 minutes
    python -m tests.faults.hostile --full --seconds 60

Everything stays on loopback. Needs as many open files as there are clients (ulimit -Hn).
"""

from __future__ import annotations

import argparse
import contextlib
import smtplib
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.stories.theatre import ROOT, Theatre
from tests.world import people_the_court

SMALL = (40, 160, 200, 1600)  # endless, never reading, slow, idle
FULL = (200, 1000, 1000, 10_000)
BOT = "track@court.example"


@dataclass
class Report:
    """What the siege came to. Seconds and octets."""

    waits: list[float] = field(default_factory=list)  # of each honest mail, connect to 250
    refused: list[str] = field(default_factory=list)
    peak: int = 0  # resident octets of the service, at most
    most: int = 0  # connections to its listener, as seen once a second
    left: int = 0  # the same 10 s after the siege
    attackers: str = ""

    @property
    def slowest(self) -> float:
        """The wait that 99 in 100 honest mails do not exceed."""
        return statistics.quantiles(self.waits, n=100, method="inclusive")[98]

    def __str__(self) -> str:
        return (
            f"attackers: {self.attackers}; honest mails: {len(self.waits)}, refused "
            f"{len(self.refused)}, median {statistics.median(self.waits):.3f} s, p99 "
            f"{self.slowest:.3f} s, max {max(self.waits):.3f} s; peak RSS {self.peak / 2**20:.0f} "
            f"MB; connections at most {self.most}, ten seconds after {self.left}"
        )


def besiege(folder: Path, counts: Sequence[int], seconds: int) -> Report:
    """Run the service, the attackers and the honest client."""
    theatre, report = Theatre(folder), Report()
    people_the_court(theatre.court)
    with theatre:
        words = map(str, [theatre.smtp_port, seconds, *counts])
        attackers = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.attackers", *words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        time.sleep(2)
        number = 0
        while attackers.poll() is None:
            began = time.monotonic()
            send_honestly(theatre.smtp_port, number, report)
            number += 1
            report.most = max(report.most, connections_of(theatre.pid, theatre.smtp_port))
            time.sleep(max(0.0, 1.0 - (time.monotonic() - began)))
        assert attackers.stdout is not None
        with attackers.stdout:
            report.attackers = attackers.stdout.read().strip()
        assert attackers.returncode == 0, report.attackers
        time.sleep(10)
        report.left = connections_of(theatre.pid, theatre.smtp_port)
        report.peak = peak_of(theatre.pid)
        assert "Traceback" not in theatre.log.read_text()
    return report


def send_honestly(port: int, number: int, report: Report) -> None:
    """One mail by one connection, from connect to the 250 of the dot."""
    sender = f"person{number}@people.example"
    mail = (
        f"From: {sender}\r\nSubject: HELP\r\nMessage-ID: <{number}@people.example>\r\n\r\nHELP\r\n"
    )
    began = time.monotonic()
    try:
        with smtplib.SMTP("127.0.0.1", port, local_hostname="people.example", timeout=30) as server:
            server.sendmail(sender, [BOT], mail)
            report.waits.append(time.monotonic() - began)
    except (smtplib.SMTPException, OSError) as error:
        report.refused.append(repr(error))


def connections_of(pid: int, port: int) -> int:
    """How many sockets a process holds that are connected to a port of its own."""
    held = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            held.add(str(descriptor.readlink()))
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(
        row[1].endswith(f":{port:04X}") and row[3] != "0A" and f"socket:[{row[9]}]" in held
        for row in rows  # 0A: it listens
    )


def peak_of(pid: int) -> int:
    """The most octets of memory that a process has held."""
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])


def main() -> None:
    """By hand."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--full", action="store_true", help="12,200 clients instead of 2,000")
    parser.add_argument("--seconds", type=int, help="default 30, with --full 300")
    given = parser.parse_args()
    seconds = given.seconds or (300 if given.full else 30)
    with TemporaryDirectory() as folder:
        report = besiege(Path(folder), FULL if given.full else SMALL, seconds)
    print(report)
    good = not report.refused and report.slowest <= 2 and report.peak <= 256 * 2**20
    sys.exit(0 if good and report.left == 0 else 1)


if __name__ == "__main__":
    main()
