from pathlib import Path

import pytest
from django.conf import settings


@pytest.fixture(autouse=True)
def picture():
    folder = Path(settings.MEDIA_ROOT) / "illustrations"
    folder.mkdir(parents=True)
    (folder / "a.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
    (folder.parent.parent / "secret").write_text("secret")


def test_an_upload_is_served_with_a_sandbox_policy(client):
    response = client.get("/media/illustrations/a.svg")
    assert response.status_code == 200
    assert response["Content-Type"] == "image/svg+xml"
    assert b"<svg" in response.getvalue()
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["missing.svg", "illustrations/", "../secret", "%2e%2e/secret", "illustrations/../../secret", "a" * 300]
)
def test_other_paths_are_not_served(client, path):
    assert client.get(f"/media/{path}").status_code in (400, 404)


def test_uploads_refuse_posts(client):
    assert client.post("/media/illustrations/a.svg").status_code == 405
