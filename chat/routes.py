"""The chat's routes."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from chat import api, pages

ROUTES: list[BaseRoute] = [
    *api.ROUTES,
    Route("/chats", pages.chat_list),
    Route("/chats/new", pages.new_chat, methods=["GET", "POST"]),
    Route("/chats/{id:int}", pages.chat_page, methods=["GET", "POST"]),
    Route("/chats/{id:int}/messages/{message:int}/edit", pages.edit_page, methods=["GET", "POST"]),
    Route("/chats/{id:int}/messages/{message:int}/delete", pages.delete_message, methods=["POST"]),
    Route("/chats/{id:int}/{answer}", pages.answer_request, methods=["POST"]),
]
