"""Knows a person by what no robot says: a command about a case, or words about our own mails.

The words are folded and casefolded; they stand against those of habits.py and phrases.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailbot.desk.reading import numbers
from mailbot.desk.reading.verbs import opened, without_courtesy
from mailbot.model import Verb

_SENTENCE_ENDS = re.compile("[.!?\u3002\uff01\uff1f] ?")
# fmt: off
_TO_US = (
    # How the mails are stopped.
    "please stop send", "please stop the", "please stop these", "please stop my",
    "please stop all", "you please stop", "how do i stop", "how can i stop", "wie beende ich",
    "wie stoppe ich", "comment puis-je arrêter", "comment arrêter", "cómo paro",
    "cómo puedo parar", "cómo dejo de", "como faço para parar", "come posso fermare",
    "come faccio a fermare", "hoe stop ik", "hur stoppar jag", "hvordan stopper jeg",
    "jak zatrzymać", "jak zastavit", "как остановить", "как мне отписаться", "怎么停止",
    "怎麼停止", "どうすれば止め",
    # Our own automatic mail; robots say "your automatic receipt" of theirs.
    "got your auto", "received your auto", "get your auto", "your automatic reply",
    "your automated reply", "ihre automatische antwort", "deine automatische antwort",
    "ihre automatische nachricht", "ihre automatische mail", "ihre automatische e-mail",
    "votre réponse automatique", "votre message automatique", "su respuesta automática",
    "su mensaje automático", "su correo automático", "sua resposta automática",
    "sua mensagem automática", "sua risposta automatica", "uw automatische antwoord",
    "uw automatische bericht", "ditt automatiska svar", "ert automatiska svar",
    "jeres automatiske svar", "deres automatiske svar", "ваш автоматический ответ",
    "ваше автоматическое",
)
# fmt: on


def names_case(lines: Sequence[str], shapes: Sequence[str]) -> bool:
    """Whether a sentence is a TRACK, REPORT or STOP with a number of the court.

    No robot begins one so, not even one that repeats the subject of our mail.

    Args:
        lines: the first of a text, folded.
        shapes: of the court's case numbers.
    """
    for line in lines:
        for sentence in _SENTENCE_ENDS.split(line):
            verb, rest = opened(without_courtesy(sentence))
            if verb in (Verb.TRACK, Verb.REPORT, Verb.STOP) and numbers.find(rest, shapes):
                return True
    return False


def speaks_to_us(opening: str) -> bool:
    """Whether somebody asks how our mails are stopped, or speaks of our automatic reply.

    Args:
        opening: of a text, folded into one line and casefolded.
    """
    return any(words in opening for words in _TO_US)
