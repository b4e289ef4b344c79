"""External programs that some tests need."""

import os
import shutil

import pytest


def find_tool(name: str, package: str) -> str:
    """
    The path of the program. Without it the test is skipped, or fails if TESTS_SKIP_NOTHING is set, as in .ci/run.
    `package` is its Debian package.
    """
    path = shutil.which(name) or shutil.which(f"/usr/sbin/{name}")
    if path is None:
        missing = f"{name} was not found: on Debian install the package {package}"
        if os.environ.get("TESTS_SKIP_NOTHING"):
            pytest.fail(missing)
        pytest.skip(missing)
    return path
