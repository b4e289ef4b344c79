"""The Quick Contact form: its fields, its questions to the visitor, and the submission that is made of it."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Layout
from django import forms
from django.conf import settings
from django.http import QueryDict
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property

from company.rendering import phone_lines_read_last
from leads.capture.attribution import attribution_of, form_page
from leads.capture.canary_mark import is_mark
from leads.capture.challenge import ChallengeError, fresh_challenge, read_challenge, window_challenge
from leads.email_domains import suggest_email
from leads.models import Submission
from leads.normalise import (
    REQUIREMENTS_MAX,
    is_placeholder,
    normalise_email,
    normalise_name,
    normalise_requirements,
)
from leads.phone import Reading, readable, readings, regions_of
from leads.reference import reference_of

HIDDEN_TEXT_MAX = 500  # characters that are stored of hidden fields
# Hidden inputs that are not validated, so they are no fields of the form: the token of the math question, path and
# query of the page, the address of the referring site (from static/site.js), and the e-mail address and phone number
# about which the visitor was asked.
HIDDEN = ("math_challenge", "page", "referrer", "email_asked", "phone_asked")

# The content of a key, always in this order. A further field counts by name if it is not empty, so that a release that
# adds one makes the same keys as the release before.
KEYED_BY_POSITION = (
    "first_name", "last_name", "phone", "phone_extension", "phone_as_typed", "email", "space_requirements",
)  # fmt: skip

WRONG_ANSWER = "That was not the sum. Please answer this new question."
EXPIRED = "The question had expired. Please answer this new one; everything else is still here."
UNKNOWN_NUMBER = (
    "We cannot read this as a phone number. Check it, with its country code if it has one; if it is right, "
    "send the form again."
)
SEVERAL_COUNTRIES = "This can be a number of several countries. Choose yours, or send the form again to keep the first."
NO_NAME = "Write your name with letters."


def text_input(**attrs: str) -> forms.TextInput:
    return forms.TextInput(attrs=attrs)


def form_helper() -> FormHelper:
    """The layout for crispy-forms, with the templates in templates/quick/."""
    helper = FormHelper()
    helper.form_id = "quick-contact"
    helper.form_class = "quick-contact"
    helper.form_action = reverse("contact")
    helper.attrs = {"novalidate": True}  # our messages are the same in every browser
    helper.disable_csrf = True  # see leads/capture/guard.py
    helper.layout = Layout(
        Div("first_name", "last_name", css_class="pair"),
        Div(Field("phone", template="quick/phone.html"), Field("email", template="quick/email.html"), css_class="pair"),
        "space_requirements",
        Field("math_answer", template="quick/question.html"),
        Field("leave_blank", template="quick/honeypot.html"),
    )
    return helper


class QuickContactForm(forms.Form):
    """
    The Quick Contact form.

    Unbound, it has the challenge of the current window, so it is the same for every visitor. Bound, it keeps everything
    that was typed; only a question that was not answered rightly is replaced.

    `page` is the path of the page with the form, `own_page` what attribution.own_page() returns for a post.
    """

    suggestion: str | None = None  # an e-mail address that was probably meant
    phone_readings: list[Reading] = []  # for the visitor to choose from

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
    leave_blank = forms.CharField(
        label="Leave this field blank", required=False, widget=text_input(tabindex="-1", autocomplete="off")
    )

    def __init__(self, data: QueryDict | None = None, *, now: datetime, page: str = "", own_page: str = "") -> None:
        super().__init__(data)
        self.now = now
        if data is None:
            self.challenge = window_challenge(now)
            self.hidden = {**dict.fromkeys(HIDDEN, ""), "page": page, "math_challenge": self.challenge.token}
        else:
            self.hidden = {name: data.get(name, "") for name in HIDDEN}
            self.hidden["page"] = form_page(self.hidden["page"].strip(), own_page)

    @cached_property
    def helper(self) -> FormHelper:
        return form_helper()

    def _clean_fields(self) -> None:
        """Django's method without bound fields, which only drawing needs: that saves a tenth of the time of a post."""
        for name, field in self.fields.items():
            try:
                value = field.widget.value_from_datadict(self.data, self.files, name)
                self.cleaned_data[name] = field.clean(value)
                if clean := getattr(self, f"clean_{name}", None):
                    self.cleaned_data[name] = clean()
            except forms.ValidationError as error:
                self.add_error(name, error)

    def clean_first_name(self) -> str:
        return normalise_name(self.cleaned_data["first_name"])

    def clean_last_name(self) -> str:
        return normalise_name(self.cleaned_data["last_name"])

    def clean_phone(self) -> Reading | None:
        """
        The reading of the number; None if there is none, and then only the typed text is stored.

        If there are several or none, the visitor is asked once, and chooses one or sends the form again. That keeps the
        first reading, or the text.
        """
        typed = self.phone_as_typed = self.cleaned_data["phone"]
        candidates = readings(typed, phone_regions())
        if len(candidates) == 1:
            return candidates[0]
        if self.hidden["phone_asked"] != typed:
            self.phone_readings = candidates
            self.keep(phone_asked=typed)
            raise forms.ValidationError(SEVERAL_COUNTRIES if candidates else UNKNOWN_NUMBER, code="unclear_phone")
        if not candidates:
            return None
        taken = self.data.get("phone_taken")
        chosen = next((reading for reading in candidates if reading.e164 == taken), candidates[0])
        self.keep(phone=readable(chosen.e164))  # in case the form is rendered again for another reason
        return chosen

    def clean_email(self) -> str:
        """The address. If it looks mistyped, the visitor is asked once, and takes the suggestion or sends it again."""
        email = normalise_email(self.cleaned_data["email"])
        suggestion = suggest_email(email)
        if suggestion is None:
            return email
        if self.hidden["email_asked"] != email:
            self.suggestion = suggestion
            self.keep(email_asked=email)
            raise forms.ValidationError(f"Did you mean {suggestion}?", code="suggestion")
        if self.data.get("email_taken") == suggestion:
            self.keep(email=suggestion)
            return suggestion
        return email

    def clean_space_requirements(self) -> str:
        return normalise_requirements(self.cleaned_data["space_requirements"])

    def clean_leave_blank(self) -> str:
        return str(self.cleaned_data["leave_blank"])[:HIDDEN_TEXT_MAX]

    def clean(self) -> dict[str, Any]:
        """Check the answer last: it depends on the challenge."""
        names = [self.cleaned_data.get(name) for name in ("first_name", "last_name")]
        if all(name and is_placeholder(name) for name in names):
            self.add_error("first_name", NO_NAME)
        try:
            self.challenge = read_challenge(self.hidden["math_challenge"], self.now)
        except ChallengeError:
            self.ask_again(EXPIRED)
            return self.cleaned_data
        answer = self.cleaned_data.get("math_answer")
        if answer is not None and not self.challenge.is_answered_by(answer):
            self.ask_again(WRONG_ANSWER)
        return self.cleaned_data

    def ask_again(self, sentence: str) -> None:
        """Ask a new question, clear the answer to the old one, and show the sentence as its error."""
        self.challenge = fresh_challenge(self.now, unlike=getattr(self, "challenge", None))
        self.keep(math_challenge=self.challenge.token, math_answer="")
        self.errors.pop("math_answer", None)
        self.add_error("math_answer", sentence)

    def keep(self, **values: str) -> None:
        """Draw the form with these values in place of the posted ones."""
        self.hidden |= {name: value for name, value in values.items() if name in HIDDEN}
        if shown := {name: value for name, value in values.items() if name not in HIDDEN}:
            self.data = dict(self.data.items()) | shown

    def submission(self, client: str) -> Submission:
        """The unsaved submission of this valid form; `client` is the sender's client_mark()."""
        cleaned = self.cleaned_data
        reading: Reading | None = cleaned["phone"]
        phone = {
            "phone": reading.e164 if reading else "",
            "phone_extension": reading.extension if reading else "",
            "phone_as_typed": self.phone_as_typed,
        }
        content: dict[str, str] = {name: phone.get(name, cleaned.get(name, "")) for name in Submission.CONTENT}
        key = submission_key(self.challenge.id, content)
        return Submission(
            **content,
            key=key,
            reference=reference_of(key),
            page=self.hidden["page"].partition("?")[0][:HIDDEN_TEXT_MAX],
            attribution=attribution_of(self.hidden["page"], self.hidden["referrer"].strip()),
            leave_blank=cleaned["leave_blank"],
            client=client,
            is_canary=is_mark(cleaned["space_requirements"]),
            received_at=self.now,
        )


