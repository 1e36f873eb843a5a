"""What this feature brings."""

from sebangsa.features import Feature

FEATURE = Feature(name="moderation")
