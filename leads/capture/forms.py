from datetime import datetime
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Layout
from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.crypto import salted_hmac
from phonenumber_field.phonenumber import PhoneNumber

from leads.capture.attribution import attribution_of, form_page
from leads.capture.challenge import ChallengeError, fresh_challenge, read_challenge, window_challenge
from leads.capture.client import client_mark
from leads.capture.suggestion import suggest_email
from leads.models import Submission
from leads.normalise import REQUIREMENTS_MAX, normalise_email, normalise_name, normalise_phone, normalise_requirements
from leads.reference import reference_of

TRACE_MAX = 500  # characters kept of the fields that people do not see

WRONG_ANSWER = "That was not the sum. Please answer this new question."
EXPIRED = "The question had expired. Please answer this new one; everything else is still here."
KEY_TAKEN = "We have an enquiry from this page already. To send this one as well, answer this new question."


def text_input(**attrs: str) -> forms.TextInput:
    return forms.TextInput(attrs=attrs)


def draw_helper() -> FormHelper:
    """How crispy-forms draws the form, with the templates in templates/quick/."""
    helper = FormHelper()
    helper.form_id = "quick-contact"
    helper.form_class = "quick-contact"
    helper.form_action = reverse("contact")
    helper.attrs = {"novalidate": True}  # our messages, in one place and in every browser
    helper.disable_csrf = True  # leads/capture/guard.py says why
    helper.layout = Layout(
        Div("first_name", "last_name", css_class="pair"),
        Div("phone", Field("email", template="quick/email.html"), css_class="pair"),
        "space_requirements",
        Field("math_answer", template="quick/question.html"),
        Field("leave_blank", template="quick/honeypot.html"),
    )
    return helper


class QuickContactForm(forms.Form):
    """
    The Quick Contact form.

    Unbound it carries the challenge of the current window, so it is the same for every visitor. Bound it keeps
    everything that was typed; only a question that was not answered is replaced, with its answer.

    `page` is the path of the page it is drawn on; `own_page` the page of ours that a post says it comes from.
    """

    suggestion: str | None = None  # an e-mail address that was probably meant

    first_name = forms.CharField(
        label="First Name",
        widget=text_input(autocomplete="given-name", enterkeyhint="next"),
        error_messages={"required": "Enter your first name."},
    )
    last_name = forms.CharField(
        label="Last Name",
        widget=text_input(autocomplete="family-name", enterkeyhint="next"),
        error_messages={"required": "Enter your last name."},
    )
    phone = forms.CharField(
        label="Phone Number",
        max_length=100,
        widget=text_input(type="tel", autocomplete="tel", enterkeyhint="next"),
        error_messages={"required": "Enter your phone number, so that we can call you back."},
    )
    email = forms.CharField(
        label="Email Address",
        widget=text_input(
            type="email", autocomplete="email", autocapitalize="none", spellcheck="false", enterkeyhint="next"
        ),
        error_messages={"required": "Enter your e-mail address."},
    )
    space_requirements = forms.CharField(
        label="Space Requirements",
        help_text="Be specific in skills required, number of employees, and timeline.",
        widget=forms.Textarea(attrs={"rows": 5, "data-max": str(REQUIREMENTS_MAX)}),
        error_messages={"required": "Tell us what you need: skills, number of employees, timeline."},
    )
    math_answer = forms.CharField(
        label="Math Question",
        max_length=40,
        widget=text_input(inputmode="numeric", autocomplete="off", enterkeyhint="send"),
        error_messages={"required": "Answer the math question; it keeps robots out."},
    )
    math_challenge = forms.CharField(required=False, widget=forms.HiddenInput)
    page = forms.CharField(required=False, widget=forms.HiddenInput)
    referrer = forms.CharField(required=False, widget=forms.HiddenInput)  # filled in by static/site.js
    email_asked = forms.CharField(required=False, widget=forms.HiddenInput)  # "Did you mean …?" was asked of this one
    leave_blank = forms.CharField(
        label="Leave this field blank", required=False, widget=text_input(tabindex="-1", autocomplete="off")
    )

    def __init__(self, data: QueryDict | None = None, *, now: datetime, page: str = "", own_page: str = "") -> None:
        self.now = now
        self.own_page = own_page
        self.challenge = window_challenge(now)
        initial = {"page": page, "math_challenge": self.challenge.token}
        super().__init__(data, initial=initial)
        self.helper = draw_helper()

    def clean_first_name(self) -> str:
        return normalise_name(self.cleaned_data["first_name"])

    def clean_last_name(self) -> str:
        return normalise_name(self.cleaned_data["last_name"])

    def clean_phone(self) -> PhoneNumber:
        return normalise_phone(self.cleaned_data["phone"])

    def clean_email(self) -> str:
        """The address; if it looks mistyped, ask once. The visitor takes the suggestion, or sends the form again."""
        email = normalise_email(self.cleaned_data["email"])
        suggestion = suggest_email(email)
        if suggestion is None:
            return email
        if self.data.get("email_asked") != email:
            self.suggestion = suggestion
            self.keep(email_asked=email)
            raise forms.ValidationError(f"Did you mean {suggestion}?", code="suggestion")
        if self.data.get("email_taken") == suggestion:
            self.keep(email=suggestion)
            return suggestion
        return email

    def clean_space_requirements(self) -> str:
        return normalise_requirements(self.cleaned_data["space_requirements"])

    def clean_page(self) -> str:
        """Path and query; kept in the form, which may be drawn again at another address."""
        page = form_page(self.cleaned_data["page"], self.own_page)
        self.keep(page=page)
        return page

    def clean_leave_blank(self) -> str:
        return self.cleaned_data["leave_blank"][:TRACE_MAX]

    def clean(self) -> dict[str, Any]:
        """Judge the answer last: it belongs to the challenge in another field."""
        try:
            self.challenge = read_challenge(self.cleaned_data.get("math_challenge", ""), self.now)
        except ChallengeError:
            self.ask_anew(EXPIRED)
            return self.cleaned_data
        answer = self.cleaned_data.get("math_answer")
        if answer is not None and not self.challenge.is_answered_by(answer):
            self.ask_anew(WRONG_ANSWER)
        return self.cleaned_data

    def ask_anew(self, sentence: str) -> None:
        """Replace the question, forget the answer to the old one, and say why."""
        self.challenge = fresh_challenge(self.now, unlike=self.challenge)
        self.keep(math_challenge=self.challenge.token, math_answer="")
        self.errors.pop("math_answer", None)
        self.add_error("math_answer", sentence)

    def keep(self, **values: str) -> None:
        """Draw these values in place of what was posted."""
        self.data = dict(self.data.items()) | values

    def submission(self, address: str) -> Submission:
        """What is to be stored of this valid form, sent from the client `address`."""
        key = salted_hmac("leads.submission", f"{self.challenge.id} {address}", algorithm="sha256").hexdigest()
        cleaned = self.cleaned_data
        return Submission(
            key=key,
            reference=reference_of(key),
            first_name=cleaned["first_name"],
            last_name=cleaned["last_name"],
            phone=cleaned["phone"].as_e164,
            phone_extension=cleaned["phone"].extension or "",
            phone_as_typed=self.data["phone"].strip(),
            email=cleaned["email"],
            space_requirements=cleaned["space_requirements"],
            page=cleaned["page"].partition("?")[0][:TRACE_MAX],
            attribution=attribution_of(cleaned["page"], cleaned["referrer"]),
            leave_blank=cleaned["leave_blank"],
            client=client_mark(address),
            received_at=self.now,
        )
