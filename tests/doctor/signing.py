"""Signs mails as a mail server does, by RSA keys that exist for these tests only."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from mailbot.doctor.loop.signature import canonical_body, canonical_field, split

_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
_RSA = bytes.fromhex("300d06092a864886f70d0101010500")  # rsaEncryption, in DER


@dataclass(frozen=True)
class Key:
    """An RSA key."""

    modulus: int
    private: int
    exponent: int = 65537

    @property
    def octets(self) -> int:
        return (self.modulus.bit_length() + 7) // 8

    @property
    def bare(self) -> bytes:
        """RSAPublicKey in DER."""
        numbers = (self.modulus, self.exponent)
        return der(0x30, b"".join(der(2, n.to_bytes(n.bit_length() // 8 + 1)) for n in numbers))

    @property
    def record(self) -> str:
        """What is published."""
        info = der(0x30, _RSA + der(3, b"\0" + self.bare))
        return f"v=DKIM1; k=rsa; p={base64.b64encode(info).decode()}"

    def sign(self, text: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256."""
        inner = _SHA256 + hashlib.sha256(text).digest()
        padded = b"\0\1" + b"\xff" * (self.octets - len(inner) - 3) + b"\0" + inner
        return pow(int.from_bytes(padded), self.private, self.modulus).to_bytes(self.octets)


def der(tag: int, content: bytes) -> bytes:
    """One element."""
    length = len(content)
    if length < 128:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(octets))) + octets + content


ALL = "from:to:subject:date:message-id:list-unsubscribe:list-unsubscribe-post:auto-submitted"


def signed(
    raw: bytes,
    key: Key,
    domain: str = "court.example",
    selector: str = "mail",
    headers: str = ALL,
    way: str = "relaxed/relaxed",
    more: str = "",
) -> bytes:
    """The mail with a DKIM-Signature on top."""
    fields, body = split(raw)
    header_way, body_way = way.split("/")
    hashed = base64.b64encode(hashlib.sha256(canonical_body(body, body_way)).digest()).decode()
    value = (
        f" v=1; a=rsa-sha256; c={way}; d={domain}; s={selector};{more}\r\n"
        f"\th={headers};\r\n\tbh={hashed};\r\n\tb="
    ).encode()
    left = list(fields)
    lines = b""
    for name in headers.split(":"):
        for field in reversed(left):
            if field[0].decode().strip().lower() == name:
                lines += canonical_field(field, header_way) + b"\r\n"
                left.remove(field)
                break
    lines += canonical_field((b"DKIM-Signature", value), header_way)
    signature = base64.b64encode(key.sign(lines))
    folded = b"\r\n\t ".join(signature[at : at + 70] for at in range(0, len(signature), 70))
    return b"DKIM-Signature:" + value + folded + b"\r\n" + raw


LONG = Key(
    int(
        "b7bcf696afaf2ccbb3a79892278db8ada31542e76353544be501a07d016ba84aeada2d5cafcd2b3e"
        "9beeedcccc239dde7182b127b537baa7dcf1b4b5a0e30618f532d0c820387ae6d4f6edce68474de5"
        "7e59aaa627cefa7bdd99f438830687c430254ae370f0edc7641857f7d00a11428ad9d42bbb1b33bd"
        "c5730aa760c35a75ce40d6fde86b76f9ab5c5d2a075d530f8d198c878d26abf48c3e99714af52b1f"
        "bb62bcc12011a9e2244e3e113036e7e26ea95b48d7e20141b59625b0fd1a440bbd0b2a0b5c35a842"
        "a2e6b59be4a388f8ad570980f27ec839b3f8d759cebad9017388e97ec0618b2b367f3a48d246c3ed"
        "bcff35f011340bd2f9e1274b0069962b",
        16,
    ),
    int(
        "5395a161d4632ed02e16b878088956b19ae661acac892c686831f0c5dd3f11ec9ee108d0c8e2df60"
        "d883fd66f498e148dfbf7202dbd411d42a55447d79c6bd2fde5fb30dcf6692366f3c33db79a1b264"
        "8bb193c98983857c92c7660bcd434bc0ea9c1470da20a832d42ca4dc05a686ca8c2ae2f3cfe6e487"
        "588ae89653151b9185a261dbf97b208e7fdba3fcf9c287cd16354d8d451b934daff72b8c913936b5"
        "7357ee86224002f89285c3f3100db4a102f90b486dc5b76ce2fbd1d02cbe1cef6d1b843028ef5728"
        "491ca9e9c8a82e71f880be066c0d3dabf26046924657b97d481c452ec4f9313876febfde9cfcc175"
        "f16cb5a63d8de8a7e0a8fb849e1a7505",
        16,
    ),
)
SHORT = Key(
    int(
        "96ac3e8ca4b8964f65d076e17c1ca9af56ea6d7e47f0a0dd44ac42b0c2bc06deb2adfdcc6efb1f51"
        "3083240d8ba4b9ef299847e2e8f6056a919e79cbc329f8261bbb7bd549b8ccfdf846107a86a2756a"
        "ff0bc985044d3a0e20ee3a8997e9f243547d68a9319ad5169f70669aef61d7e0853d7c7131d57915"
        "9ec171605bbcc32b",
        16,
    ),
    int(
        "798ec2f3e2dcccdf878bb4ad5bdd2004c6c160ced5a94b8ed81d85bc678f1c97c45ddcf976bc00db"
        "16a1668fcb0e7db776be5598ba4be9b8bd7cb6546ec2c8607160f6f445f8e318883a01d3c07db6fd"
        "faea868f61fd2ecf34aea2ea91a818c63898365f57cf1922c59af00b54372c8b01e8e8166344c46f"
        "c630db25fcd1fb09",
        16,
    ),
)
TINY = Key(
    int(
        "dbbf076dc7010e93b9279a39a1cbf22555effbf38d60116b548686d962fd088a1923312a23f931fb"
        "435391d9e5967111732ef022252258e785f6befeac727113",
        16,
    ),
    int(
        "553f36528ff10906a5bd8746f44d7a12a1d40799e42e709382a6ed8947ad81b1d92872ce8c447c7f"
        "5ca9c434e9f518a9e08f0bfb67704f07f9d0ee00c19bad81",
        16,
    ),
)
