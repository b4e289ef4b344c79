"""One lead on one page: the person, what was sent, the timeline, and the forms of leads/triage/lead_forms.py."""

from http import HTTPStatus

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from company.requests import AuthenticatedHttpRequest
from leads.actions.change_status import StaleLeadError, WrongMoveError
from leads.actions.merge import MergeError, successor
from leads.admission.matching import likely_duplicates
from leads.models import Lead, Merge, ReplyTemplate, Status
from leads.models.status import USUAL_LOST_REASONS
from leads.reference import grouped
from leads.staff import display_name
from leads.triage.formatting import format_due_time, phone_link
from leads.triage.lead_forms import ACTIONS, LeadForm, VersionForm
from leads.triage.reply_draft import reply_draft
from leads.triage.timeline import timeline
from leads.working_hours import working_hours

NEIGHBOURS_AMONG = 500


def lead_page(request: AuthenticatedHttpRequest, lead: Lead, listed: QuerySet[Lead]) -> HttpResponse:
    """`listed` are the leads of the list from which the page was opened, in their order."""
    if request.method != "POST":
        return render_lead_page(request, lead, listed)
    if not request.user.has_perm(LeadForm.permission):
        raise PermissionDenied
    return act(request, lead, listed)


def act(request: AuthenticatedHttpRequest, opened: Lead, listed: QuerySet[Lead]) -> HttpResponse:
    """Do what the posted form says, and redirect; or render the page again with the form as it was filled in."""
    lead = successor(opened)
    form_class = ACTIONS.get(request.POST.get("do", ""))
    if form_class is None:
        messages.error(request, "Nothing was done: the page did not say what to do.")
        return render_lead_page(request, lead, listed, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    form = form_class(request.POST, lead=lead)
    if not form.is_allowed(request.user):
        raise PermissionDenied
    try:
        if lead != opened and isinstance(form, VersionForm):
            raise StaleLeadError(f"{opened} was merged into this lead while you had it open. Nothing was changed.")
        if form.is_valid():
            form.act(request.user, timezone.now())
            if form.done:
                messages.success(request, form.done)
            return HttpResponseRedirect(address(request, lead))
        for field in form.hidden_fields():
            for error in field.errors:
                messages.error(request, str(error))
    except (WrongMoveError, MergeError) as error:
        messages.error(request, str(error))
    except StaleLeadError as error:
        messages.error(request, str(error))
        form = form_class(with_present_version(request.POST, lead), lead=lead)
        return render_lead_page(request, lead, listed, form, status=HTTPStatus.CONFLICT)
    return render_lead_page(request, lead, listed, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def with_present_version(posted: QueryDict, lead: Lead) -> QueryDict:
    """What was posted, so that the user can send it again after a look at the changed lead."""
    data = posted.copy()
    data["version"] = str(Lead.objects.values_list("version", flat=True).get(pk=lead.pk))
    return data


def render_lead_page(
    request: AuthenticatedHttpRequest,
    lead: Lead,
    listed: QuerySet[Lead],
    bound: LeadForm | None = None,
    *,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """The page. `bound` is a form that was posted and has not been acted on."""
    lead = Lead.objects.select_related("owner").get(pk=lead.pk)
    is_merged = lead.status == Status.MERGED
    template_id = request.GET.get("template", "")
    context = {
        **admin.site.each_context(request),
        "title": lead.full_name,
        "address": address(request, lead),
        "opts": Lead._meta,
        "lead": lead,
        "due_time": format_due_time(lead, timezone.now(), working_hours()),
        "owner": display_name(lead.owner),
        "phone": phone_link(lead),
        "submissions": [
            {"submission": submission, "reference": grouped(submission.reference)}
            for submission in lead.submissions.select_related("quarantine").order_by("received_at", "id")
        ],
        "timeline": timeline(lead),
        "forms": {} if is_merged else forms_for(request, lead, template_id, bound),
        "chosen_template": template_id,
        "templates": ReplyTemplate.objects.all(),
        "lost_reasons": USUAL_LOST_REASONS,
        "duplicates": [] if is_merged else likely_duplicates(lead),
        "merges": Merge.objects.filter(into=lead, undone_at=None).select_related("lead"),
        "merged_into": Merge.objects.filter(lead=lead, undone_at=None).select_related("into").first(),
        "list_query": request.GET.get("_changelist_filters", ""),
        **neighbours(listed, lead),
    }
    return TemplateResponse(request, "admin/leads/lead/change_form.html", context, status=status)


def forms_for(
    request: AuthenticatedHttpRequest, lead: Lead, template_id: str, bound: LeadForm | None
) -> dict[str, LeadForm]:
    """By name, the forms that the user may send; `bound` in place of a new one."""
    candidates = {name: form_class(lead=lead) for name, form_class in ACTIONS.items()}
    forms = {name: form for name, form in candidates.items() if form.is_allowed(request.user)}
    if "reply" in forms:
        forms["reply"].initial.update(reply_draft(lead, request.user, template_id))
    return {**forms, bound.name: bound} if bound else forms


def address(request: AuthenticatedHttpRequest, lead: Lead) -> str:
    """The page of the lead, with the present parameters."""
    return reverse("admin:leads_lead_change", args=[lead.pk], query=request.GET)


def neighbours(listed: QuerySet[Lead], lead: Lead) -> dict[str, int | None]:
    """
    The ids of the `previous` and the `next` lead in the list.

    If this lead is not among its first NEIGHBOURS_AMONG, `next` is the first one.
    """
    ids = list(listed.values_list("pk", flat=True)[:NEIGHBOURS_AMONG])
    if lead.pk not in ids:
        return {"previous": None, "next": ids[0] if ids else None}
    index = ids.index(lead.pk)
    return {"previous": ids[index - 1] if index else None, "next": ids[index + 1] if index + 1 < len(ids) else None}
