"""What a feature brings, and which features this instance has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from federation.inbound import Inbound
from federation.registry import Verdict

if TYPE_CHECKING:
    import click
    from starlette.routing import BaseRoute

    from sebangsa.site import Site

InboundHandler = Callable[["Site", Inbound], Awaitable[Verdict | None]]
Job = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class NavItem:
    """One entry of the navigation. `icon` is a name of the sprite; lower `order` comes first.

    With `is_for_some` it is shown to those for whom the counter of its address in `site.badges` has a number.
    """

    label: str
    href: str
    icon: str
    order: int
    requires_sign_in: bool = False
    is_for_some: bool = False


@dataclass(frozen=True)
class Periodic:
    """A job that runs every `seconds`."""

    job: str
    seconds: int


@dataclass(frozen=True)
class Feature:
    """A feature's manifest, the value `FEATURE` of its `feature.py`. Holds no logic."""

    name: str
    models: Sequence[str] = ()
    routes: Sequence[BaseRoute] = ()
    inbound: Mapping[str, InboundHandler] = field(default_factory=dict)
    jobs: Mapping[str, Job] = field(default_factory=dict)
    periodic: Sequence[Periodic] = ()
    navigation: Sequence[NavItem] = ()
    commands: Sequence[click.Command] = ()
    templates: Path | None = None
    register: Callable[[Site], None] | None = None
    """Hangs the feature's gates and events into `site.hooks`."""
    demo: str = ""
    """Module whose `plan(cast: DemoCast)` plans the feature's scenes of the demonstration; loaded for that only."""


def load_features(names: Sequence[str]) -> list[Feature]:
    """The ground feature, then the named ones: our packages, or entry points of the group `sebangsa.features`.

    Raises `SettingsError` for a name that is neither.
    """
    from sebangsa.settings import SettingsError
    from sebangsa.settings_checks import offered_features

    features = [import_module("sebangsa.feature").FEATURE]
    for name in names:
        if name in (offered := offered_features()):
            features.append(offered[name].load())
            continue
        try:
            features.append(import_module(f"{name}.feature").FEATURE)
        except ModuleNotFoundError as error:
            if error.name not in (name, f"{name}.feature"):
                raise
            raise SettingsError([f"SEBANGSA_FEATURES: there is no feature {name!r}."]) from error
    return features
