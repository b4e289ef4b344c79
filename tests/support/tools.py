"""Programs that some tests drive."""

import os
import shutil

import pytest


def find_tool(name: str, package: str) -> str:
    """
    The program's path. Where it is missing the test is skipped, on a machine of a newcomer, or fails, where
    TESTS_SKIP_NOTHING is set, as .ci/run does. `package` is Debian's.
    """
    path = shutil.which(name) or shutil.which(f"/usr/sbin/{name}")
    if path is None:
        missing = f"{name} was not found: on Debian install the package {package}"
        if os.environ.get("TESTS_SKIP_NOTHING"):
            pytest.fail(missing)
        pytest.skip(missing)
    return path
