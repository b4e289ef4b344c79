"""The site as in production: real processes of gunicorn behind nginx with deploy/nginx.conf and TLS."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.tools import find_tool

ROOT = Path(__file__).resolve().parents[2]
MODULE = Path("/usr/lib/nginx/modules/ngx_http_brotli_static_module.so")


@dataclass
class Production:
    """The ports of the site, its VAR_DIR, and the process of gunicorn."""

    https: int
    http: int
    backend: int
    var: Path
    gunicorn: subprocess.Popen

    def stop_gunicorn(self) -> None:
        self.gunicorn.send_signal(signal.SIGINT)
        self.gunicorn.wait(timeout=30)


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for sock in sockets:
        sock.bind(("127.0.0.1", 0))
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


def suffix(https: int) -> str:
    """The port as a part of an address; empty for the default port."""
    return "" if https == 443 else f":{https}"


def environment(var: Path, https: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "VAR_DIR": str(var),
        "DJANGO_SECRET_KEY": "a key for tests alone, long enough to be taken for a secret",
        "DJANGO_ALLOWED_HOSTS": "localhost",
        "SITE_URL": f"https://localhost{suffix(https)}",
        "DATABASE_URL": f"sqlite:///{var / 'db.sqlite3'}",
        "TRUSTED_PROXIES": "1",
        "WEB_CONCURRENCY": "2",
    }


def prepare_site(env: dict[str, str]) -> None:
    """
    Fill VAR_DIR as `manage.py prepare` does.

    On SQLite, that is a copy of an installation that is prepared once for all tests: compressing the static files takes
    seconds. PostgreSQL gets a copy of the static files, which `prepare` then leaves as they are.
    """
    if env.get("DATABASE_URL", "").startswith("postgres"):
        copy_static_files(Path(env["VAR_DIR"]))
        subprocess.run([sys.executable, "manage.py", "prepare"], cwd=ROOT, env=env, check=True, capture_output=True)
    else:
        shutil.copytree(prepared_template(), env["VAR_DIR"], dirs_exist_ok=True)


def copy_static_files(var: Path) -> None:
    """Collected static files for a VAR_DIR, so that `manage.py prepare` does not collect them."""
    shutil.copytree(prepared_template() / "static", var / "static")


def prepared_template() -> Path:
    """The VAR_DIR of the prepared installation. The first caller in a run of the suite creates it, also with xdist."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    folder = Path(os.environ["VAR_DIR"]) / "prepared"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        template = folder / run
        if not template.exists():
            for former in folder.iterdir():
                if former.is_dir():
                    shutil.rmtree(former)
            partial = folder / f"{run}.partial"
            env = environment(partial, 443)
            subprocess.run([sys.executable, "manage.py", "prepare"], cwd=ROOT, env=env, check=True, capture_output=True)
            partial.rename(template)
    return template


def wait_until_it_listens(process: subprocess.Popen, port: int, log: Path) -> None:
    for _ in range(300):
        assert process.poll() is None, log.read_text()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail(f"nothing listens on port {port}: {log.read_text()}")


@contextmanager
def running(command: list[str], port: int, log: Path, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen]:
    """The process, as soon as it listens on the port."""
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_until_it_listens(process, port, log)
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(timeout=30)


def nginx_conf(folder: Path, var: Path, https: int, http: int, backend: int) -> Path:
    """deploy/nginx.conf with the addresses and paths of this test."""
    site = (ROOT / "deploy" / "nginx.conf").read_text()
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [find_tool("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    for production, here in {
        "listen 443 ssl http2": f"listen 127.0.0.1:{https} ssl http2",
        "listen [::]:443 ssl http2": f"listen [::1]:{https} ssl http2",
        "listen 80": f"listen 127.0.0.1:{http}",
        "listen [::]:80": f"listen [::1]:{http}",
        "server_name example.com": "server_name localhost",
        "https://$host$request_uri": f"https://$host{suffix(https)}$request_uri",
        "proxy_set_header Host $host": f"proxy_set_header Host $host{suffix(https)}",
        "/etc/letsencrypt/live/example.com/fullchain.pem": str(certificate),
        "/etc/letsencrypt/live/example.com/privkey.pem": str(key),
        "127.0.0.1:8000": f"127.0.0.1:{backend}",
        "/var/cache/nginx/outsourcing-site": str(folder / "cache"),
        "/var/lib/site;": f"{var};",
        "client_header_timeout 10s": "client_header_timeout 1s",
        "client_body_timeout 10s": "client_body_timeout 1s",
    }.items():
        assert production in site, production
        site = site.replace(production, here)
    (folder / "site.conf").write_text(site)
    main = folder / "nginx.conf"  # as Debian's /etc/nginx/nginx.conf
    main.write_text(
        f"load_module {MODULE};\n"
        # By default the user nobody, who may not enter the folders of pytest.
        + ("user root;\n" if os.getuid() == 0 else "")
        + "daemon off;\n"
        f"pid {folder}/nginx.pid;\n"
        f"error_log {folder}/error.log;\n"
        "worker_processes auto;\n"
        "events { worker_connections 256; }\n"
        "http {\n"
        "  include /etc/nginx/mime.types;\n"
        "  real_ip_header X-Test-Address;\n"  # a test may come from any address
        "  set_real_ip_from 127.0.0.1;\n"
        "  set_real_ip_from ::1;\n"
        "  sendfile on;\n"
        "  tcp_nopush on;\n"
        + "".join(
            f"  {name}_temp_path {folder}/{name};\n" for name in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        )
        + f"  include {folder}/site.conf;\n"
        "}\n"
    )
    return main


@contextmanager
def production_site(folder: Path, *, https: int | None = None, http: int | None = None) -> Iterator[Production]:
    """The site with starter content in an empty folder, on free ports unless they are given."""
    nginx = find_tool("nginx", "nginx")
    if not MODULE.exists():
        find_tool(str(MODULE), "libnginx-mod-http-brotli-static")
    var = folder / "var"
    free = free_ports(3)
    https, http, backend = https or free[0], http or free[1], free[2]
    env = environment(var, https)
    prepare_site(env)
    gunicorn = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
    gunicorn += ["--bind", f"127.0.0.1:{backend}", "outsourcing_site.wsgi"]
    conf = nginx_conf(folder, var, https, http, backend)
    with (
        running(gunicorn, backend, folder / "gunicorn.log", env) as web,
        running([nginx, "-e", str(folder / "error.log"), "-c", str(conf)], https, folder / "nginx.log"),
    ):
        yield Production(https, http, backend, var, web)
