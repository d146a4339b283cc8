"""The errors of Xiansou. Core code knows codes; only `api/errors.py` knows HTTP statuses.

XiansouError
├── ConfigError      a setting is wrong; names it and the fix               (exit code 2)
├── InputError       what the caller sent is wrong; names the field and the fix
│   └── ParseError   a document cannot be read; typed by `code`
├── NotFound         no such document, version, job, answer
├── Conflict         the record disagrees (another writer, another collection)
├── IndexBehind      `min_index_version` is ahead of the record
├── Unauthorized     nobody we know, or a key that is wrong, expired or revoked
├── Forbidden        known, but not allowed to do this
├── UpstreamError    an LLM, Redis or database did not do its part
├── Cancelled        who asked went away before the answer was there
└── Overloaded       try again after `retry_after` seconds
    └── LimitReached the caller has used up what it may

"I don't know" is a value (`status: refused`), not an error.
"""


class XiansouError(Exception):
    """Base of all errors raised on purpose.

    Attributes:
        code: machine-readable, stable snake_case name of the kind of error.
        field: the setting or request field at fault, or None.
        fix: one sentence that says what to do, or None.
    """

    code = "error"

    def __init__(self, detail: str, *, field: str | None = None, fix: str | None = None, code: str | None = None):
        super().__init__(detail)
        self.detail = detail
        self.field = field
        self.fix = fix
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"{self.detail} {self.fix}" if self.fix else self.detail


class ConfigError(XiansouError):
    """A setting or the environment is wrong."""

    code = "config"


class InputError(XiansouError):
    """What the caller sent is wrong."""

    code = "invalid_input"


class ParseError(InputError):
    """A document cannot be turned into text.

    Codes: `empty`, `binary`, `too_large`, `unsupported`, `unreadable`, `encrypted`, `broken`, `needs_ocr`;
    of the process that parses: `timeout`, `out_of_memory`, `crashed`.
    """

    code = "unreadable"


class NotFound(XiansouError):
    """No such thing in the record."""

    code = "not_found"


class Conflict(XiansouError):
    """The record disagrees with what was asked."""

    code = "conflict"


class IndexBehind(XiansouError):
    """The demanded index version is not in the record (yet)."""

    code = "index_behind"


class Unauthorized(XiansouError):
    """The caller did not say who it is, or nobody is that."""

    code = "unauthorized"


class Forbidden(XiansouError):
    """The caller is known and may not do this."""

    code = "forbidden"


class UpstreamError(XiansouError):
    """A backend that we depend on failed."""

    code = "upstream"


class Cancelled(XiansouError):
    """Who asked went away; there is nobody to tell it to."""

    code = "cancelled"


class Overloaded(XiansouError):
    """Too much work at once; `retry_after` is in seconds."""

    code = "overloaded"

    def __init__(self, detail: str, *, retry_after: float = 1.0, code: str | None = None):
        super().__init__(detail, code=code)
        self.retry_after = retry_after


class LimitReached(Overloaded):
    """The caller has used up its rate, tokens or spend; `retry_after` is in seconds."""

    code = "limit_reached"
