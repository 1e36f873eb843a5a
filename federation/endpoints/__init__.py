"""The protocol's own addresses, as Starlette routes: discovery, inboxes, actors, activities."""

from federation.endpoints.routes import protocol_routes

__all__ = ["protocol_routes"]
