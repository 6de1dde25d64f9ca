"""The table of SMTP reply lines: everything the listener ever says, and nothing it was told.

Fixed texts only: no address, no exception and no setting of ours leaves in a reply (reliability.md
2.6, T-LEAK). 4xx for every fault of ours, 5xx only for faults of the mail or its sender. Enhanced
codes by RFC 3463, offered as ENHANCEDSTATUSCODES (RFC 2034).
"""

from __future__ import annotations

GREETING = "220 {hostname} {protocol}"  # no product, no version
READY_TO_UPGRADE = "220 Ready to start TLS"  # aiosmtpd's words
BYE = "221 2.0.0 Bye"
HELLO = "250 {hostname}"
OK = "250 2.0.0 OK"
SENDER_OK = "250 2.1.0 OK"
RECIPIENT_OK = "250 2.1.5 OK"
TAKEN = "250 2.0.0 OK: kept as {receipt}"
CANNOT_VERIFY = "252 2.5.0 Send the mail and see"  # RFC 5321 3.5.3: neither yes nor no
GO_AHEAD = "354 End data with <CR><LF>.<CR><LF>"
HELP = "214 2.0.0 See RFC 5321; write HELP to the mailbox for the commands by mail"

# Ours: the sender's own server keeps the mail and comes again.
TRY_LATER = "451 4.3.0 Not possible just now, please try again later"
NO_ROOM = "452 4.3.1 No room just now, please try again later"
TOO_MANY_RECIPIENTS = "452 4.5.3 Too many recipients, send the rest separately"

# The end of a session.
TOO_BUSY = "421 4.7.0 Too many connections, please try again later"
STOPPING = "421 4.3.2 Shutting down, please try again later"
TOO_SLOW = "421 4.4.2 Timeout"
TOO_LONG_A_SESSION = "421 4.4.2 Session too long, please connect again"
TOO_MANY_ERRORS = "421 4.7.0 Too many errors"
TOO_MANY_IDLE_COMMANDS = "421 4.7.0 Too many commands without a mail"
NOT_SMTP = "421 4.7.0 This is SMTP"
CONFUSED = "421 4.3.0 Not possible just now, please try again later"
FAR_TOO_BIG = "421 4.3.4 Far too much mail data"

# The sender's.
BAD_LINE_END = "500 5.5.2 Lines end with <CR><LF>"
LINE_TOO_LONG = "500 5.5.2 Command line too long"
NOT_ASCII = "500 5.5.2 Commands are ASCII"
NOT_UTF8 = "500 5.5.2 Addresses are ASCII or UTF-8"
UNKNOWN_COMMAND = "500 5.5.1 Command not known"
BAD_SYNTAX = "501 5.5.4 Syntax error in the argument"
BAD_SENDER = "501 5.1.7 Syntax error in the sender's address"
BAD_RECIPIENT = "501 5.1.3 Syntax error in the recipient's address"
NOT_IMPLEMENTED = "502 5.5.1 Not offered here"
GREET_FIRST = "503 5.5.1 EHLO or HELO first"
MAIL_FIRST = "503 5.5.1 MAIL first"
RECIPIENT_FIRST = "503 5.5.1 No recipient was accepted"
ALREADY_IN_MAIL = "503 5.5.1 A mail is already begun"
ALREADY_TLS = "503 5.5.1 TLS is already on"
UNKNOWN_RECIPIENT = "550 5.1.1 No such mailbox here"
NEEDS_SMTPUTF8 = "553 5.6.7 This address needs SMTPUTF8 behind MAIL"  # RFC 6531 3.5
TOO_BIG = "552 5.3.4 The mail is too big"
BARE_CR_OR_LF = "554 5.6.0 Bare <CR>, bare <LF> or NUL in the mail"
TEXT_LINE_TOO_LONG = "554 5.6.0 A line is longer than 1000 octets"
MAIL_LOOP = "554 5.4.6 More than 50 Received lines: the mail goes in circles"
UNKNOWN_PARAMETER = "555 5.5.4 Parameter not known"


def ehlo(hostname: str, size: int, tls: bool) -> str:
    """The reply to EHLO and LHLO (RFC 5321 4.1.1.1): the host, then each offer on its line."""
    offers = [hostname, "PIPELINING", f"SIZE {size}", "8BITMIME", "ENHANCEDSTATUSCODES", "SMTPUTF8"]
    if tls:
        offers.append("STARTTLS")
    return "\r\n".join([*(f"250-{offer}" for offer in offers[:-1]), f"250 {offers[-1]}"])
