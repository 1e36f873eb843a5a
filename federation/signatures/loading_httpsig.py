"""httpsig, imported although `pkg_resources` is gone.

httpsig 1.3.0 asks `pkg_resources` for its own version while it is imported. Setuptools 82 no longer brings
that module, and where an old one is left it takes 0.1 s to import: so a stand-in answers for that moment.
"""

from __future__ import annotations

import importlib
import sys
from importlib import metadata
from types import ModuleType, SimpleNamespace
from typing import Any


def _pkg_resources() -> ModuleType:
    module = ModuleType("pkg_resources")
    module.__dict__["DistributionNotFound"] = metadata.PackageNotFoundError
    module.__dict__["get_distribution"] = lambda name: SimpleNamespace(version=metadata.version(name))
    return module


def _import_httpsig() -> None:
    if "pkg_resources" in sys.modules:
        importlib.import_module("httpsig")
        return
    sys.modules["pkg_resources"] = _pkg_resources()
    try:
        importlib.import_module("httpsig")
    finally:
        del sys.modules["pkg_resources"]


_import_httpsig()

HeaderSigner: Any = importlib.import_module("httpsig.sign").HeaderSigner
HeaderVerifier: Any = importlib.import_module("httpsig.verify").HeaderVerifier
_utils = importlib.import_module("httpsig.utils")
CaseInsensitiveDict: Any = _utils.CaseInsensitiveDict
build_signature_template: Any = _utils.build_signature_template
