from collections.abc import Iterator

import pytest

from tests.support.production import Production, production_site


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    with production_site(tmp_path_factory.mktemp("production")) as site:
        yield site
