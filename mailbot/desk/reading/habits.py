"""Knows a robot's reply by what it does: two or three things that robots say together.

No person opens with thanks for the mail and promises an answer, in one breath with an absence.
The words are stems in many languages, folded and casefolded; one alone says nothing. phrases.py
has those that say it alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from mailbot.desk.reading import persons, phrases

_GREETING = 40  # characters before the thanks of a robot; a person thanks in the end
# fmt: off
_SAID: Mapping[str, tuple[str, ...]] = {
    "automatic": (
        "automatic", "automated", "auto-generated", "system generated", "automatisch",
        "automatique", "automático", "automática", "automaticamente", "automatiquement",
        "automáticamente", "automatisk", "automaatti", "automatyczn", "automatick", "automatikus",
        "automat ", "automatsk", "samodejn", "автоматич", "otomatik", "αυτόματ", "otomatis",
        "自動", "自动", "자동", "تلقائي", "אוטומטי", "tự động", "อัตโนมัติ", "automātisk",
    ),
    "thanks": (
        "thank you for your", "thanks for your", "thank you for contacting",
        "thanks for contacting",
        "thank you for writing", "thanks for writing", "thank you for reaching",
        "thanks for reaching", "thank you for getting in", "thanks for getting in touch",
        "danke für ihre", "danke für deine", "vielen dank für ihre", "vielen dank für deine",
        "vielen dank für die", "merci de votre", "merci pour votre", "remercie de votre",
        "remercions de votre", "remercie pour votre", "gracias por su", "gracias por tu",
        "gracias por contactar", "gracias por escribir", "obrigado pel", "obrigada pel",
        "obrigado por", "agradecemos", "grazie per", "la ringrazi", "bedankt voor", "dank voor uw",
        "dank u voor", "tack för dit", "tack för att", "tak for din", "takk for din",
        "kiitos viest",
        "kiitos sähköpost", "dziękuję za", "dziękujemy za", "děkuji za", "děkujeme za",
        "ďakujem za", "ďakujeme za", "köszönöm", "köszönjük", "mulțumesc", "mulțumim",
        "спасибо за", "благодарим за", "дякую за", "дякуємо за", "teşekkür", "ευχαριστ",
        "благодаря за", "благодарим ви", "hvala na", "hvala za", "hvala vam",
        "ありがとうございます",
        "感谢您", "感謝您", "谢谢您", "謝謝您", "감사합니다", "شكرا", "شكرًا", "תודה על",
        "cảm ơn", "terima kasih", "ขอบคุณ",
    ),
    "received": (
        "we have received your", "we've received your", "we received your",
        "has been received", "was received", "got your message",
        "got your request",
        "got your email", "acknowledge receipt", "confirming that we", "mail erhalten",
        "nachricht erhalten", "anfrage erhalten", "bei uns eingegangen", "eingangsbestätigung",
        "bien reçu", "accusons réception", "accuse réception", "hemos recibido", "he recibido su",
        "recebemos", "recebi a sua", "abbiamo ricevuto", "goede orde ontvangen",
        "bericht ontvangen",
        "mail ontvangen", "har mottagit", "har tagit emot", "har modtaget", "har mottatt",
        "vastaanottaneet", "vastaanotettu", "otrzymaliśmy", "obdrželi jsme", "prijali sme",
        "megkaptuk", "am primit", "получили", "получено", "зарегистриров", "отримали", "aldık",
        "alınmıştır", "λάβαμε", "получихме", "primili smo", "受け付け", "受付", "拝受", "已收到",
        "已经收到", "收到您", "접수", "استلمنا", "קיבלנו", "đã nhận", "telah menerima", "ได้รับ",
    ),
    "later": (
        "respond within", "response may", "reply may", "responded to", "will be processed",
        "bearbeitet", "bearbeiten", "behandelt", "traitée", "traiterons", "recontacterons",
        "tramitada", "atendid", "processada", "gestita", "elaborata", "behandeld", "behandlas",
        "behandles", "svare deg", "svarar dig", "svarer dig", "vastaamme", "rozpatrzon",
        "zpracov", "feldolgoz", "soluționat", "рассмотрен", "обработан", "розглян", "dönüş yap",
        "işleme al", "回复您", "回覆您", "处理", "處理", "対応", "처리",
        "will get back", "be in touch", "with you soon", "will respond", "will reply",
        "will answer", "reply time", "receive a response", "receive a reply", "business day",
        "working day", "being reviewed", "we're on it", "under number", "melden uns", "melde mich",
        "bei ihnen melden", "beantworten wir", "werde ich beantworten", "wieder für sie da",
        "wieder erreichbar", "nach meiner rückkehr", "vous répondr", "reviendrons vers vous",
        "reviendrai vers vous", "recontacter", "mon retour", "responderemos", "responderé",
        "responderei", "contestaremos", "en contacto con", "mi regreso", "entraremos em conta",
        "quando voltar", "meu regresso", "risponderemo", "risponderò", "mio rientro",
        "contatteremo", "neem ik contact", "nemen wij contact", "contact met u op", "beantwoord",
        "återkommer", "svarar så snart", "vender tilbage", "svarer så", "kontakter dig",
        "vastaan", "palaamme asiaan", "palattuani", "odpowiem", "skontaktuj", "odpovím",
        "odpovíme", "ozveme", "odpoviem", "válaszol", "hamarosan", "voi răspunde", "vom răspunde",
        "voi reveni", "отвечу", "ответим", "свяжемся", "відповім", "зв'яжемося", "yanıtlayaca",
        "dönüş yapaca", "cevaplayaca", "απαντήσ", "επικοινωνήσ", "ще отговор", "ще се свърж",
        "odgovorit", "javit", "ご連絡いたします", "返信いたします", "回答いたします", "ご返信",
        "尽快回", "尽快给", "尽快与", "儘快", "盡快", "及时回复", "답변", "연락드리", "سنرد",
        "سأرد",
        "سنتواصل", "נחזור אלי", "אחזור אלי", "sẽ trả lời", "sẽ phản hồi", "sẽ liên hệ",
        "akan membalas", "akan menghubungi", "จะติดต่อ", "จะตอบ",
    ),
    "away": (
        "off sick", "i am sick", "i'm sick", "i am ill", "i'm ill", "erkrankt", "fortbildung",
        "schulung", "malade", "en formation", "de baja", "de licencia", "de licença", "malattia",
        "ziek", "cursus", "sjuk", "er syg", "er syk", "kursus", "sairas", "zwolnieniu", "szkoleni",
        "nemocn", "školení", "beteg", "больнич", "лікарнян", "raporlu", "病欠", "病假", "병가",
        "휴무", "attending a", "am on jury duty", "i have retired", "i am retired",
        "parental leave",
        "sick leave", "ausser haus", "krank",
        "nicht mehr bei", "arbeite nicht mehr", "im mutterschutz", "ne travaille plus",
        "no me encuentro", "ya no trabaj", "não trabalho mais", "fora da empresa",
        "da empresa, ret",
        "non lavoro più", "werk niet meer", "niet meer werkzaam", "slutat", "ikke lenger",
        "już nie pracuj", "больше не работа", "çalışmıyor", "離職", "离职", "退職", "퇴사",
        "on vacation", "on holiday", "the holidays", "on leave", "annual leave",
        "out of the office", "out of office",
        "out of town", "out sick", "away from", "i am away", "i'm away", "on pto", "am in trial",
        "i am traveling", "i'm traveling", "i am travelling", "i'm travelling",
        "office is closed", "office will be closed",
        "offices are closed",
        "no longer work for", "no longer work at", "urlaub", "nicht im büro", "nicht im haus",
        "nicht am platz", "abwesen",
        "elternzeit", "büro ist", "büro bleibt", "de retour au", "dienstreise", "kehre am",
        "ab dem", "suis absent", "serai absent",
        "absent jusqu", "absente jusqu", "vacances", "en congé",
        "déplacement", "bureau est fermé", "vacaciones", "fuera de la oficina", "ausente",
        "de viaje", "férias", "fora do escritório", "em viagem", "ferie", "fuori sede",
        "fuori ufficio", "assente", "vakantie", "verlof", "afwezig", "niet op kantoor",
        "niet aanwezig", "semester", "föräldraledig", "inte på kontoret", "ikke på kontoret",
        "ikke til stede", "bortreist", "lomalla", "poissa toimist", "urlop", "poza biurem",
        "nieobecn", "delegacj", "dovolen", "mimo kancel", "nepřítom", "szabadság", "az irodában",
        "concediu", "vacanț", "отпуск", "нет в офисе", "вне офиса", "командировк", "отсутств",
        "відпустк", "відрядж", "відсутн", "izinde", "tatilde", "ofiste değil", "ofis dışı",
        "σε άδεια", "απουσ", "годишњ", "godišnj", "odsut", "na dopustu", "休暇", "不在", "出張",
        "休業", "休假", "出差", "外出", "휴가", "부재", "출장", "إجازة", "خارج المكتب", "חופש",
        "מחוץ למשרד", "nghỉ", "công tác", "sedang cuti", "พักร้อน", "ไม่อยู่", "atvaļinājum",
        "atostog", "puhkus",
    ),
    "back": (
        "monday", "tuesday", "wednesday", "thursday", "friday", "montag", "dienstag", "mittwoch",
        "donnerstag", "freitag", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "lunes",
        "martes", "miércoles", "jueves", "viernes", "segunda", "terça", "quarta", "quinta",
        "sexta", "lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "maandag", "dinsdag",
        "woensdag", "donderdag", "vrijdag", "mandag", "tirsdag", "onsdag", "torsdag", "fredag",
        "måndag", "tisdag", "poniedział", "piątku", "pondělí", "pátku", "понедельник", "пятниц",
        "月曜", "周一", "월요일", "내일", "明天", "明日", "nuevo aviso", "not reading",
        "lees mijn mail niet", "läser inte", "this week", "today", "tomorrow", "sporadically",
        "limited access", "successor",
        "diese woche", "heute", "morgen", "begrenzt", "nachfolg", "bitte wenden", "cette semaine",
        "aujourd'hui", "demain", "accès limité", "esta semana", "hoy", "mañana", "acceso limitado",
        "no momento", "retorno", "hoje", "amanhã", "acesso limitado", "oggi", "domani",
        "accesso limitato", "deze week", "vandaag", "beperkt", "i dag", "idag", "svarar inte",
        "svarer ikke", "tänään", "dzisiaj", "ograniczony", "dnes", "ma ", "ограничен", "сегодня",
        "bugün", "sınırlı", "今日", "本日", "今天", "오늘", "返信が遅", "empresa",
        "until", " till ", "return", "be back", "back on", "back in", "bis zum", " bis ", "zurück",
        "wieder", "jusqu'au", "de retour", "hasta el", "regreso", " até ", "regress", "fino al",
        "rientro", " tot ", "terug", "bereikbaar", "åter", "tillbaka", "tilbage", "tilbake",
        "asti", " do ", "powro", "návrat", "-ig ", "până", " до ", "возвращ", "вернусь", "kadar",
        "döndü", "μέχρι", "επιστρ", "まで", "以降", "回来", "返回", "回到", "까지", "복귀", "حتى",
        " עד ", "đến", "sampai", "kembali", "ถึง", "momentálne", "momenteel", "jelenleg", "сейчас",
        "currently", "derzeit", "zurzeit", "momentan", "actuellement", "actualmente", "atualmente",
        "attualmente", "obecnie", "şu anda", "最近", "目前", "正在", "현재", "ขณะนี้", "sedang",
    ),
    "urgent": (
        "urgent", "emergency", "immediate assistance", "dringend", "d'urgence", "urgencia",
        "urgência", "urgenz", "brådskande", "haster", "hastesak", "kiireelli", "piln", "naléhav",
        "sürgős", "срочн", "терміново", "acil", "επείγ", "спешн", "hitn", "緊急", "お急ぎ", "紧急",
        "긴급", "عاجل", "דחוף", "khẩn", "mendesak", "ด่วน", "please contact", "bitte an ",
        "merci de contacter", "please direct", "please call",
    ),
    "ticket": (
        "been logged", "been registered", "reference:", "reference number", "unter der nummer",
        "sous le numéro", "con el número", "sob o número", "con il numero", "onder nummer",
        "prise en compte", "ha sido registrad", "foi registrad", "presa in carico", "geregistreerd",
        "registrerat", "registreret", "zarejestrowan", "zaevidov", "rögzített", "înregistrat",
        "под номером", "зареєстрован", "kaydedil", "ticket number", "ticket #", "ticket id",
        "support ticket", "new ticket", "your incident", "incident number",
        "your request (", "vorgangsnummer", "номер обращения", "受付番号",
        "문의번호", "工单", "zgłoszeni", "has been created", "has been opened",
    ),
    "your request": (
        "your inquiry", "your enquiry", "your request", "your question", "your email",
        "your e-mail",
        "your message", "ihre anfrage", "ihr anliegen", "ihre e-mail", "ihre nachricht",
        "votre demande", "votre message", "su solicitud", "su consulta", "sua solicitação",
        "seu pedido", "sua mensagem", "sua richiesta", "vostra richiesta", "uw aanvraag",
        "uw vraag", "uw bericht", "ditt ärende", "din henvendelse", "viestisi", "yhteydenot",
        "zgłoszenie", "zapytanie", "váš dotaz", "vaše žádost", "megkeresés", "solicitarea",
        "ваш запрос", "ваше обращение", "ваше сообщение", "ваш запит", "talebiniz", "mesajınız",
        "αίτημά σασ", "お問い合わせ", "您的来信", "您的邮件", "您的咨询", "문의", "طلبك", "פנייתך",
    ),
    # What a guard against spam asks for.
    "your mail": (
        "your message", "your email", "your e-mail", "your mail", "you recently sent",
        "ihre nachricht", "ihre e-mail", "ihre mail", "votre message", "votre e-mail",
        "votre courriel", "su mensaje", "su correo", "sua mensagem", "seu e-mail",
        "suo messaggio", "uw bericht", "ditt mejl", "din mail", "вашего письма", "ваше письмо",
        "您的邮件", "您的郵件", "お送りいただいた",
    ),
    "click": (
        "click", "follow the link", "link below", "this link", "simply reply", "reply to this",
        "registration form", "diesen link", "den link", "ce lien", "le lien", "ci-dessous",
        "clique aqui", "haga clic", "este enlace", "clicca", "klik op", "по ссылке", "点击", "點擊",
        "リンク",
    ),
    "guarded": (
        "verif", "junk", "spam", "be delivered", "mail delivered", "message delivered",
        "gets to me", "be held", "being held", "holding",
        "waitlist", "release it", "approved beforehand", "bestätigen", "zugestellt",
        "zurückgehalten", "authentifi", "soit remis", "encaminhada", "entregue", "sea entregado",
        "подтвердите", "не робот", "доставк", "验证", "驗證", "迷惑メール",
    ),
    # What only a person says.
    "wish": (
        "please tell", "please send", "please add", "please remove", "please stop", "i want",
        "i need", "i would like", "i'd like", "and need", "how do i", "not understand",
        "n't understand", "wie kann ich",
        "comment puis", "cómo puedo", "como posso", "come posso", "как мне", "ich möchte",
        "ich will", "je veux",
        "je voudrais", "je ne veux", "quiero", "quisiera", "vorrei", "quero ", "gostaria", "ik wil",
        "jag vill", "jeg vil", "haluan", "chcę", "chci", "chcem", "szeretn", "vreau", "хочу",
        "istiyorum", "θέλω", "искам", "želim", "我想", "我要", "不知道", "怎么", "请问",
        "したいです", "싶습니다", "أريد",
        "אני רוצה", "tôi muốn", "saya ingin", "ต้องการ",
    ),
    "trouble": (
        "n't work", "not work", "can't open", "cannot open", "nothing happens", "expired",
        "i click", "funktioniert nicht", "fonctionne pas", "no funciona", "não funciona",
        "non funziona", "не работает",
    ),
}
_TOGETHER = (
    {"away", "thanks"}, {"away", "back"}, {"away", "later"}, {"away", "urgent"},
    {"your request", "received"}, {"your request", "later"}, {"your request", "ticket"},
    {"received", "thanks"}, {"received", "later"}, {"received", "ticket"}, {"thanks", "later"},
    {"ticket", "later"}, {"automatic", "thanks"}, {"automatic", "received"}, {"automatic", "away"},
    {"automatic", "later"},
)
_ONLY_ROBOTS = ("automatic", "thanks")  # where somebody wishes something, ...
_NO_ASKERS = (*_ONLY_ROBOTS, "received")  # ... or asks
# fmt: on


def is_automatic_reply(opening: str) -> bool:
    """Whether the first lines of a text are those of a vacation mail or of a ticket system.

    Args:
        opening: folded into one line and casefolded.
    """
    if persons.speaks_to_us(opening):
        return False
    alone = any(phrase in opening for phrase in phrases.VACATION_TEXTS)
    said = _signs(opening)
    if "wish" in said and said.isdisjoint(_ONLY_ROBOTS):
        return False
    if _asks(opening) and said.isdisjoint(_NO_ASKERS):
        return False
    return alone or any(pair <= said for pair in _TOGETHER)


def is_challenge(opening: str) -> bool:
    """Whether the first lines of a text ask a sender to show that he is a person.

    Args:
        opening: folded into one line and casefolded.
    """
    if any(phrase in opening for phrase in phrases.CHALLENGE_TEXTS):
        return True
    said = _signs(opening)
    return {"your mail", "click", "guarded"} <= said and "trouble" not in said


def _signs(opening: str) -> set[str]:
    found = {sign for sign, stems in _SAID.items() if any(stem in opening for stem in stems)}
    places = (opening.find(stem) for stem in _SAID["thanks"])
    if min((at for at in places if at >= 0), default=_GREETING) >= _GREETING:
        found.discard("thanks")
    return found


def _asks(opening: str) -> bool:
    """Whether there is a question; the "?" in an address of the web is none."""
    return any(word.rstrip(")\"'").endswith(("?", "？")) for word in opening.split())
