"""Says whether a mail is a delivery system's at all, before anything in it is believed.

Cheap: header fields and the first lines of the text. A phrase alone never makes a bounce; it needs
a delivery system's address, an empty return path or a subject beside it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailbot.desk.reading import phrases
from mailbot.desk.reading.glyphs import fold

_MOST_OPENING = 4000  # characters of the text that are looked at
_STATUS_PARTS = ("message/delivery-status", "message/global-delivery-status")
# "MicrosoftExchange329e71ec88ae...@": whatever the language of its words.
_DAEMONS = ("mailerdaemon", "maildaemon", "mdaemon", "mailadm", "mailerror", "microsoftexchange")
_OFFICES = (*_DAEMONS, "poostmaster", "mailsystem", "maildelivery", "bounce")
# A line of an SMTP dialogue, or an enhanced code behind a reply code.
_TRACE = re.compile(
    r"(?:\b[45]\d\d[ -]#?[45]\.\d{1,3}\.\d{1,3}\b|\brcpt to:|said: [45]\d\d|smtp error|"
    r"\(#[45]\.\d\.\d\)|\b55\d[ -].{0,80}(?:unknown|no such|reject|denied|not found|unavailable))"
)
_MORE_SUBJECTS = (
    "failure notice", "mail system error", "mail error", "error mail", "メールエラー", "配信エラー",
    "エラーメッセージ", "undelivered", "undelivrable", "delivery problem", "delivery status",
    "delivery error", "mail failure", "mail returned", "returned e-mail", "bounced mail",
    "[postmaster] email delivery", "message delivery", "error sending", "your mail to",
)  # fmt: skip
_MORE_TEXTS = (
    "not be delivered", "not delivered", "delivery failed", "failed to deliver", "not reach",
    "unable to deliver", "undelivered", "rejected", "delivery failure", "has been delayed",
    "failed permanently", "mailbox", "not member", "not a member", "no such", "not exist",
    "non délivré", "zugestellt",
    "配信", "送信できません", "エラー",
)  # fmt: skip
# A list's manager speaks, of a mail that it did not take.
_NOT_TAKEN = (
    "not a member of this mailing list", "not a member of this list", "not a member of the list",
    "not allowed to post", "not authorized to post", "not authorized to send mail to",
    "only members may post", "only subscribers may post", "non-members are not allowed",
)  # fmt: skip


def speaks_of_delivery(
    fields: Sequence[tuple[str, str]],
    labels: Sequence[str],
    mail_from: str,
    subject: str,
    text: str,
    expected: bool = False,
) -> bool:
    """Whether a mail comes from a delivery system and tells of a delivery.

    Args:
        fields: of the header, names in small letters.
        labels: of its parts, as structure.Part has them.
        mail_from: the envelope sender, "" for the empty one.
        subject: decoded.
        text: what is shown.
        expected: whether it came to an address to which only delivery systems write.
    """
    opening = fold(" ".join(text[:_MOST_OPENING].split())).casefold()
    names = [name for key, value in fields if key == "from" for name in _names(value)]
    daemon = any(name.startswith(_DAEMONS) for name in names)
    office = any(name.startswith(_OFFICES) or "postmaster" in name for name in names)
    if any(label.startswith(_STATUS_PARTS) or "delivery-status" in label for label in labels):
        return office or not _challenges(opening)
    if any(key == "x-failed-recipients" for key, _ in fields) or is_notification(text):
        return True
    title = fold(subject).casefold().lstrip("[*<( ")
    failed = title.startswith(phrases.BOUNCE_SUBJECTS) or any(w in title for w in _MORE_SUBJECTS)
    trace = bool(_TRACE.search(opening))
    if not failed and _answers_by_itself(title, "" if daemon or trace else opening):
        return False
    if expected and any(each in opening for each in _NOT_TAKEN):
        return True
    told = trace or any(each in opening for each in phrases.BOUNCE_TEXTS)
    if daemon or (failed and told):
        return True
    listed = any(key.startswith("list-") or key == "x-beenthere" for key, _ in fields)
    returned = _is_returned(fields, mail_from)
    if office or (expected and not listed):
        more = any(each in opening for each in _MORE_TEXTS)
        return failed or told or more or (office and returned)  # in a language not known here
    return returned and (failed or told)


def is_notification(text: str) -> bool:
    """Whether a text is the JSON in which Amazon SES tells of a bounce or a complaint."""
    opening = text[:_MOST_OPENING]
    return opening.lstrip().startswith("{") and "notificationType" in opening


def _is_returned(fields: Sequence[tuple[str, str]], mail_from: str) -> bool:
    """Whether the return path is empty (RFC 5321 4.5.5), or a mailer's own name."""
    paths = [mail_from, *(value for key, value in fields if key == "return-path")]
    bare = [path.strip(" <>").lower().partition("@")[0] for path in paths]
    return any(path in ("", "mailer-daemon") for path in bare)


def _challenges(opening: str) -> bool:
    return any(each in opening for each in phrases.CHALLENGE_TEXTS)


def _answers_by_itself(title: str, opening: str) -> bool:
    automatic = any(each in title for each in phrases.AUTOMATIC_SUBJECTS)
    return automatic or any(each in opening for each in phrases.VACATION_TEXTS)


def _names(field: str) -> list[str]:
    """The local parts in a From field, or its first words, in small letters without "-_. "."""
    pieces = field.replace("<", " <").replace("(", " ").split()[:50]
    found = [piece.partition("@")[0] for piece in pieces if "@" in piece]
    found = found or ["".join(pieces), *pieces[:1]]
    return ["".join(c for c in name.lower() if c not in "<>\"'-_.") for name in found]