class SharedFields(dict[str, forms.Field]):
    """Fields that all instances of a form share. Django copies them for each instance; this form never changes them."""

    def __deepcopy__(self, memo: dict[int, Any]) -> "SharedFields":
        return self


QuickContactForm.base_fields = SharedFields(QuickContactForm.base_fields)


def submission_key(challenge_id: str, content: dict[str, str]) -> str:
    """
    64 hexadecimal digits, the same for the same content under the same question, whatever the client's address is.

    `content` has Submission.CONTENT. The phone number counts as it was read: its spelling makes no difference.
    """
    counted = {**content, "phone_as_typed": "" if content["phone"] else content["phone_as_typed"]}
    parts = [counted.pop(name) for name in KEYED_BY_POSITION]
    parts += [f"{name}={value}" for name, value in counted.items() if value]
    text = "\0".join([challenge_id, *parts])  # no value contains a NUL: leads/capture/guard.py
    return salted_hmac("leads.submission", text, algorithm="sha256").hexdigest()


def phone_regions() -> list[str]:
    """The countries of the company's phone lines, as this process last read them."""
    return regions_of_lines(tuple(line.dialled for line in phone_lines_read_last()))


@lru_cache(maxsize=8)
def regions_of_lines(numbers: tuple[str, ...]) -> list[str]:
    return regions_of(numbers) or [settings.HOME_REGION]
