"""Names the step that is missing when a token endpoint refuses: its error in, one sentence out."""

from __future__ import annotations

import re
from collections.abc import Mapping

# By the endpoint's error code (RFC 6749 5.2).
_STEPS = {
    "invalid_client": "client_id or client_secret is wrong or has expired; make a new one there.",
    "unauthorized_client": "this application may not use this grant; let an administrator consent.",
    "invalid_grant": "refresh_token is no longer good; let the account's owner agree again.",
    "invalid_scope": "scope is not known there; compare it with docs/imap.md.",
    "unsupported_grant_type": "it does not know this grant; use the other one.",
    "access_denied": "nobody has agreed to this yet; let an administrator consent.",
}

# By the number that Microsoft puts behind AADSTS, which is more exact; steps of docs/imap.md.
_NUMBERED = {
    50034: "the account is not in that directory; check username and the tenant id in token_url.",
    50076: "it wants a second factor from the account's owner; use client_credentials.",
    53003: "a Conditional Access policy forbids it; let an administrator exempt the application.",
    65001: "nobody has consented to the permission; press Grant admin consent (step 2).",
    70011: "scope is not known there; write https://outlook.office365.com/.default.",
    700016: "client_id is not known in that directory; check it and the tenant id in token_url.",
    700082: "refresh_token was not used for too long; let the account's owner agree again.",
    7000112: "the application is switched off; switch the enterprise application on.",
    7000215: "client_secret is wrong; copy the secret's value, not its id (step 3).",
    7000218: "client_secret is missing; make one (step 3).",
    7000222: "client_secret has expired; make a new one (step 3).",
    90002: "there is no such tenant; check the tenant id in token_url.",
    500011: "the mail service is not in that directory; has it Exchange Online?",
    1002012: "scope must end in /.default for this grant.",
    50173: "refresh_token was withdrawn (a new password?); let the account's owner agree again.",
}


def missing_step(status: int, answer: Mapping[str, object]) -> str:
    """One sentence: who refused, and the missing step. What else it said may hold secrets."""
    code, number = answer.get("error"), _number(answer)
    if number in _NUMBERED:
        return f"The token endpoint says AADSTS{number}: {_NUMBERED[number]}"
    if isinstance(code, str) and code in _STEPS:
        which = f"{code} (AADSTS{number})" if number else code
        return f"The token endpoint says {which}: {_STEPS[code]}"
    return f"The token endpoint answers {status}; check token_url and the other options of oauth."


def _number(answer: Mapping[str, object]) -> int:
    """Microsoft's number, 0 if there is none."""
    numbers = answer.get("error_codes")
    if isinstance(numbers, list) and numbers and type(numbers[0]) is int:
        return numbers[0]
    found = re.match(r"AADSTS(\d{1,8})\b", str(answer.get("error_description") or "")[:20])
    return int(found[1]) if found else 0
