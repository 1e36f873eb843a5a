"""What can go wrong for a person: a sentence for them, a stable code for programs, a status for HTTP."""

from __future__ import annotations

from collections.abc import Mapping


class Sentence(str):
    """An English sentence with its values filled in, that still knows what to look up in a catalogue."""

    message: str
    values: Mapping[str, object]

    def __new__(cls, message: str, values: Mapping[str, object]) -> Sentence:
        made = super().__new__(cls, message % values if values else message)
        made.message, made.values = message, values
        return made


class ProductError(Exception):
    """Base of the errors that pages and API turn into an answer.

    `code` is stable. `sentence` is translated where it is shown; its `%(name)s` are filled with `values`.
    """

    status = 400

    def __init__(self, code: str, sentence: str, *, field: str = "", **values: object) -> None:
        self.code = code
        self.sentence = Sentence(sentence, values) if values else sentence
        self.field = field
        super().__init__(f"{code}: {self.sentence}")


class NotFound(ProductError):
    """There is no such thing for this viewer, whether or not it exists for others."""

    status = 404

    def __init__(self, sentence: str = "There is no such thing here.") -> None:
        super().__init__("not-found", sentence)


class Gone(ProductError):
    """It was here and was deleted for good."""

    status = 410

    def __init__(self, sentence: str = "This was deleted.") -> None:
        super().__init__("gone", sentence)


class NotAllowed(ProductError):
    """The person may not do this here."""

    status = 403


class Invalid(ProductError):
    """What was given cannot be used; `field` names which part."""

    status = 422


class SignInNeeded(ProductError):
    """Only for somebody who is signed in."""

    status = 401

    def __init__(self, sentence: str = "Sign in first.") -> None:
        super().__init__("sign-in-needed", sentence)


class TooMany(ProductError):
    """A rate limit was met; `retry_after` is in seconds."""

    status = 429

    def __init__(self, sentence: str, retry_after: int) -> None:
        super().__init__("too-many", sentence)
        self.retry_after = retry_after
