"""Makes and checks the hidden word of a page's form, so that only who saw the page can answer it.

It is bound to what the page asks and to its link's token, and is good for a day (trap 44).
Nothing is kept: a second answer does no harm, because the row is the truth.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from mailbot.errors import TokenError
from mailbot.tokens import Purpose, Signer

LIFE = timedelta(days=1)


def issue(signer: Signer, verb: str, token: str, now: datetime) -> str:
    """The word for a page shown now."""
    return signer.sign(Purpose.FORM, _row(verb, token), now)


def good(signer: Signer, nonce: str, verb: str, token: str, now: datetime) -> bool:
    """Whether the word was issued for this question and this token, within a day."""
    try:
        return signer.read(Purpose.FORM, nonce, now, LIFE).row == _row(verb, token)
    except TokenError:
        return False


def _row(verb: str, token: str) -> int:
    """62 bits that stand for question and token: no row of the store, and nothing to look up."""
    return int.from_bytes(hashlib.sha256(f"{verb}\0{token}".encode()).digest()[:8]) >> 2
