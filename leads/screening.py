"""
What looks like nobody's enquiry. It is stored like any other and answered alike, but held back from sales until
somebody releases it: a rule may err, and then it costs a click, not a customer.
"""

import re
from datetime import timedelta

from disposable_email_domains import blocklist

from leads.folding import folded
from leads.models import Lead, ScreeningRules, Status, Submission

LINK = re.compile(r"https?://|\bwww\.", re.IGNORECASE)
HOUR = timedelta(hours=1)


def reasons_to_hold(submission: Submission, lead: Lead | None) -> list[str]:
    """
    A sentence for each reason to hold the submission back; none if it goes straight to sales.

    `lead` is its sender's, if we know the sender.
    """
    rules = ScreeningRules.load()
    reasons = []
    if lead is not None and lead.status == Status.SPAM:
        reasons.append("An earlier enquiry of this sender was marked as spam.")
    if submission.leave_blank:
        reasons.append("A field that people do not see was filled in.")
    if too_many(submission, rules.accepted_per_hour):
        reasons.append(f"More than {rules.accepted_per_hour} enquiries came from one address within an hour.")
    text = folded(f"{submission.first_name} {submission.last_name}\n{submission.space_requirements}")
    reasons += [f"It says “{word}”." for word in lines(rules.words) if says(text, folded(word))]
    reasons += [
        f"The e-mail address is at {domain}." for domain in lines(rules.email_domains) if is_at(submission, domain)
    ]
    if rules.disposable_domains and is_disposable(submission):
        reasons.append("The e-mail address is of a provider of throw-away addresses.")
    links = len(LINK.findall(submission.space_requirements))
    if links > rules.links_max:
        reasons.append(f"It holds {links} links.")
    return reasons


def too_many(submission: Submission, accepted_max: int) -> bool:
    if not submission.client:
        return False
    lately = Submission.objects.filter(
        client=submission.client,
        received_at__gt=submission.received_at - HOUR,
        received_at__lte=submission.received_at,
        lead__isnull=False,
    ).exclude(pk=submission.pk)
    return lately[:accepted_max].count() >= accepted_max


def says(text: str, word: str) -> bool:
    """Whether the word or phrase stands in the text, not merely as a part of another word."""
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def is_at(submission: Submission, domain: str) -> bool:
    domain = folded(domain).lstrip("@.")
    found = folded(submission.email.rpartition("@")[2])
    return found == domain or found.endswith(f".{domain}")


def is_disposable(submission: Submission) -> bool:
    labels = folded(submission.email.rpartition("@")[2]).split(".")
    return any(".".join(labels[start:]) in blocklist for start in range(len(labels) - 1))


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
