"""What this feature brings."""

from pathlib import Path

from chat.registering import register
from chat.routes import ROUTES
from sebangsa.features import Feature, NavItem

FEATURE = Feature(
    name="chat",
    demo="chat.demo",
    models=("chat.models",),
    routes=ROUTES,
    navigation=(NavItem("Messages", "/chats", "message-circle", 40, requires_sign_in=True),),
    templates=Path(__file__).parent / "templates",
    register=register,
)
