"""What this feature brings."""

from sebangsa.features import Feature
from chat.registering import register

FEATURE = Feature(
    name="chat",
    models=("chat.models",),
    register=register,
)
