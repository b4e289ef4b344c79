from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from articles.models import Article
from company.models import Company

STARTER = Path(__file__).resolve().parents[2] / "starter"

PHONE_LINES = [("PH", "(+632) 7796540"), ("USA", "(+1) 303-586-6566")]
SOCIAL_NETWORKS = ["Facebook", "LinkedIn", "X"]


class Command(BaseCommand):
    help = (
        "Load the starter content (company, phone lines, the explainer) into an empty site. "
        "It changes nothing on a site that has a company or an article, so it is safe to repeat."
    )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        is_empty = not Company.objects.exists() and not Article.objects.exists()
        if is_empty:
            load_company()
            load_explainer()
        if options["verbosity"]:
            message = "Loaded the starter content." if is_empty else "The site has content already: nothing changed."
            self.stdout.write(message)


def load_company() -> None:
    company = Company.objects.create(
        name="Outsourcing Site",
        tagline="We find, house and run the team you need in the Philippines, from support desk to design studio.",
    )
    for position, (label, number) in enumerate(PHONE_LINES):
        company.phone_lines.create(label=label, number=number, position=position)
    for position, network in enumerate(SOCIAL_NETWORKS):
        company.social_profiles.create(network=network, position=position)


def load_explainer() -> None:
    Article.objects.create(
        title="The Key Differences Between BPO and KPO",
        slug="key-differences-between-bpo-and-kpo",
        summary=(
            "BPO and KPO both send work to an outside provider. This guide explains how they differ in goal, cost, "
            "skill and hiring, and what to check before you choose."
        ),
        body=(STARTER / "explainer.html").read_text(encoding="utf-8"),
        illustration=ContentFile((STARTER / "explainer.svg").read_bytes(), name="bpo-and-kpo.svg"),
        illustration_alt=(
            "BPO and KPO side by side. With BPO, supporting work such as customer support, human resources, finance "
            "and IT leaves your company for lower cost, done by teams that are easy to hire. With KPO, core work such "
            "as design, research, legal services and digital marketing leaves it for scarce skill, done by "
            "specialists who are harder to hire."
        ),
        illustration_credit="Illustration: Outsourcing Site",
        status=Article.Status.PUBLISHED,
        published_at=timezone.now(),
        seo_title="BPO vs KPO: The Key Differences Explained",
        seo_description=(
            "BPO cuts the cost of supporting work; KPO brings in scarce skill for core work. Compare goal, cost, "
            "hiring and risk before you outsource."
        ),
    )
