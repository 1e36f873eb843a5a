"""What this feature brings."""

from sebangsa.features import Feature
from chat.registering import register

FEATURE = Feature(
    name="chat",
    demo="chat.demo",
    models=("chat.models",),
    register=register,
)
