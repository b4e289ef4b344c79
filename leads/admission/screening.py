"""
Screening: which enquiries are held back from sales, and why. A held enquiry is stored and answered like any other, and
staff can release it.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from disposable_email_domains import blocklist

from company.single_row import split_lines
from leads.email_domains import suggest_email
from leads.models import Lead, ScreeningRules, Status, Submission
from leads.search_text import fold

LINK = re.compile(r"https?://|\bwww\.", re.IGNORECASE)
HOUR = timedelta(hours=1)
SHINGLE_LENGTH = 4  # characters
SIMILARITY_MIN = 0.75  # Jaccard index; with one name or number changed it is about 0.9
COMPARED_MAX = 20  # earlier enquiries
ROWS_PER_CLIENT = 100


class Screening:
    """The rules, and the recent enquiries of the same clients: both read once for a batch of submissions."""

    def __init__(self, submissions: Sequence[Submission]) -> None:
        self.rules = ScreeningRules.load()
        self.earlier: dict[str, list[Submission]] = defaultdict(list)
        clients = {submission.client for submission in submissions if submission.client}
        if not clients:
            return
        since = min(submission.received_at for submission in submissions) - HOUR
        rows = Submission.objects.admitted().filter(client__in=clients, received_at__gt=since, lead__isnull=False)
        for submission in rows.order_by("received_at")[: ROWS_PER_CLIENT * len(clients)]:
            self.remember(submission)

    def remember(self, submission: Submission) -> None:
        """Compare later enquiries of the batch with this one, which is not held."""
        if submission.client:
            self.earlier[submission.client].append(submission)

    def reasons_to_hold(self, submission: Submission, lead: Lead | None) -> list[str]:
        """
        A sentence for each reason to hold the submission; empty if it is not held. `lead` is that of a known sender.
        """
        rules, email_domain = self.rules, fold(submission.email.rpartition("@")[2])
        reasons = [] if lead is None else spam_reasons(submission, lead)
        if submission.leave_blank:
            reasons.append("A field that people do not see was filled in.")
        reasons += self.reasons_of_client(submission)
        if words := split_lines(rules.words):
            text = fold(f"{submission.first_name} {submission.last_name}\n{submission.space_requirements}")
            reasons += [f"It says “{word}”." for word in words if contains_word(text, fold(word))]
        reasons += [
            f"The e-mail address is at {domain}."
            for domain in split_lines(rules.email_domains)
            if is_at(email_domain, domain)
        ]
        if rules.disposable_domains and is_disposable(email_domain) and suggest_email(submission.email) is None:
            reasons.append("The e-mail address is of a provider of throw-away addresses.")
        links = len(LINK.findall(submission.space_requirements))
        if links > rules.links_max:
            reasons.append(f"It holds {links} links.")
        return reasons

    def reasons_of_client(self, submission: Submission) -> list[str]:
        """Offices and mobile carriers share addresses, so only many or nearly equal enquiries are a reason."""
        recent = [
            earlier
            for earlier in self.earlier[submission.client]
            if submission.received_at - HOUR < earlier.received_at <= submission.received_at
        ]
        reasons = []
        if len(recent) >= self.rules.accepted_per_hour:
            reasons.append(f"More than {self.rules.accepted_per_hour} enquiries came from one address within an hour.")
        others = [earlier for earlier in recent[-COMPARED_MAX:] if not is_same_person(earlier, submission)]
        if any(nearly_same(earlier.space_requirements, submission.space_requirements) for earlier in others):
            reasons.append("Nearly the same text came from the same address under another name within an hour.")
        return reasons


def spam_reasons(submission: Submission, lead: Lead) -> list[str]:
    """
    One reason if the lead is spam and this enquiry has the client or nearly the text of an earlier one; else empty.

    The e-mail address alone is not a reason: a stranger could block a competitor with it.
    """
    if lead.status != Status.SPAM:
        return []
    for earlier in lead.submissions.all()[:COMPARED_MAX]:
        is_same_client = earlier.client == submission.client != ""
        if is_same_client or nearly_same(earlier.space_requirements, submission.space_requirements):
            return ["An earlier enquiry of this sender was marked as spam."]
    return []


def is_same_person(one: Submission, other: Submission) -> bool:
    """Whether two enquiries have the same e-mail address or the same full name: one corrects or repeats the other."""
    names = {(fold(submission.first_name), fold(submission.last_name)) for submission in (one, other)}
    return one.email.casefold() == other.email.casefold() or len(names) == 1


def nearly_same(one: str, other: str) -> bool:
    """Whether the Jaccard index of the texts' shingles is at least SIMILARITY_MIN; in any script."""
    shingles, others = shingles_of(one), shingles_of(other)
    return len(shingles & others) >= SIMILARITY_MIN * len(shingles | others)


def shingles_of(text: str) -> set[str]:
    """The overlapping sequences of SHINGLE_LENGTH characters in the folded text."""
    text = fold(text)
    return {text[start : start + SHINGLE_LENGTH] for start in range(max(1, len(text) - SHINGLE_LENGTH + 1))}


def contains_word(text: str, word: str) -> bool:
    """Whether the word or phrase occurs in the text, and not only as a part of another word."""
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def is_at(email_domain: str, domain: str) -> bool:
    """Whether the folded domain of an address is `domain` or a subdomain of it."""
    domain = fold(domain).lstrip("@.")
    return email_domain == domain or email_domain.endswith(f".{domain}")


def is_disposable(email_domain: str) -> bool:
    """Whether the domain or one above it is of a provider of throw-away addresses."""
    labels = email_domain.split(".")
    return any(".".join(labels[start:]) in blocklist for start in range(len(labels) - 1))
