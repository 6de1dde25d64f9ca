"""Ends the leases of this machine's senders that have died, so that a restart need not wait."""

from __future__ import annotations

import os
from datetime import datetime

from mailbot.store.outbox import Outbox


def bury_the_dead(outbox: Outbox, host: str, now: datetime) -> None:
    """Look at every owner of a lease, "host:process:random"; others' machines are left alone.

    Raises:
        StoreUnavailable: the leases run out by themselves.
    """
    for owner in outbox.owners():
        machine, _, rest = owner.partition(":")
        number = rest.partition(":")[0]
        if machine == host and number.isdigit() and not _is_alive(int(number)):
            outbox.bury(owner, now)


def _is_alive(process: int) -> bool:
    """Whether a process of that number is there, whosever it is."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
