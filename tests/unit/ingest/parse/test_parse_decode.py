"""Bytes to text."""

import pytest

from ingest.parse.decode import decode
from rag.errors import ParseError

ZH = "如何重置密码？点击“忘记密码”，输入您的邮箱地址，然后点击“提交”。"
ZH_HANT = "如何重設密碼？點擊「忘記密碼」，輸入您的電子郵件地址，然後點擊「提交」。"
KO = "비밀번호를 잊으셨나요? 로그인 페이지에서 비밀번호 찾기를 클릭하고 이메일 주소를 입력한 다음 제출을 클릭하십시오."
RU = "Пароль можно сбросить на странице входа, если вы его забыли."


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (ZH, "utf-8"),
        (ZH, "utf-8-sig"),
        (ZH, "gb18030"),
        (ZH, "gbk"),
        (ZH, "utf-16"),
        (ZH, "utf-16-le"),
        (ZH_HANT, "big5"),
        ("plain ascii text", "utf-16-be"),
        ("𠮷野家在哪里？请问怎么走。", "gb18030"),
        ("Crème brûlée à la façade", "cp1252"),
        ("He said “hello” – 5 €", "cp1252"),
        (RU, "cp1251"),
        (KO, "euc_kr"),
    ],
)
def test_encodings(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


def test_line_ends_stay_as_they_are() -> None:
    assert decode(b"a\r\nb\rc\n") == "a\r\nb\rc\n"


def test_a_declared_encoding_is_used_when_it_fits_and_ignored_when_not() -> None:
    assert decode("привет мир".encode("koi8-r"), "koi8-r") == "привет мир"
    assert decode(ZH.encode("gb18030"), "ascii") == ZH
    assert decode(ZH.encode(), "no-such-encoding") == ZH


def test_a_few_broken_bytes_do_not_change_the_encoding() -> None:
    text = decode(ZH.encode() * 20 + b"\xff" + ZH.encode())
    assert text == ZH * 20 + "\ufffd" + ZH


@pytest.mark.parametrize("content", [bytes(range(256)) * 20, b"\x00\x01\x02" * 200, b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" * 9])
def test_binary(content: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        decode(content)
    assert caught.value.code == "binary"
    assert caught.value.fix
