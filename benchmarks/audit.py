"""
Results of independent checkers for the public pages as production serves them:

    sudo .venv/bin/python -m benchmarks.audit

Runs Lighthouse (mobile), the Nu HTML checker and the HTTP Observatory, which npm installs into var/audit/. Exits with 1
if a target is missed. Needs node, java, Chromium and nginx, and the ports 80 and 443, which the Observatory requires.
(axe, the accessibility checker, runs with the tests.)
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.support.production import ROOT, production_site

TOOLS = ["lighthouse@13.5.0", "vnu-jar@26.9.27", "@mdn/mdn-http-observatory@1.4.8"]
FOLDER = ROOT / "var" / "audit"
MODULES = FOLDER / "node_modules"
SITE = "https://localhost"
EXPLAINER = "/articles/key-differences-between-bpo-and-kpo/"
CATEGORIES = ["performance", "accessibility", "best-practices", "seo"]
WRONG = ["first_name=Ana", "email=ana@gmial.com", "phone=12", "math_answer=3"]  # a post that is answered with errors
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
OBSERVATORY_MAX = 135  # without the extra credit for browsers' HSTS list and for cookies: the site sets none


def run(command: list[str], **environment: str) -> str:
    """The output of the command. Ignores its exit status: the checkers exit with 1 if they report anything."""
    return subprocess.run(
        command, capture_output=True, text=True, cwd=FOLDER, env={**os.environ, **environment}, check=False
    ).stdout


def lighthouse(path: str) -> dict[str, int]:
    """The page's score by category, 0 to 100."""
    flags = "--chrome-flags=--headless --no-sandbox --ignore-certificate-errors"
    command = [str(MODULES / ".bin" / "lighthouse"), SITE + path, "--output=json", "--quiet", flags]
    command.append(f"--only-categories={','.join(CATEGORIES)}")
    report = json.loads(run(command, CHROME_PATH=shutil.which("chromium") or ""))
    return {name: round(100 * report["categories"][name]["score"]) for name in CATEGORIES}


def html_errors(pages: Path) -> list[str]:
    """The messages of the Nu HTML checker about the files of the folder."""
    jar = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
    command = ["java", "-jar", str(jar), "--format", "json", "--stdout", "--exit-zero-always", str(pages)]
    messages = json.loads(run(command))["messages"]
    return [f"{Path(message['url']).name}: {message['message']}" for message in messages]


def observatory(certificate: Path) -> dict[str, Any]:
    """The scan's report. Its lists of names, which it would download, are empty: localhost is on none of them."""
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

        report = observatory(Path(name) / "certificate.pem")
        scan, tests = report["scan"], report["tests"]
        failed = [test for test, result in tests.items() if not result["pass"]]
        print(f"HTTP Observatory: {scan['grade']}, score {scan['score']}, failed: {failed or 'none'}")
        for test, result in tests.items():
            print(f"  {test}: {result['result']} ({result['scoreModifier']:+})")
        missed |= bool(failed) or scan["score"] < OBSERVATORY_MAX

        for state in ["home", "explainer", "contact"]:
            scores = lighthouse(STATES[state][0])
            print(f"Lighthouse, {state}:", ", ".join(f"{name} {score}" for name, score in scores.items()))
            missed |= min(scores.values()) < 100
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
