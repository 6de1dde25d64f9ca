"""Judges why a mail came back: hard where nobody is there, soft for every other reason.

Hard is what Sisimai's table calls so: user unknown, host unknown, has moved, and a host that takes
no mail at all. A full, suspended or filtered mailbox, policy, spam, content, size and rate are
soft whatever the code. The enhanced code is heard first (RFC 3463, RFC 5248), then the reply code
(RFC 5321 4.2) together with the words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_MOST_CHARACTERS = 6000
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.:\[-])([245][0-5]\d)(?=[ \-\t]|$|[;:,.\]'](?!\d))(?!\.\d)")
# The codes that say that nobody is there (RFC 3463 3.2, RFC 7505 4.2; 5.1.10 as Exchange uses it).
_NOBODY = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.4.4"})
_TAKES_NO_MAIL = ("521", "556")  # RFC 7504 3
_BLIND = frozenset({"0.0", "3.0", "5.0"})  # other and undefined: the words must say it


def _words(*texts: str) -> re.Pattern[str]:
    return re.compile("|".join(texts))


# fmt: off
_FULL = _words(
    r"(?:mail ?box|inbox|account|user|folder|storage|recipient|disk|mail drop)\W.{0,40}\bfull\b",
    r"mail ?box ?full", r"quota", r"over ?quota", r"exceed\w* .{0,30}(?:storage|space|limit|size)",
    r"out of (?:storage|space|disk)", r"not enough (?:storage|disk|space)", r"too much mail",
    r"insufficient (?:storage|disk|system|space)", r"no space left", r"mailbox size", r"lleno",
    r"boîte .{0,20}pleine", r"(?:postfach|mailbox) .{0,20}voll", r"storage (?:limit|allocation)",
    r"メールボックス.{0,20}(?:一杯|いっぱい|容量)",
)
_SIZE = _words(
    r"(?:message|mail|file|body|header)s? .{0,30}(?:too (?:large|big|long)|exceed)",
    r"size (?:limit|exceed)", r"maximum (?:message )?size", r"exceeds .{0,30}size",
)
_SUSPENDED = _words(
    r"(?:account|mail ?box|user|address|domain|recipient)\W.{0,60}"
    r"(?:suspended|disabled|locked|on hold|inactive|not active|discontinued|deactivated|expired|"
    r"frozen|not available at the moment)",
    r"(?:suspended|disabled|inactive|locked|dormant) (?:account|mail ?box|user|recipient|address)",
    r"temporarily (?:disabled|unavailable|inactive)", r"currently (?:not accepting|suspended)",
)
_POLICY = _words(
    r"\bspam\b", r"\bspammy\b", r"unsolicited", r"\bjunk\b", r"bulk (?:e-?)?mail", r"\bviruse?s?\b",
    r"malware", r"phish", r"blacklist", r"black list", r"blocklist", r"block list", r"\brbl\b",
    r"dnsbl", r"spamhaus", r"barracuda", r"spamcop", r"blocked", r"banned", r"reputation", r"dmarc",
    r"\bspf\b", r"\bdkim\b", r"authenticat", r"unauthenticated", r"polic(?:y|ies)",
    r"relay(?:ing)? (?:access )?(?:is )?(?:denied|prohibited|not)", r"unable to relay",
    r"not (?:permitted|allowed) to relay", r"\brelaying", r"\bptr\b", r"reverse dns", r"\brdns\b",
    r"rate ?limit", r"too many", r"too fast", r"throttl", r"try again later", r"excessive",
    r"content", r"attachment", r"access denied", r"not authori[sz]ed", r"unauthori[sz]ed",
    r"permission", r"not permitted", r"prohibited", r"restricted", r"sender .{0,40}reject",
    r"from address", r"client host", r"rejected due to", r"bad sender", r"members? only",
    r"not accepting mail from", r"allowed senders", r"only accepts? (?:mail|messages) from",
    r"preferences", r"loop", r"too many hops", r"tls", r"certificate", r"gr[ae]ylist",
    r"moderat", r"not a(?:n allowed)? member", r"not allowed to post",
)
_WAITING = _words(
    r"timed? ?out", r"connection (?:refused|reset|lost|dropped|died)", r"network (?:is )?error",
    r"unreachable", r"could not connect", r"couldn't connect", r"did not accept our requests",
    r"queue too long", r"gave up", r"retry (?:time|timeout)", r"expired", r"temporar", r"deferred",
    r"will (?:be )?retr", r"not responding", r"resources? (?:temporarily )?unavailable",
    r"operating system error", r"service unavailable", r"not reachable", r"system error",
)
_NO_USER = _words(
    r"(?:user|recipient|mail ?box|account|alias|address|addressee|person|name|"
    r"local[ -]part)(?:e?s)?\b.{0,90}?(?:\bunknown|"
    r"not (?:be )?(?:found|known|exist|listed|recogni[sz]ed|registered|"
    r"present|ok|local|in our table)|has been (?:deleted|removed|closed)|\bundeliverable|"
    r"(?:does|do|did) ?n[o']t (?:exist|have)|n[o']t exist|doesn't|is not (?:a )?valid|invalid|"
    r"is not an active address|no longer (?:exists?|valid|available|here|active|works?))",
    r"(?:unknown|invalid|no such|nonexist[ae]nt|non-exist[ae]nt|bad|illegal|undeliverable)"
    r"(?: or \w+)?(?: local| virtual)?(?: destination)?(?: e-?mail)? ?-?"
    r"(?:user|recipient|mail ?box|account|alias|address|addressee|person|name|local[ -]part)",
    r"(?:user|recipient|mail ?box|account|alias|address|addressee)[- ]?unknown",
    r"no (?:mail ?box|account|user|one|recipient|person|such (?:person|destination))\b.{0,40}"
    r"(?:here|by that name|name|found|exist|with)", r"not our customer", r"unknown to (?:us|this)",
    r"recipnotfound", r"recipient ?not ?found", r"couldn't be found", r"cuda_nsu",
    r"not an? (?:valid|known|active|local) (?:user|recipient|mail ?box|address|account)",
    r"no (?:thank you rejected|valid recipients|one at this address)", r"archived recipient",
    r"(?:can't|cannot) accept user", r"rejected recipients", r"missing home directory",
    r"not email addresses", r"nema korisnika",
    r"no matches to nameserver", r"not listed in", r"bad destination",
    r"no existe", r"no es v[aá]lid", r"inconnu", r"n'existe pas", r"unbekannt", r"existiert nicht",
    r"n[aã]o existe", r"non esiste", r"bestaat niet", r"не существует", r"不存在",
    r"見つかりません", r"ありません", r"user (?:is )?not local", r"000c05a6",
    r"deactivated mailbox", r"mailbox unavailable", r"recipient (?:rejected|refused)",
    r"mailbox .{0,60}unavailable",
    r"that you tried to reach does not", r"not (?:a )?deliverable", r"unrouteable user",
)
# The sending server's own sorting: PowerMTA's category, MessageLabs' code.
_SORTED = _words(r"bad-mailbox", r"\b542 \S{1,80} rejected")
_NO_HOST = _words(
    r"(?:host|domain|domain name|server|site)\b.{0,60}?"
    r"(?:\bunknown|not found|does ?n[o']t exist|not exist|couldn't be found|non-?exist|invalid)",
    r"(?:unknown|no such|nonexist[ae]nt|non-exist[ae]nt|invalid|illegal|bad|wrong)"
    r"(?: remote)? ?-?(?:host|domain|mail server|server|site)",
    r"(?:could|can)(?:n't| ?not) (?:find|resolve|look ?up) .{0,20}(?:host|domain|server|mx)",
    r"name or service not known", r"nxdomain", r"unrout(?:e)?able (?:mail domain|address|domain)",
    r"no address associated", r"account or domain may not exist", r"hostunknown",
    r"dns (?:error|lookup).{0,60}not found", r"mx record .{0,40}not exist", r"bad-domain",
    r"host not (?:found|known)", r"non-resolvable", r"domain must exist", r"no mail hosts? for",
    r"domain \S{1,100} (?:could|can) ?not be found",
)
# It is our own address that the other server does not like.
_SENDERS = _words(
    r"verify sender", r"sender verif", r"sender(?:'s)? (?:e-?mail )?(?:address|domain)",
    r"domain of (?:the )?sender", r"(?:envelope|return|from) (?:sender|path|address)",
    r"(?:unroutable|invalid|unknown) sender",
)
_MOVED = _words(
    r"(?:user|mail ?box|account|address|recipient|person)\b.{0,40}\b(?:has|have) (?:been )?moved",
    r"has moved to", r"address (?:has )?(?:been )?changed", r"has been replaced by",
)
_TAKES_NONE = _words(
    r"null ?mx", r"(?:host|domain) does not accept (?:e-?)?mail", r"no mx record",
    r"mail receiving (?:is )?disabled", r"does not (?:receive|accept) (?:any )?e?-?mail\b(?! from)",
    r"no route for current request",
)
# The sentence that names the step of the dialogue (RFC 5321 4.1.1) in which the answer came.
_STEPS = {
    "RCPT": _words(
        r"(?:reply|response|responding) to (?:the )?rcpt", r"after (?:pipelined )?rcpt", r"rcpt to",
        r"does not like recipient", r"\[rcpt_to\]", r"following rcpt", r"rcpt command",
        r"command: rcpt", r"rcpt failed",
    ),
    "DATA": _words(
        r"(?:reply|response) to (?:the )?(?:end of )?data", r"after (?:end of |pipelined )?data",
        r"final data", r"failed after i sent the message", r">>> data", r"text command",
        r"data command", r"end of data", r"message content", r"command: data",
    ),
    "MAIL": _words(
        r"(?:reply|response) to (?:the )?mail from", r"after (?:pipelined )?mail from",
        r"sender was rejected", r">>> mail from", r"mail from command",
    ),
    "CONN": _words(
        r"initial connection", r"refused to talk to me", r"greeting", r"after (?:helo|ehlo)",
        r"(?:reply|response) to (?:the )?(?:ehlo|helo)",
    ),
}
# fmt: on


@dataclass(frozen=True)
class Judged:
    """What was found out about one failure."""

    verdict: Literal["hard", "soft"] | None  # None where nothing is said
    status: str | None
    reply: str | None


def judge(said: str, status: str | None = None, around: str = "") -> Judged:
    """Hard or soft, from what the other server said.

    Args:
        said: its answer, in any form.
        status: the Status field, if there was one.
        around: more text in which the answer stands; only codes and the step are taken from it.
    """
    text = _folded(said)
    more = f"{text} {_folded(around)}"
    code = _code(text, status) or status or _code(more, None)
    reply = _reply(text) or _reply(more)
    verdict = _by_words_of_fault(text, code) or _by_code(text, code, _step(more))
    if verdict is None:
        verdict = _by_words(text, reply, _step(more), code)
    return Judged(verdict, code, reply)


def _folded(text: str) -> str:
    """In one line of small letters, without the numbers that continued lines repeat."""
    lines = text[:_MOST_CHARACTERS].lower()
    return " ".join(lines.split()).replace("\u2019", "'")


def _code(text: str, status: str | None) -> str | None:
    """The enhanced code that says most: one in the answer, unless it is as good as none."""
    found = [".".join(each.groups()) for each in _STATUS.finditer(text)]
    telling = [code for code in found if code[2:] not in _BLIND and code[0] != "2"]
    if status and status[2:] not in _BLIND and not telling:
        return status
    return telling[0] if telling else status or (found[0] if found else None)


def _reply(text: str) -> str | None:
    """The first reply code, RFC 5321 4.2."""
    found = (each[1] for each in _REPLY.finditer(text))
    return next((code for code in found if code[0] in "45"), None)


def _step(text: str) -> str:
    """The step that is named last: the one that failed."""
    places = {
        step: max((each.end() for each in words.finditer(text)), default=-1)
        for step, words in _STEPS.items()
    }
    last = max(places, key=lambda step: places[step])
    return last if places[last] >= 0 else ""


def _by_words_of_fault(text: str, code: str | None) -> Literal["hard", "soft"] | None:
    """What no code outweighs: moved, takes no mail; full, too big, suspended."""
    if _MOVED.search(text):
        return "hard"
    if _FULL.search(text) or _SIZE.search(text):
        return "soft"
    if _TAKES_NONE.search(text) and not (code or "").startswith("4"):
        return "hard"
    if _SUSPENDED.search(text) and code not in ("5.1.1", "5.1.10"):
        return None if _NO_USER.search(text) else "soft"
    return None


def _by_code(text: str, code: str | None, step: str) -> Literal["hard", "soft"] | None:
    """What the enhanced code says, unless the words speak of something else."""
    if code is None or code[0] == "2":
        return None
    if code[0] == "4":
        return "soft"
    if code[2:] in _BLIND:
        return None
    if code in _NOBODY:
        elsewhere = step in ("MAIL", "CONN") or (_POLICY.search(text) and not _says_nobody(text))
        return "soft" if elsewhere else "hard"
    if code.startswith("5.2.") and step == "RCPT" and _NO_USER.search(text):
        return "hard"
    return "soft"


def _says_nobody(text: str) -> bool:
    return bool(_NO_USER.search(text) or _NO_HOST.search(text))


def _by_words(
    text: str, reply: str | None, step: str, code: str | None
) -> Literal["hard", "soft"] | None:
    """Without a telling code. A user unknown after DATA is a filter's answer, hence soft."""
    if (reply or "").startswith("4") and not _NO_HOST.search(text):
        return "soft"
    if step in ("MAIL", "CONN") or _SENDERS.search(text):
        return "soft"
    if _NO_HOST.search(text) and not _NO_USER.search(text):
        return "hard"
    if _SORTED.search(text):
        return "hard"
    if reply in _TAKES_NO_MAIL and not _POLICY.search(text):
        return "hard"
    if _NO_USER.search(text):
        return "hard" if step == "RCPT" or not reply else "soft"
    if _POLICY.search(text) or _WAITING.search(text):
        return "soft"
    return "soft" if code or reply else None
