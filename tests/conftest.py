"""What every test can ask for: real servers, from `tests.services`."""

pytest_plugins = ["tests.services"]
