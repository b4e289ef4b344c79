"""
Start ./bin/serve as the README says and walk the main job over HTTP: read the explainer, send the form, find the
lead and its mails. Needs nothing but the standard library. Exits non-zero with a sentence at the first thing that
is not so.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
EXPLAINER = "/articles/key-differences-between-bpo-and-kpo/"


@contextlib.contextmanager
def served() -> Iterator[tuple[str, str, Path]]:
    """The address of a new site, the output of its start, and where its mail lands."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as var, open(Path(var, "log"), "w+") as log:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", var),
            "PORT": str(port),
            "VAR_DIR": var,
        }
        process = subprocess.Popen(
            ["./bin/serve"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=as_in_a_terminal,
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz", process)
            yield f"http://127.0.0.1:{port}", Path(log.name).read_text(), Path(var, "mail")
        finally:
            process.send_signal(signal.SIGINT)
            status = process.wait(timeout=30)
            print(Path(log.name).read_text(), end="")
        expect(status == 0, f"Ctrl-C ended bin/serve with status {status}, not 0")


def as_in_a_terminal() -> None:
    """Let Ctrl-C arrive: where this script runs in the background, it is ignored from the start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for(url: str, process: subprocess.Popen) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        expect(process.poll() is None, "bin/serve ended before it answered")
        time.sleep(0.2)
    sys.exit("walk: bin/serve did not answer within two minutes")


def expect(holds: bool, otherwise: str) -> None:
    if not holds:
        sys.exit(f"walk: {otherwise}")


def find(pattern: str, text: str, what: str) -> re.Match[str]:
    found = re.search(pattern, text)
    expect(found is not None, f"no {what}")
    assert found is not None
    return found


class Visitor:
    """A minimal browser: keeps cookies, follows redirects."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.cookies = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def open(self, path: str, data: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Status, final address and text."""
        body = urlencode(data).encode() if data is not None else None
        request = urllib.request.Request(self.base + path, body, {"Referer": self.base + path})
        try:
            with self.opener.open(request, timeout=30) as response:
                return response.status, response.url, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.url, error.read().decode()


def log_in(staff: Visitor, password: str) -> None:
    page = staff.open("/admin/login/")[2]
    token = find(r'name="csrfmiddlewaretoken" value="([^"]+)"', page, "log-in form")[1]
    login = {"username": "admin", "password": password, "csrfmiddlewaretoken": token, "next": "/admin/"}
    status, url, page = staff.open("/admin/login/", login)
    expect(url == f"{staff.base}/admin/", f"log-in ends at {url} with {status}")
    expect("Nobody is told of new enquiries by e-mail" in page, "the admin does not warn that no address is known")


def tell_sales(staff: Visitor) -> None:
    """Enter who hears of enquiries, as the warning on the front page says."""
    page = staff.open("/admin/outbox/outboxsettings/add/")[2]
    token = find(r'name="csrfmiddlewaretoken" value="([^"]+)"', page, "outbox settings")[1]
    settings = {
        "alert_to": "sales@site.example",
        "acknowledge": "on",
        "acknowledged_per_day": "1",
        "acknowledged_per_hour": "200",
        "csrfmiddlewaretoken": token,
    }
    status, _, page = staff.open("/admin/outbox/outboxsettings/add/", settings)
    expect(status == 200 and "was added successfully" in page, f"the outbox settings answer {status}")


def main() -> None:
    with served() as (base, printed, mail):
        password = find(r"'admin' with the password (\S+)", printed, "password in the output of bin/serve")[1]
        staff = Visitor(base)
        log_in(staff, password)
        tell_sales(staff)
        prospect = Visitor(base)
        expect(EXPLAINER in prospect.open("/")[2], "home does not list the explainer")
        status, _, page = prospect.open(EXPLAINER)
        expect(status == 200, f"the explainer answers {status}")
        expect("The Key Differences Between BPO and KPO</h1>" in page, "the explainer has no title")
        stylesheet = find(r'<link rel="stylesheet" href="([^"]+)"', page, "stylesheet")[1]
        expect(prospect.open(stylesheet)[0] == 200, "the stylesheet is missing")

        one, other = find(r"What is (\d) \+ (\d)\?", page, "math question").groups()
        form = {
            "first_name": "Ana",
            "last_name": "Reyes",
            "phone": "0917 123 4567",
            "email": "ana@example.com",
            "space_requirements": "Ten designers in Makati by March.",
            "math_answer": "99",
            "math_challenge": find(r'name="math_challenge" value="([^"]+)"', page, "challenge")[1],
            "page": EXPLAINER,
            "leave_blank": "",
        }
        status, _, page = prospect.open("/contact/", form)
        expect(status == 422, f"a wrong answer is met with {status}")
        expect("Ten designers in Makati by March.</textarea>" in page, "what was typed is lost")
        form["math_answer"] = str(int(one) + int(other))
        status, url, page = prospect.open("/contact/", form)
        expect(status == 200 and "/contact/thanks/" in url, f"the enquiry ends at {url} with {status}")
        code = find(r"<strong>([0-9A-Z]{4}-[0-9A-Z]{4})</strong>", page, "reference code")[1]
        expect(not list(prospect.cookies), "the public pages set a cookie")

        status, _, page = staff.open(f"/admin/leads/lead/?{urlencode({'q': code})}")
        expect(status == 200, f"the search answers {status}")
        expect("Ana Reyes" in page and "1 lead" in page, "the lead is not found by its code")
        for _ in range(100):
            mails = [path.read_text() for path in mail.glob("*.eml")]
            if len(mails) == 2:
                break
            time.sleep(0.2)
        expect(
            sum(code in text for text in mails) == 2, "sales was not alerted, or the prospect has no acknowledgement"
        )
        print(f"walk: read the explainer, sent the form, found the lead by {code}, and its mails")


if __name__ == "__main__":
    main()
