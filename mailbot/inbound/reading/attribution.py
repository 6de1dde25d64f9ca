"""Knows the marks that mail programs put before the mail they quote, in the languages they speak.

Each question is about one line, or a few joined ones, already folded (glyphs.py). The word
lists say what common programs write; the rules beside them need no language: an address, a date
and a colon at the end, or three lines of "label: value" with both in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_ATTRIBUTION = 600  # characters, over at most `MOST_LINES` lines
MOST_LINES = 4
HEADER_LINES = 10  # lines that an Outlook header block is looked for in
_LONGEST_LABEL = 30
_SIGNATURE_WORDS = 9

# fmt: off
_WROTE = frozenset({
    "wrote", "writes", "wrote:", "schrieb", "écrit", "écrivait", "escribió", "escribio",
    "scritto", "scrisse", "escreveu", "escrito", "schreef", "geschreven", "skrev", "skrifaði",
    "kirjoitti", "napisał", "napisał(a)", "napisała", "pisze", "napsal", "napsal(a)", "napsala",
    "napísal", "napísal(a)", "írta", "írt", "scris", "napisao", "napisala", "napisal", "rašė",
    "rakstīja", "kirjutas", "пишет", "писал", "писал(а)", "написал", "написал(а)", "написала",
    "пише", "писав", "написав", "написав(ла)", "написа", "έγραψε", "yazdı", "viết", "menulis",
    "เขียน", "写道", "寫道", "写到", "書きました", "作成", "작성", "작성했습니다", "씀", "كتب",
    "كتبت", "כתב", "כתבה", "quoth", "dixit",
})
_WROTE_ENDINGS = (
    "wrote", "写道", "寫道", "写到", "のメール", "書きました", "님이 작성", "작성", "เขียนว่า",
)
_OPENERS = frozenset({
    "on", "am", "le", "el", "il", "in", "op", "den", "em", "w", "dne", "dňa", "a", "pe", "på",
    "în", "la", "dana", "в", "у", "на", "в пн,", "στις", "vào", "pada", "เมื่อ", "在", "于", "於",
    "at", "quoting", "mensagem", "om", "mon,", "tue,", "wed,", "thu,", "fri,", "sat,", "sun,",
    "monday,", "tuesday,", "wednesday,", "thursday,", "friday,", "saturday,", "sunday,",
})
_LABELS = {
    "from": ("from", "von", "de", "da", "van", "från", "fra", "lähettäjä", "od", "feladó", "от",
             "від", "από", "kimden", "gönderen", "từ", "dari", "จาก", "发件人", "寄件者",
             "寄件人", "差出人", "送信者", "보낸 사람", "보낸사람", "من", "מאת", "nadawca",
             "odesílatel", "expéditeur", "remitente", "remetente", "mittente", "avsändare",
             "afsender", "avsender",
             "expeditor", "de la", "sender", "reply-to", "pošiljatelj", "saatja", "nuo", "frá"),
    "date": ("sent", "date", "gesendet", "datum", "envoyé", "envoyé le", "enviado", "enviado el",
             "enviada em", "enviado em", "data", "inviato", "verzonden", "skickat", "sendt",
             "skickat den", "lähetetty", "päiväys", "wysłano", "wysłane", "odesláno", "odoslané",
             "elküldve", "dátum", "отправлено", "дата", "надіслано", "ημερομηνία", "στάλθηκε",
             "gönderildi", "gönderme tarihi", "tarih", "đã gửi", "ngày", "tanggal", "dikirim",
             "ส่งเมื่อ", "วันที่", "发送时间", "日期", "寄件日期", "已傳送", "送信日時", "日付",
             "日時", "보낸 날짜", "날짜", "التاريخ", "إرسال", "נשלח", "תאריך", "fecha", "dato",
             "trimis",
             "received", "poslano", "quando"),
    "to": ("to", "an", "à", "a", "para", "aan", "till", "til", "vastaanottaja", "do", "komu",
           "címzett", "кому", "προς", "kime", "alıcı", "đến", "tới", "kepada", "ถึง", "收件人",
           "收件者", "宛先", "받는 사람", "받는사람", "إلى", "אל", "destinataire", "destinatario",
           "către", "pro", "za"),
    "subject": ("subject", "betreff", "objet", "asunto", "assunto", "oggetto", "onderwerp", "ämne",
                "emne", "aihe", "temat", "předmět", "predmet", "tárgy", "тема", "θέμα", "konu",
                "chủ đề", "tiêu đề", "perihal", "subjek", "เรื่อง", "主题", "主旨", "主題", "件名",
                "제목", "الموضوع", "נושא", "subiect", "onderwerp", "efni", "teema"),
    "cc": ("cc", "kopie", "copie", "kopia", "kopi", "копия", "抄送", "副本", "참조", "bcc", "cci",
           "importance", "priority", "attachments", "reply to"),
}
_ORIGINAL = (
    "original message", "original-nachricht", "ursprüngliche nachricht", "originalnachricht",
    "message d'origine", "message original", "mensaje original", "mensagem original",
    "messaggio originale", "oorspronkelijk bericht", "originalmeddelande",
    "ursprungligt meddelande", "oprindelig meddelelse", "oprindelig besked",
    "opprinnelig melding", "alkuperäinen viesti", "wiadomość oryginalna", "oryginalna wiadomość",
    "původní zpráva", "pôvodná správa", "eredeti üzenet", "исходное сообщение",
    "пересылаемое сообщение", "оригінальне повідомлення", "αρχικό μήνυμα", "orijinal mesaj",
    "özgün ileti", "mesaj original", "原始邮件", "原始郵件", "原邮件", "元のメッセージ",
    "original appointment", "원본 메시지", "원본 메일", "الرسالة الأصلية", "הודעה מקורית",
    "thư gốc", "tin nhắn gốc", "pesan asli", "forwarded message", "begin forwarded message",
    "weitergeleitete nachricht", "début du message", "message transféré",
    "début du message réexpédié", "inicio del mensaje reenviado", "mensaje reenviado",
    "mensagem encaminhada", "messaggio inoltrato", "inizio messaggio inoltrato",
    "doorgestuurd bericht", "vidarebefordrat meddelande", "videresendt meddelelse", "转发的邮件",
    "転送されたメッセージ", "anfang der weitergeleiteten nachricht", "reply message",
    "reply to message", "izvorna poruka",
)
_SENT_FROM = (
    "sent from my ", "sent from ", "sent via ", "sent with ", "sent by ", "sent on my ",
    "get outlook for ", "get the outlook ", "von meinem ", "von meiner ", "gesendet von ",
    "gesendet mit ", "gesendet aus ", "diese nachricht wurde von ", "envoyé de mon ",
    "envoyé depuis ", "envoyé à partir ", "envoyé via ", "télécharger outlook", "obtenez outlook",
    "enviado desde ", "enviado do ", "enviado de ", "enviado a partir ", "enviado via ",
    "enviada do ", "obtener outlook", "obter o outlook", "inviato da ", "inviato dal ",
    "ottieni outlook", "scarica outlook", "verzonden vanaf ", "verstuurd vanaf ",
    "verzonden met ", "outlook voor ", "download outlook", "skickat från ", "skickades från ",
    "hämta outlook", "sendt fra ", "hent outlook", "lähetetty ", "hanki outlook", "wysłane z ",
    "wysłano z ", "pobierz outlook", "odesláno z ", "odoslané z ", "získejte outlook",
    "elküldve ", "küldve ", "отправлено с ", "отправлено из ", "надіслано з ", "στάλθηκε από ",
    "αποστολή από ", "trimis de pe ", "poslano z ", "poslano s ", "发自我的", "發自我的",
    "从我的", "從我的", "傳送自", "发送自", "được gửi từ ", "gửi từ ", "dikirim dari ", "나의 ",
    "내 ", "aus meinem ", "yahoo mail: search, organize, conquer",
    "yahoo mail: busca, organiza, conquista",
)
_SENT_FROM_ENDINGS = (
    "から送信", "から送信されました", "에서 보냄", "에서 전송", "'imden gönderildi", "gönderildi",
    "iphone gesendet", "ipad gesendet", "ส่งจาก", "から送信しました",
)
# fmt: on
_KIND_OF_LABEL = {label: kind for kind, labels in _LABELS.items() for label in labels}


@dataclass(frozen=True)
class Marks:
    """What one folded line has of an attribution, so that several can be put together."""

    length: int
    colon: bool  # ends with one
    address: bool
    date: bool
    wrote: bool  # has the word for it
    ends_wrote: bool  # ends with that word
    opens: bool  # begins like "On 3 May", "Am 3.5."


def marks_of(line: str) -> Marks:
    """Look at a folded line once."""
    body = line.strip(" *_-|")
    words = body.casefold().replace(":", " ").replace(">", "> ").split()
    last = body.rstrip(" :").casefold()
    return Marks(
        length=len(line),
        colon=body.endswith(":"),
        address="@" in line,
        date=has_date(line),
        wrote=last.endswith(_WROTE_ENDINGS) or not _WROTE.isdisjoint(words),
        ends_wrote=bool(words) and (words[-1] in _WROTE or last.endswith(_WROTE_ENDINGS)),
        opens=bool(words) and words[0] in _OPENERS and any(char.isdigit() for char in line),
    )


def is_attribution(lines: Sequence[Marks], before_quote: bool) -> bool:
    """Whether lines together say who wrote what follows ("On ..., X wrote:").

    Args:
        lines: one to `MOST_LINES`.
        before_quote: whether the next line that is not empty is a quoted one.
    """
    first, last = lines[0], lines[-1]
    if sum(line.length for line in lines) > LONGEST_ATTRIBUTION:
        return False
    if len(lines) > 1 and not _begins(first, lines[1]):
        return False
    address, date = any(line.address for line in lines), any(line.date for line in lines)
    wrote = any(line.wrote for line in lines)
    if last.colon and sum((address, date, wrote, before_quote)) >= 2 and (address or wrote):
        return True
    return last.ends_wrote and date and first.opens


def _begins(first: Marks, second: Marks) -> bool:
    """Whether an attribution of several lines begins with the first, not rather the second."""
    if first.opens or second.opens:
        return first.opens
    return first.address or (first.date and not second.date)


def has_date(text: str) -> bool:
    """Whether a word is a year, a time of day or a date in digits."""
    if any(sign in text for sign in "年년日"):
        return any(char.isdigit() for char in text)
    if not text.isascii():
        text = "".join(str(int(char)) if char.isdecimal() else char for char in text)
    return any(_is_date(word.strip(".,;()[]<>\"'*،؛")) for word in text.split())


def _is_date(word: str) -> bool:
    if not word[:1].isdigit() or not word.isascii() or len(word) > 25:
        return False
    if len(word) == 4 and word.isdigit():
        return word[:2] in ("19", "20")
    for sign in ":.h":  # 14:30, 14.30, 14h30, 14:30:00
        hours, found, minutes = word.partition(sign)
        if found and hours.isdigit() and len(hours) <= 2 and minutes[:2].isdigit():
            return True
    parts = word.replace("/", "-").replace(".", "-").split("T")[0].split("-")
    return len(parts) == 3 and all(part.isdigit() and len(part) <= 4 for part in parts)


def is_header_block(lines: Sequence[str]) -> bool:
    """Whether lines begin with the header that Outlook and others put above a quotation.

    Args:
        lines: at most `HEADER_LINES`, folded.
    """
    labels = [label_of(line) for line in lines]
    kinds, labelled, address, date = set[str](), 0, False, False
    for line, label in zip(lines, labels, strict=True):
        if not label:
            if not line or labelled >= 2 or not labelled:
                break
            continue  # a header line goes on
        labelled += 1
        kinds.add(_KIND_OF_LABEL.get(label, label))
        address, date = address or "@" in line, date or has_date(line)
    known = kinds & {"from", "date", "to", "subject"}
    if labelled and labels[0] in _KIND_OF_LABEL and len(known) >= 2 and known & {"from", "date"}:
        return len(known) >= 3 or address or date
    return labelled >= 3 and address and date


def label_of(line: str) -> str:
    """ "*From:* X" -> "from"; "" if a line is not "label: value"."""
    bare = line[:LONGEST_ATTRIBUTION].lstrip("*_>|\u2022 ")[: _LONGEST_LABEL + 1].casefold()
    label, colon, _ = bare.partition(":")
    label = label.strip(" *_")
    if not colon or any(char.isdigit() for char in label) or label in ("http", "https", "mailto"):
        return ""
    return label


def is_original_message(line: str) -> bool:
    """Whether a line is "-----Original Message-----", in whatever language and decoration."""
    inner = line.strip("-_=*~#> .:\u2500\u2501")
    if not inner or len(line) > 200:
        return False
    decorated = line.startswith("---") and line.endswith("---") and len(inner) <= 150
    return decorated or inner.casefold() in _ORIGINAL or _is_of_notes(line)


def _is_of_notes(line: str) -> bool:
    """Whether a line is "Ann Example ---03/03/2026 09:00:00 AM---Hello", as Notes has it."""
    _, _, behind = line.partition("---")
    date, closed, _ = behind.partition("---")
    return bool(closed) and len(date) <= 40 and has_date(date)


def is_mobile_signature(line: str) -> bool:
    """Whether a line is "Sent from my iPhone" or its like, and not the beginning of a sentence."""
    bare = line.strip(" *_-.>").casefold()
    if not bare or len(bare) > 150:
        return False
    if bare.endswith(_SENT_FROM_ENDINGS):
        return len(bare) <= 60
    words = bare.split("<")[0].split("http")[0].split()
    return bare.startswith(_SENT_FROM) and len(words) <= _SIGNATURE_WORDS
