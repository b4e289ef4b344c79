"""The draft of a reply: a template filled in, with the latest enquiry quoted."""

from django.contrib.auth.models import User
from django.utils import timezone

from company.models import Company
from leads.models import Lead, ReplyTemplate
from leads.reference import grouped
from leads.staff import display_name

DEFAULT_TEXT = "Dear {first_name},\n\n\n\nKind regards,\n{me}\n{company}"


def reply_draft(lead: Lead, author: User, template_id: str) -> dict[str, str]:
    """`subject` and `text` of the reply. For an unknown `template_id`, the text is DEFAULT_TEXT."""
    known = ReplyTemplate.objects.filter(pk=template_id).first() if is_id(template_id) else None
    template = known or ReplyTemplate(text=DEFAULT_TEXT)
    submission = lead.submissions.first()
    names = {
        "first_name": lead.first_name,
        "last_name": lead.last_name,
        "reference": grouped(submission.reference) if submission else "",
        "company": Company.load().name,
        "me": display_name(author),
    }
    text = template.text.replace("\r\n", "\n").format(**names)
    if submission:
        quoted = "\n".join(f"> {line}".rstrip() for line in submission.space_requirements.splitlines())
        text += f"\n\nOn {timezone.localtime(submission.received_at):%d %B %Y} you wrote:\n{quoted}\n"
    return {"subject": template.subject.format(**names), "text": text}


def is_id(text: str) -> bool:
    return text.isdecimal() and len(text) < 18
