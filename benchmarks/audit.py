"""
What independent checkers say of the public pages as production serves them:

    sudo .venv/bin/python -m benchmarks.audit

Lighthouse (mobile), the Nu HTML checker and the HTTP Observatory, each the authors' own program, installed by npm into
var/audit/. Exits with 1 where a target is missed. Needs node, java, Chromium and nginx, and the ports 80 and 443,
which the Observatory insists on. (axe, the accessibility checker, runs with the tests.)
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.production import ROOT, production_site

TOOLS = ["lighthouse@13.5.0", "vnu-jar@26.9.27", "@mdn/mdn-http-observatory@1.4.8"]
FOLDER = ROOT / "var" / "audit"
MODULES = FOLDER / "node_modules"
SITE = "https://localhost"
EXPLAINER = "/articles/key-differences-between-bpo-and-kpo/"
CATEGORIES = ["performance", "accessibility", "best-practices", "seo"]
WRONG = ["first_name=Ana", "email=ana@gmial.com", "phone=12", "math_answer=3"]  # a post that comes back
STATES: dict[str, list[str]] = {
    "home": ["/"],
    "explainer": [EXPLAINER],
    "contact": ["/contact/"],
    "with errors": ["/contact/", *(part for field in WRONG for part in ("--data-urlencode", field))],
    "thanks": ["/contact/thanks/?ref=7KQ2-M4XW"],
    "privacy": ["/privacy/"],
    "not found": ["/nowhere/"],
    "too large": ["/contact/", "--data", "first_name=" + "a" * 70_000],
    "unknown type": ["/contact/", "--json", "{}"],
}
OBSERVATORY_MAX = (
    135  # all extra credit but two: a site's place on browsers' HSTS list, and cookies, of which it has none
)


def run(command: list[str], **environment: str) -> str:
    """Its output, whatever its exit code says: the checkers exit with 1 where they find something."""
    return subprocess.run(
        command, capture_output=True, text=True, cwd=FOLDER, env={**os.environ, **environment}, check=False
    ).stdout


def lighthouse(path: str) -> dict[str, int]:
    """The four scores of one page, of 100 each."""
    flags = "--chrome-flags=--headless --no-sandbox --ignore-certificate-errors"
    command = [str(MODULES / ".bin" / "lighthouse"), SITE + path, "--output=json", "--quiet", flags]
    command.append(f"--only-categories={','.join(CATEGORIES)}")
    report = json.loads(run(command, CHROME_PATH=shutil.which("chromium") or ""))
    return {name: round(100 * report["categories"][name]["score"]) for name in CATEGORIES}


def html_errors(pages: Path) -> list[str]:
    """What the Nu HTML checker holds against the files of the folder."""
    jar = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
    command = ["java", "-jar", str(jar), "--format", "json", "--stdout", "--exit-zero-always", str(pages)]
    return [f"{Path(each['url']).name}: {each['message']}" for each in json.loads(run(command))["messages"]]


def observatory(certificate: Path) -> dict:
    """The scan's report. The lists of names that it downloads for itself stay empty: localhost is on none of them."""
    home = MODULES / "@mdn" / "mdn-http-observatory"
    for name in ["hsts-preload.json", "tld-list.json"]:
        (home / "conf" / name).write_text("{}")
    scan = ["node", str(home / "src" / "scan.js"), "localhost"]
    return json.loads(run(scan, NODE_EXTRA_CA_CERTS=str(certificate)))


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    install = ["npm", "install", "--prefix", str(FOLDER), "--ignore-scripts", "--no-audit", "--no-fund", *TOOLS]
    subprocess.run(install, check=True, capture_output=True)
    missed = False
    with tempfile.TemporaryDirectory() as name, production_site(Path(name), https=443, http=80):
        pages = Path(name) / "pages"
        pages.mkdir()
        for state, (path, *arguments) in STATES.items():
            (pages / f"{state}.html").write_text(run(["curl", "--silent", "--insecure", *arguments, SITE + path]))
        messages = html_errors(pages)
        print(f"Nu HTML checker: {len(messages)} messages on {len(STATES)} pages", *messages, sep="\n  ")
        missed |= bool(messages)

        found = observatory(Path(name) / "certificate.pem")
        failed = [test for test, result in found["tests"].items() if not result["pass"]]
        print(f"HTTP Observatory: {found['scan']['grade']}, score {found['scan']['score']}, failed: {failed or 'none'}")
        for test, result in found["tests"].items():
            print(f"  {test}: {result['result']} ({result['scoreModifier']:+})")
        missed |= bool(failed) or found["scan"]["score"] < OBSERVATORY_MAX

        for state in ["home", "explainer", "contact"]:
            scores = lighthouse(STATES[state][0])
            print(f"Lighthouse, {state}:", ", ".join(f"{name} {score}" for name, score in scores.items()))
            missed |= min(scores.values()) < 100
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
