"""What every test can ask for: real servers from `tests.services`, whole instances from `tests.instances`."""

pytest_plugins = ["tests.services", "tests.instances"]
