"""What moderation brings."""

from moderation import inbound
from moderation.domains import gate_of
from sebangsa.features import Feature
from sebangsa.site import Site


def register(site: Site) -> None:
    """Hang the gate of blocked domains and suspended actors into the protocol."""
    site.federation.registry.gates.append(gate_of(site).refuse)


FEATURE = Feature(
    name="moderation",
    models=("moderation.models",),
    inbound={"Flag": inbound.receive_flag},
    register=register,
)
