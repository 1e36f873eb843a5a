"""Reading what a form sent."""

from __future__ import annotations

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse

from sebangsa.errors import Invalid, NotFound
from sebangsa.web.viewing import MAX_FILE, MAX_FILES, MAX_FORM_FIELDS, local_path


async def form_of(request: Request) -> FormData:
    """The form, within limits; parsed once however often it is asked for."""
    return await request.form(max_files=MAX_FILES, max_fields=MAX_FORM_FIELDS, max_part_size=MAX_FILE)


def text_of(form: FormData, name: str) -> str:
    """A text field; empty when it is missing. Browsers send line ends as CR LF."""
    value = form.get(name, "")
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""


async def files_of(form: FormData, name: str) -> list[bytes]:
    """The files of a field; empty inputs are left out. Raises `Invalid` for one that is too large."""
    found: list[bytes] = []
    for value in form.getlist(name):
        if not isinstance(value, UploadFile) or not value.filename:
            continue
        data = await value.read(MAX_FILE + 1)
        if len(data) > MAX_FILE:
            raise Invalid("too-large", "The picture's file is too large.", field=name)
        if data:
            found.append(data)
    return found


def back_to(request: Request, fallback: str, target: str = "") -> RedirectResponse:
    """After a POST: to the form's `next`, if it is a path of ours, else to `fallback`."""
    return RedirectResponse(local_path(target, fallback), status_code=303)


def id_in(text: str) -> int | None:
    """A cursor or id from a query; None for anything that is no id of ours."""
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        return None
    return found if (found := int(text)) < 2**63 else None  # databases refuse larger ones with an error


def id_of(request: Request, name: str = "id") -> int:
    """The id in the address. Raises `NotFound` for one that no row can have."""
    found = id_in(str(request.path_params[name]))
    if found is None:
        raise NotFound
    return found
