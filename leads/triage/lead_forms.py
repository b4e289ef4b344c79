"""
The forms of the lead page. Each knows its name, its permission, its action and the sentence that reports success;
FORMS is the registry from which leads/triage/lead_page.py takes them.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import QueryDict

from leads.actions import activity
from leads.actions.activity import CallOutcome
from leads.actions.change_status import change_status
from leads.actions.merge import merge, undo_merge
from leads.models import Lead, Merge
from leads.models.status import allowed_moves
from leads.staff import display_name, members


class OwnerField(forms.ModelChoiceField[User]):
    """A choice among the members of sales."""

    def __init__(self, **options: Any) -> None:
        super().__init__(members(), **options)

    def label_from_instance(self, obj: User) -> str:
        return display_name(obj)


class LeadForm(forms.Form):
    """
    A form of the lead page. `name` is the value of the hidden input `do`, and the prefix of the ids of its inputs.

    Most are an OnceForm or a VersionForm, which a second click does not repeat.
    """

    name: ClassVar[str]
    permission: ClassVar[str] = "leads.change_lead"
    done: str = ""  # the sentence that reports success

    def __init__(
        self, data: QueryDict | None = None, *, lead: Lead, initial: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(data, initial=dict(initial or {}), auto_id=f"{self.name}_%s", label_suffix="")
        self.lead = lead

    def is_allowed(self, user: User) -> bool:
        return user.has_perm(LeadForm.permission) and user.has_perm(self.permission)

    def act(self, actor: User, at: datetime) -> None:
        """Do what the valid form says. Raises WrongMoveError, StaleLeadError or MergeError."""
        raise NotImplementedError


class OnceForm(LeadForm):
    """Counts once, however often it is sent."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class VersionForm(LeadForm):
    """Counts only if the lead is still in the version that the page showed."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self, data: QueryDict | None = None, *, lead: Lead, initial: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(data, lead=lead, initial={"version": lead.version, **(initial or {})})


class CallForm(OnceForm):
    name = "call"
    done = "The call is on the timeline."
    outcome = forms.ChoiceField(choices=CallOutcome)
    text = forms.CharField(
        label="What was said", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def act(self, actor: User, at: datetime) -> None:
        data = self.cleaned_data
        activity.log_call(self.lead, data["outcome"], data["text"], actor=actor, at=at, key=data["key"])


class NoteForm(OnceForm):
    name = "note"
    done = "The note is on the timeline."
    text = forms.CharField(label="Note", max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))

    def act(self, actor: User, at: datetime) -> None:
        activity.add_note(self.lead, self.cleaned_data["text"], actor=actor, at=at, key=self.cleaned_data["key"])


class ReplyForm(OnceForm):
    name = "reply"
    done = "Your reply is on its way; the timeline says when it was sent."
    subject = forms.CharField(max_length=200)
    text = forms.CharField(label="Text", max_length=20_000, widget=forms.Textarea(attrs={"rows": 12}))

    def act(self, actor: User, at: datetime) -> None:
        data = self.cleaned_data
        activity.reply(self.lead, data["subject"], data["text"], actor=actor, at=at, key=data["key"])


class FollowUpForm(VersionForm):
    name = "follow_up"
    done = "The follow-up is set."
    day = forms.DateField(
        label="Follow up on", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, data: QueryDict | None = None, *, lead: Lead) -> None:
        super().__init__(data, lead=lead, initial={"day": lead.follow_up_on})

    def act(self, actor: User, at: datetime) -> None:
        data = self.cleaned_data
        activity.set_follow_up(self.lead, data["day"], actor=actor, at=at, version=data["version"])


class TakeForm(VersionForm):
    """One click: the lead is the user's. Of a lead that has an owner, only with `assign_lead`."""

    name = "take"

    def act(self, actor: User, at: datetime) -> None:
        version = self.cleaned_data["version"]
        is_current = version == self.lead.version  # otherwise assign() says who was quicker
        if is_current and self.lead.owner is not None and not actor.has_perm(AssignForm.permission):
            raise PermissionDenied
        activity.assign(self.lead, actor, actor=actor, at=at, version=version)


class AssignForm(VersionForm):
    name = "assign"
    permission = "leads.assign_lead"
    done = "The owner was changed."
    owner = OwnerField(required=False, empty_label="Nobody")

    def __init__(self, data: QueryDict | None = None, *, lead: Lead) -> None:
        super().__init__(data, lead=lead, initial={"owner": lead.owner})

    def act(self, actor: User, at: datetime) -> None:
        data = self.cleaned_data
        activity.assign(self.lead, data["owner"], actor=actor, at=at, version=data["version"])


class StatusForm(VersionForm):
    name = "status"
    done = "The status was changed."
    status = forms.ChoiceField()
    reason = forms.CharField(
        label="Reason, if it is lost", required=False, max_length=200, widget=forms.TextInput(attrs={"list": "reasons"})
    )

    def __init__(self, data: QueryDict | None = None, *, lead: Lead) -> None:
        super().__init__(data, lead=lead, initial={"status": lead.status})
        moves = [(status.value, status.label) for status in allowed_moves(lead.status)]
        self.fields["status"].choices = [(lead.status, lead.get_status_display()), *moves]  # type: ignore[attr-defined]

    def act(self, actor: User, at: datetime) -> None:
        data = self.cleaned_data
        change_status(self.lead, data["status"], actor=actor, at=at, reason=data["reason"], version=data["version"])


class MergeForm(LeadForm):
    """Merges another lead into this one."""

    name = "merge"
    permission = "leads.merge_lead"
    other = forms.ModelChoiceField(
        Lead.objects.all(),
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(["required", "invalid_choice"], "That lead does not exist."),
    )

    def act(self, actor: User, at: datetime) -> None:
        other = self.cleaned_data["other"]
        merge(other, self.lead, actor=actor, at=at)
        self.done = f"{other.full_name} was merged into this lead. It can be undone below."


class UndoMergeForm(LeadForm):
    name = "undo_merge"
    permission = "leads.merge_lead"
    merged = forms.ModelChoiceField(
        Merge.objects.none(),
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(["required", "invalid_choice"], "That merge does not exist."),
    )

    def __init__(self, data: QueryDict | None = None, *, lead: Lead) -> None:
        super().__init__(data, lead=lead)
        self.fields["merged"].queryset = lead.absorbed.select_related("lead")  # type: ignore[attr-defined]

    def act(self, actor: User, at: datetime) -> None:
        merged = self.cleaned_data["merged"]
        undo_merge(merged, actor=actor, at=at)
        self.done = f"{merged.lead.full_name} is a lead of its own again."


FORMS: list[type[LeadForm]] = [
    CallForm, NoteForm, ReplyForm, StatusForm, FollowUpForm, TakeForm, AssignForm, MergeForm, UndoMergeForm,
]  # fmt: skip
ACTIONS = {form.name: form for form in FORMS}
