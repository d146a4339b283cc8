"""What comes in: strict JSON bodies, document ids, files, and no query parameter that a route does not have."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from pathlib import PurePosixPath
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import Depends, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.convertors import Convertor, register_url_convertor
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from api.errors import unknown_parameter
from api.schemas import DocumentBody, DocumentFields, SharedFields
from api.wire.dialects import OPENAI_PATHS
from ingest.expand import expand, is_archive
from rag.domain import DocumentInput
from rag.domain.validation import check_document_id
from rag.errors import InputError, ParseError

Model = TypeVar("Model", bound=BaseModel)

_OF_OPENAIS_CLIENTS = ("api-version",)  # Azure's send it with everything
_TEXT_ADDRESS = re.compile(r"/versions/[0-9]+/text\Z")
_ENCODED_WORD = re.compile(r"=\?[\w-]+\?[bBqQ]\?[^?\s]*\?=")
_ZIP_TYPES = ("application/zip", "application/x-zip-compressed")
_UNKNOWN_TYPES = ("", "application/octet-stream")  # what clients send when they do not know
_JSON_FIELDS = ("metadata",)
_MANY = ("acl",)  # may be repeated, or be a JSON array


class _StrictRequest(Request):
    async def json(self) -> Any:
        return orjson.loads(await self.body())


class JsonRoute(APIRoute):
    """Reads bodies with orjson, which refuses NaN and lone surrogates, and refuses bodies of another type by name."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def read(request: Request) -> Response:
            if self.body_field is not None and not _is_json(_media_type(request)):
                raise _wrong_type("application/json")
            return await handle(_StrictRequest(request.scope, request.receive))

        return read


async def only_known_parameters(request: Request) -> None:
    """A dependency of all routes: a misspelt parameter is refused, not ignored. Raises InputError naming it."""
    known = [parameter.alias for parameter in request.scope["route"].dependant.query_params]
    openai = request.url.path.startswith(OPENAI_PATHS)
    for name in request.query_params:
        if name not in known and not (openai and name in _OF_OPENAIS_CLIENTS):
            raise unknown_parameter(name, known)


class _AnyText(Convertor[str]):
    """As Starlette's `path`, which takes no line breaks: it would cut one off the end of an id that we must refuse."""

    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("document_id", _AnyText())


async def _document_id(id: Annotated[str, Path(description="Up to 512 characters; slashes and any script are fine.")]) -> str:
    check_document_id(id)
    if "\ufffd" in id:  # what a server makes of bytes that are not UTF-8: distinct ids would become one
        raise InputError("the id in the address is not UTF-8.", field="id", fix="Percent-encode it as UTF-8.")
    return id


DocumentId = Annotated[str, Depends(_document_id)]


async def read_document(request: Request, document_id: str) -> DocumentInput:
    """The document of a PUT, from JSON or a multipart form. Raises InputError, RequestValidationError."""
    if _TEXT_ADDRESS.search(document_id):
        raise InputError("an id must not end like the address of a version's text.", field="id", fix="Use another id.")
    media_type = _media_type(request)
    if media_type == "multipart/form-data":
        async with request.form() as form:
            return await _one_file(form, document_id)
    if not _is_json(media_type):
        raise _wrong_type("application/json or multipart/form-data")
    body = await request.body()
    return await run_in_threadpool(_from_json, body, document_id)


async def read_documents(request: Request) -> list[DocumentInput]:
    """The files of a POST; each becomes a document named by its filename, each member of a zip `name.zip/member`.

    Raises InputError, RequestValidationError.
    """
    if _media_type(request) != "multipart/form-data":
        raise _wrong_type("multipart/form-data")
    async with request.form() as form:
        shared = _validated(SharedFields, _fields(form))
        documents: dict[str, DocumentInput] = {}
        for part, upload in form.multi_items():
            if not isinstance(upload, UploadFile):
                continue
            for doc in await _documents_of(part, upload, shared):
                if doc.id in documents:
                    raise InputError(f"two files are named {doc.id!r}.", field=part, fix="Rename one of them.")
                documents[doc.id] = doc
    if not documents:
        raise InputError("there is no file in the form.", field="file", fix="Add one part with a filename for each.")
    return list(documents.values())


