"""One lead on one page: who it is, what was sent, what happened, and everything one may do with it."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from company.models import Company
from leads.admission.matching import likely_duplicates
from leads.clock import working_calendar
from leads.models import Event, Lead, Merge, ReplyTemplate, Status, Submission
from leads.notifications import deliveries_about
from leads.reference import grouped
from leads.triage import forms, work
from leads.triage.columns import clock, phone_link
from leads.triage.merge import MergeError, absorbed_by, merge, undo
from leads.triage.pipeline import USUAL_LOST_REASONS, StaleLeadError, WrongMoveError
from leads.triage.quarantine import move

TIMELINE_MAX = 300
NEIGHBOURS_AMONG = 500
CONFLICT, UNPROCESSABLE = 409, 422


def show(request: HttpRequest, lead: Lead, listed: QuerySet[Lead], *, may_change: bool) -> HttpResponse:
    """`listed` are the leads of the list that this one was opened from."""
    bound: dict[str, forms.WorkForm] = {}
    status = 200
    if request.method == "POST":
        if not may_change:
            raise PermissionDenied
        asked, lead = lead, present(lead)
        try:
            if asked != lead and "version" in request.POST:
                raise StaleLeadError(f"{asked} was merged into this lead while you had it open. Nothing was changed.")
            form = act(request, lead)
        except (WrongMoveError, MergeError) as error:
            messages.error(request, str(error))
            status, form = UNPROCESSABLE, typed(request, lead)
        except StaleLeadError as error:
            messages.error(request, str(error))
            status, form = CONFLICT, typed(request, lead, anew=True)
        else:
            if form is None:
                return HttpResponseRedirect(address(request, lead))
            status = UNPROCESSABLE
        lead = Lead.objects.select_related("owner").get(pk=lead.pk)
        if form is not None:
            bound[form.do] = form
    context = {
        **admin.site.each_context(request),
        "title": lead.full_name,
        "address": address(request, lead),
        "opts": Lead._meta,
        "lead": lead,
        "clock": clock(lead, timezone.now(), working_calendar()),
        "owner": work.name_of(lead.owner),
        "asked_template": request.GET.get("template", ""),
        "phone": phone_link(lead),
        "submissions": [
            {"submission": each, "reference": grouped(each.reference), "held": is_held(each)}
            for each in lead.submissions.select_related("quarantine").order_by("received_at", "id")
        ],
        "timeline": timeline(lead),
        "forms": {**unbound(request, lead), **bound} if may_change and lead.status != Status.MERGED else {},
        "may_assign": request.user.has_perm("leads.assign_lead"),
        "may_take": may_change and lead.owner is None,
        "may_merge": request.user.has_perm("leads.merge_lead"),
        "lost_reasons": USUAL_LOST_REASONS,
        "templates": ReplyTemplate.objects.all(),
        "duplicates": likely_duplicates(lead) if lead.status != Status.MERGED else [],
        "merges": Merge.objects.filter(into=lead, undone_at=None).select_related("lead"),
        "merged_into": Merge.objects.filter(lead=lead, undone_at=None).select_related("into").first(),
        "preserved": request.GET.get("_changelist_filters", ""),
        **neighbours(listed, lead),
    }
    return TemplateResponse(request, "admin/leads/lead/change_form.html", context, status=status)


def address(request: HttpRequest, lead: Lead) -> str:
    return reverse("admin:leads_lead_change", args=[lead.pk], query=request.GET)


def present(lead: Lead) -> Lead:
    """The lead, or the one that it is part of since a merge."""
    merged = Merge.objects.filter(lead=lead, undone_at=None).select_related("into").first()
    return present(merged.into) if merged else lead


def is_held(submission: Submission) -> bool:
    quarantine = getattr(submission, "quarantine", None)
    return quarantine is not None and quarantine.released_at is None


def act(request: HttpRequest, lead: Lead) -> forms.WorkForm | None:
    """Do what was posted; the form, if it is not filled in rightly. Raises what the services raise."""
    now = timezone.now()
    user: Any = request.user
    do = request.POST.get("do", "")
    if do == "take":
        if lead.owner is not None:
            require(request, "leads.assign_lead")
        work.assign(lead, user, actor=user, at=now, version=version(request))
        return None
    if do in ("merge", "undo_merge"):
        require(request, "leads.merge_lead")
        if do == "merge":
            other = Lead.objects.filter(pk=whole(request.POST.get("lead", ""))).first()
            if other is None:
                raise MergeError("That lead does not exist.")
            merge(other, lead, actor=user, at=now)
            messages.success(request, f"{other.full_name} was merged into this lead. It can be undone below.")
        else:
            merged = Merge.objects.filter(pk=whole(request.POST.get("merge", "")), into=lead).first()
            if merged is None:
                raise MergeError("That merge does not exist.")
            undo(merged, actor=user, at=now)
            messages.success(request, f"{merged.lead.full_name} is a lead of its own again.")
        return None
    form = typed(request, lead)
    if form is None:
        raise WrongMoveError("Nothing was done: the page did not say what to do.")
    if not form.is_valid():
        return form
    if form.do == "assign":
        require(request, "leads.assign_lead")
    DOES[form.do](lead, form.cleaned_data, user, now)
    messages.success(request, DONE[form.do])
    return None


def call(lead: Lead, data: dict, user: Any, now: Any) -> None:
    work.log_call(lead, data["outcome"], data["text"], actor=user, at=now, key=data["key"])


def note(lead: Lead, data: dict, user: Any, now: Any) -> None:
    work.add_note(lead, data["text"], actor=user, at=now, key=data["key"])


def reply(lead: Lead, data: dict, user: Any, now: Any) -> None:
    work.reply(lead, data["subject"], data["text"], actor=user, at=now, key=data["key"])


def follow_up(lead: Lead, data: dict, user: Any, now: Any) -> None:
    work.set_follow_up(lead, data["day"], actor=user, at=now, version=data["version"])


def assign(lead: Lead, data: dict, user: Any, now: Any) -> None:
    work.assign(lead, data["owner"], actor=user, at=now, version=data["version"])


def status(lead: Lead, data: dict, user: Any, now: Any) -> None:
    move(lead, data["status"], actor=user, at=now, reason=data["reason"], version=data["version"])


DOES: dict[str, Callable[[Lead, dict, Any, Any], None]] = {
    "call": call, "note": note, "reply": reply, "follow_up": follow_up, "assign": assign, "status": status,
}  # fmt: skip
DONE = {
    "call": "The call is on the timeline.",
    "note": "The note is on the timeline.",
    "reply": "Your reply is on its way; the timeline says when it was sent.",
    "follow_up": "The follow-up is set.",
    "assign": "The owner was changed.",
    "status": "The status was changed.",
}


def require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def whole(text: str) -> int:
    """The number that was posted; -1, which is nobody's, for anything else."""
    return int(text) if text.isdecimal() and len(text) < 18 else -1


