# syntax=docker/dockerfile:1
FROM python:3.11-slim-bookworm AS build
WORKDIR /site
RUN python -m venv /venv
COPY requirements.txt .
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --requirement requirements.txt
COPY . .
# The settings that a build needs; none of them is kept.
RUN DJANGO_SECRET_KEY=build DJANGO_ALLOWED_HOSTS=build SITE_URL=https://build.example VAR_DIR=/var/lib/site \
    /venv/bin/python manage.py collectstatic --noinput

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/site --shell /usr/sbin/nologin site
WORKDIR /site
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR_DIR=/var/lib/site
COPY --from=build /venv /venv
COPY --from=build /site /site
COPY --from=build --chown=site:site /var/lib/site /var/lib/site
RUN install --directory --owner site --group site /var/lib/site /var/lib/site/media /var/lib/site/spool
USER site
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", "0.0.0.0:8000", "outsourcing_site.wsgi"]
