import pytest
from django.test import RequestFactory
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from leads.admission.admit import admit_waiting
from leads.capture.attribution import attribution_of, form_page, own_page
from leads.models import Lead, Submission
from tests import build
from tests.support.pages import hidden_value, text_of

ARTICLE = "/articles/rent-and-run/"


@pytest.mark.parametrize(
    ("referer", "page"),
    [
        ("http://testserver/a/?utm_source=x#form", "/a/?utm_source=x"),
        ("https://TESTSERVER/a/", "/a/"),
        ("https://www.google.com/search?q=bpo", ""),
        ("http://testserver.evil.example/a/", ""),
        ("", ""),
        ("http://[", ""),
        ("nonsense", ""),
    ],
)
def test_only_a_referer_of_our_own_host_counts(referer, page):
    assert own_page(RequestFactory().post("/contact/", headers={"Referer": referer})) == page


@pytest.mark.parametrize(
    ("field", "own", "page"),
    [
        (ARTICLE, f"{ARTICLE}?gclid=1", f"{ARTICLE}?gclid=1"),  # a cached page has only its path
        (f"{ARTICLE}?gclid=1", "/contact/", f"{ARTICLE}?gclid=1"),  # redrawn in the answer to a post
        (ARTICLE, "/contact/", ARTICLE),
        (ARTICLE, "", ARTICLE),  # a browser that sends no Referer
        ("", f"{ARTICLE}?gclid=1", f"{ARTICLE}?gclid=1"),
        ("https://evil.example/", "/contact/", "/contact/"),
        ("//evil.example/", "", ""),
        ("javascript:alert(1)", "", ""),
        ("http://[", "/", "/"),
        ("", "", ""),
    ],
)
def test_field_and_referer_determine_the_page_of_the_form(field, own, page):
    assert form_page(field, own) == page


@pytest.mark.parametrize(
    ("page", "referrer", "source"),
    [
        ("/", "", "direct"),
        ("/?utm_source=google&utm_medium=cpc&utm_campaign=spring", "https://www.google.com/", "google / cpc / spring"),
        ("/?gclid=abc", "https://www.google.com/", "Google Ads"),
        ("/?fbclid=abc", "", "Facebook"),
        ("/", "https://www.google.com/search?q=bpo", "www.google.com"),
        ("/", "javascript:alert(1)", "direct"),
        ("/", "http://[", "direct"),
        ("/?q=bpo&ref=1", "", "direct"),
        ("/?" + "a=1&" * 5000, "", "direct"),
    ],
)
def test_a_source_has_a_readable_name(page, referrer, source):
    assert attribution_of(page, referrer)["source"] == source


def test_campaign_parameters_and_referrer_are_kept():
    assert attribution_of("/?utm_source=google&gclid=abc&q=1", "https://www.google.com/x") == {
        "source": "google",
        "utm_source": "google",
        "gclid": "abc",
        "referrer": "https://www.google.com/x",
    }


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_address_is_read_without_an_error(page, referrer):
    attribution = attribution_of(form_page(page, referrer), referrer)
    assert 0 < len(attribution["source"]) <= 200


@pytest.mark.django_db
def test_the_lead_has_its_first_and_last_source(client):
    def send(query: str, **changes: str) -> None:
        data = build.enquiry(build.unique_challenge(), page=ARTICLE, **changes)
        client.post("/contact/", data, headers={"Referer": f"http://testserver{ARTICLE}{query}"})

    send("?utm_source=google")
    send("", referrer="https://news.example/today")
    admit_waiting(timezone.now())
    lead = Lead.objects.get()
    assert (lead.first_touch, lead.last_touch) == ("google", "news.example")
    latest, first = Submission.objects.all()
    assert (first.page, first.attribution["utm_source"]) == (ARTICLE, "google")
    assert latest.attribution == {"source": "news.example", "referrer": "https://news.example/today"}


@pytest.mark.django_db
def test_an_invalid_form_keeps_the_campaign(client):
    data = build.enquiry(page=ARTICLE, phone="12")
    response = client.post("/contact/", data, headers={"Referer": f"http://testserver{ARTICLE}?gclid=abc"})
    kept = hidden_value(text_of(response), "page")
    assert kept == f"{ARTICLE}?gclid=abc"
    client.post("/contact/", build.enquiry(page=kept), headers={"Referer": "http://testserver/contact/"})
    assert Submission.objects.get().attribution["gclid"] == "abc"


@pytest.mark.django_db
def test_staff_see_where_an_enquiry_came_from(sales):
    lead = build.lead(attribution={"source": "Google Ads", "gclid": "abc<b>"})
    page = sales.get(f"/admin/leads/lead/{lead.pk}/change/").content.decode()
    assert "Google Ads" in page
    assert "gclid: abc&lt;b&gt;" in page
    assert "Google Ads" in sales.get("/admin/leads/lead/").content.decode()
