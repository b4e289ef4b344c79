"""The small forms of the lead page and of the inbox."""

import uuid
from typing import Any

from django import forms
from django.contrib.admin.helpers import ActionForm
from django.contrib.auth.models import User

from leads.models import Lead, Status
from leads.staff import members
from leads.triage.pipeline import MOVES
from leads.triage.work import CallOutcome, name_of


class WorkForm(forms.Form):
    """A form of the lead page; `do` names it, and it begins each of its ids."""

    do = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {"auto_id": f"{self.do}_%s", "label_suffix": ""}
        super().__init__(*args, **kwargs)


class OnceForm(WorkForm):
    """Counts once, however often it is sent."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class VersionForm(WorkForm):
    """Counts only if nobody changed the lead since the page was drawn."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class CallForm(OnceForm):
    do = "call"
    outcome = forms.ChoiceField(choices=CallOutcome)
    text = forms.CharField(
        label="What was said", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )


class NoteForm(OnceForm):
    do = "note"
    text = forms.CharField(label="Note", max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))


class ReplyForm(OnceForm):
    do = "reply"
    subject = forms.CharField(max_length=200)
    text = forms.CharField(label="Text", max_length=20_000, widget=forms.Textarea(attrs={"rows": 12}))


class FollowUpForm(VersionForm):
    do = "follow_up"
    day = forms.DateField(
        label="Follow up on", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class AssignForm(VersionForm):
    do = "assign"
    owner = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="Nobody")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"] = owner_field(required=False, empty_label="Nobody")


class StatusForm(VersionForm):
    do = "status"
    status = forms.ChoiceField()
    reason = forms.CharField(
        label="Reason, if it is lost", required=False, max_length=200, widget=forms.TextInput(attrs={"list": "reasons"})
    )

    def __init__(self, *args: Any, lead: Lead, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        moves = [(each.value, each.label) for each in MOVES[lead.status]]
        self.fields["status"].choices = [(lead.status, lead.get_status_display()), *moves]  # type: ignore[attr-defined]


class InboxActionForm(ActionForm):
    """What the actions above the list need to know."""

    to = forms.ModelChoiceField(User.objects.none(), required=False)
    status = forms.ChoiceField(
        label="Status:",
        required=False,
        choices=[("", "to…"), *((each.value, each.label) for each in Status if each != "merged")],
    )
    reason = forms.CharField(
        label="Reason:", required=False, max_length=200, widget=forms.TextInput(attrs={"placeholder": "if lost: why"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"] = owner_field(required=False, empty_label="whom…", label="Owner:")


def owner_field(**options: Any) -> forms.ModelChoiceField:
    field = forms.ModelChoiceField(members(), **options)
    field.label_from_instance = name_of  # type: ignore[method-assign,assignment]
    return field
