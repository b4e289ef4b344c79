"""The baseline of capture.py: a Django view without middleware that validates a plain form and inserts one row."""

import os

import django
import environ
from django import forms
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path


class Form(forms.Form):
    first_name = forms.CharField(max_length=80)
    last_name = forms.CharField(max_length=80)
    phone = forms.CharField(max_length=100)
    email = forms.EmailField()
    space_requirements = forms.CharField(max_length=4000)


def view(request: HttpRequest) -> HttpResponse:
    form = Form(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_row (text) VALUES (%s)", [repr(form.cleaned_data)])
    return HttpResponse(status=303, headers={"Location": "/"})


urlpatterns = [path("", view)]
database = {**environ.Env.db_url_config(os.environ["DATABASE_URL"]), "CONN_MAX_AGE": 60}
settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    MIDDLEWARE=[],
    SECRET_KEY="bench",  # noqa: S106
    DATABASES={"default": database},
)
django.setup()
application = get_wsgi_application()