def version(request: HttpRequest) -> int:
    return whole(request.POST.get("version", ""))


def typed(request: HttpRequest, lead: Lead, *, anew: bool = False) -> forms.WorkForm | None:
    """The form that was posted, as it was filled in; `anew` with the lead's present version."""
    data: QueryDict = request.POST.copy()
    if anew:
        data["version"] = str(Lead.objects.values_list("version", flat=True).get(pk=lead.pk))
    by_name = {each.do: each for each in (forms.CallForm, forms.NoteForm, forms.ReplyForm, forms.FollowUpForm)}
    do = data.get("do", "")
    if do in by_name:
        return by_name[do](data)
    if do == "assign":
        return forms.AssignForm(data)
    return forms.StatusForm(data, lead=lead) if do == "status" else None


def unbound(request: HttpRequest, lead: Lead) -> dict[str, forms.WorkForm]:
    now = {"version": lead.version}
    return {
        "call": forms.CallForm(),
        "note": forms.NoteForm(),
        "reply": forms.ReplyForm(initial=draft(request, lead)),
        "follow_up": forms.FollowUpForm(initial={**now, "day": lead.follow_up_on}),
        "assign": forms.AssignForm(initial={**now, "owner": lead.owner}),
        "status": forms.StatusForm(initial={**now, "status": lead.status}, lead=lead),
    }


def draft(request: HttpRequest, lead: Lead) -> dict[str, str]:
    """Subject and text of a reply, from the template that was asked for, with the latest enquiry quoted."""
    submission = lead.submissions.first()
    template = ReplyTemplate.objects.filter(pk=whole(request.GET.get("template", ""))).first() or ReplyTemplate(
        text="Dear {first_name},\n\n\n\nKind regards,\n{me}\n{company}"
    )
    names = {
        "first_name": lead.first_name,
        "last_name": lead.last_name,
        "reference": grouped(submission.reference) if submission else "",
        "company": Company.load().name,
        "me": work.name_of(request.user),  # type: ignore[arg-type]
    }
    text = template.text.replace("\r\n", "\n").format(**names)
    if submission:
        quoted = "\n".join(f"> {line}".rstrip() for line in submission.space_requirements.splitlines())
        text += f"\n\nOn {timezone.localtime(submission.received_at):%d %B %Y} you wrote:\n{quoted}\n"
    return {"subject": template.subject.format(**names), "text": text}


def timeline(lead: Lead) -> list[dict[str, Any]]:
    """What happened, the latest first: to this lead, to those it has taken in, and to the mails of all."""
    leads = [lead.pk, *absorbed_by(lead)]
    events = Event.objects.filter(lead__in=leads).select_related("actor", "submission").order_by("-at", "-id")
    mails = deliveries_about(Submission.objects.filter(lead__in=leads).only("pk")).order_by("-queued_at", "-id")
    found = {each.key: each for each in mails[:TIMELINE_MAX]}
    lines: list[dict[str, Any]] = [
        {
            "at": each.at,
            "kind": each.kind,
            "what": each.get_kind_display(),
            "who": work.name_of(each.actor) if each.actor else "",
            "text": each.detail or (grouped(each.submission.reference) if each.submission else ""),
            "delivery": found.pop(each.key, None) if each.key else None,
        }
        for each in events[:TIMELINE_MAX]
    ]
    lines += [
        {"at": each.sent_at or each.queued_at, "kind": "delivery", "what": str(each), "delivery": each}
        for each in found.values()
    ]
    return sorted(lines, key=lambda line: line["at"], reverse=True)


def neighbours(listed: QuerySet[Lead], lead: Lead) -> dict[str, int | None]:
    """The leads before and after this one in the list; its first, where this one is not in it any more."""
    ids = list(listed.values_list("pk", flat=True)[:NEIGHBOURS_AMONG])
    if lead.pk not in ids:
        return {"previous": None, "next": ids[0] if ids else None}
    at = ids.index(lead.pk)
    return {"previous": ids[at - 1] if at else None, "next": ids[at + 1] if at + 1 < len(ids) else None}
