"""Interim: the design developer replaces this file."""

from typing import Any

from starlette.responses import HTMLResponse


class Templates:
    def __init__(self, folders: Any, site: Any) -> None:
        self.folders = folders

    def render(
        self, request: Any, name: str, context: dict[str, Any], status_code: int = 200
    ) -> HTMLResponse:
        return HTMLResponse("interim", status_code)