def _from_json(body: bytes, document_id: str) -> DocumentInput:
    try:
        fields = _validated(DocumentBody, orjson.loads(body))
    except orjson.JSONDecodeError as exc:
        fault = {"type": "json_invalid", "loc": ("body", exc.pos), "msg": exc.msg, "ctx": {"error": exc.msg}}
        raise RequestValidationError([fault]) from exc
    guessed = "text/markdown" if document_id.lower().endswith(".md") else "text/plain"
    return DocumentInput(document_id, fields.text.encode(), **{"mime_type": guessed} | fields.given())


async def _one_file(form: FormData, document_id: str) -> DocumentInput:
    files = [(part, value) for part, value in form.multi_items() if isinstance(value, UploadFile)]
    if len(files) != 1 or files[0][0] != "file":
        names = ", ".join(f"`{part}`" for part, _ in files) or "none"
        raise InputError(f"exactly one file part `file` is needed; there is {names}.", field="file", fix="Send one.")
    fields = _validated(DocumentFields, _fields(form))
    return await _from_file(files[0][1], document_id, "file", fields)


async def _documents_of(part: str, upload: UploadFile, shared: SharedFields) -> list[DocumentInput]:
    id_ = _id_of_file(part, upload)
    if not _is_zip(upload):
        return [await _from_file(upload, id_, part, shared)]
    content = await upload.read()

    def documents() -> list[DocumentInput]:
        inputs = []
        for name, inner in expand(content, id_):
            try:
                inputs.append(
                    DocumentInput(check_document_id(name), inner, filename=PurePosixPath(name).name, **shared.given())
                )
            except InputError as exc:
                raise InputError(f"in the archive: {exc.detail}", field=part, fix=exc.fix) from exc
        return inputs

    try:
        return await run_in_threadpool(documents)
    except ParseError as exc:
        raise ParseError(exc.detail, field=part, fix=exc.fix, code=exc.code) from exc


def _is_zip(upload: UploadFile) -> bool:
    sent_as = (upload.content_type or "").partition(";")[0].strip().lower()
    return sent_as in _ZIP_TYPES or is_archive(_name_of(upload))


def _name_of(upload: UploadFile) -> str:
    """Its filename; .NET's HttpClient sends names outside ASCII as an encoded word (`=?utf-8?B?…?=`), as mails do."""
    name = upload.filename or ""
    if not _ENCODED_WORD.fullmatch(name):
        return name
    try:
        return str(make_header(decode_header(name)))
    except (HeaderParseError, LookupError, ValueError):
        return name


async def _from_file(upload: UploadFile, document_id: str, part: str, shared: SharedFields) -> DocumentInput:
    sent_as, name = (upload.content_type or "").partition(";")[0].strip().lower(), _name_of(upload) or None
    if _is_zip(upload):
        detail = "a zip archive is many documents, and this address is one."
        raise ParseError(detail, field=part, fix="Send it to POST /v1/documents.", code="unsupported")
    return DocumentInput(
        document_id,
        await upload.read(),
        filename=name,
        **{"mime_type": None if sent_as in _UNKNOWN_TYPES else upload.content_type} | shared.given(),
    )


def _id_of_file(part: str, upload: UploadFile) -> str:
    try:
        return check_document_id(_name_of(upload))
    except InputError as exc:
        raise InputError(f"its filename becomes the id: {exc.detail}", field=part, fix=exc.fix) from exc


def _fields(form: FormData) -> dict[str, Any]:
    """Form fields that are no files, as the values that JSON would have."""
    fields: dict[str, Any] = {}
    for name in dict.fromkeys(form.keys()):
        values = [value for value in form.getlist(name) if isinstance(value, str)]
        if not values:
            continue
        if name not in _MANY and len(values) > 1:
            raise InputError(f"`{name}` is given {len(values)} times.", field=name, fix="Send it once.")
        as_json = name in _JSON_FIELDS or (name in _MANY and len(values) == 1 and values[0].lstrip().startswith("["))
        fields[name] = _json_field(name, values[0]) if as_json else values if name in _MANY else values[0]
    return fields


def _json_field(name: str, text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as exc:
        raise InputError(f"`{name}` is not JSON: {exc.msg}.", field=name, fix="Send it as JSON text.") from exc


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _is_json(media_type: str) -> bool:
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))


def _wrong_type(wanted: str) -> InputError:
    return InputError(f"the body must be {wanted}.", field="Content-Type", fix="Set that header.", code="unsupported")


def _validated(model: type[Model], values: Any) -> Model:
    """Raises RequestValidationError, as FastAPI does for the bodies that it reads itself."""
    try:
        return model.model_validate(values)
    except ValidationError as exc:
        raise RequestValidationError(exc.errors()) from exc
