"""File names of uploads as clients of other languages send them."""

from __future__ import annotations

import pytest
from starlette.requests import Request
from starlette.types import Message

from api.request import read_documents


def upload(disposition: str) -> Request:
    body = f"--B\r\nContent-Disposition: form-data; {disposition}\r\n\r\n保修三年。\r\n--B--\r\n".encode()

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", b"multipart/form-data; boundary=B")]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ('"手册.txt"', "手册.txt"),
        # .NET's MultipartFormDataContent sends both; Starlette reads the first alone.
        ("\"=?utf-8?B?5omL5YaMLnR4dA==?=\"; filename*=utf-8''%E6%89%8B%E5%86%8C.txt", "手册.txt"),
        ('"=?GBK?B?ytay4S50eHQ=?="', "手册.txt"),
        ('"=?unknown?B?5omL5YaM?="', "=?unknown?B?5omL5YaM?="),
        ('"what=?is this.txt"', "what=?is this.txt"),
    ],
)
async def test_a_name_is_the_one_that_was_meant(filename: str, expected: str) -> None:
    (document,) = await read_documents(upload(f'name="file"; filename={filename}'))
    assert (document.id, document.filename) == (expected, expected)
