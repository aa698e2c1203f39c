"""How many queries each page takes, frozen; a list takes ten at most, however many rows it has."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jinbao.insurance.registry import actions as registry
from jinbao.kernel.identifiers.citizen_id import CitizenId
from jinbao.kernel.months import Month
from jinbao.trust.actors import Actor
from tests.web.addresses import ADDRESSES
from tests.web.conftest import TODAY, Browser, Town
from tests.web.test_access import actor, ask

MOST_FOR_A_LIST, MOST_FOR_A_RECORD, MOST_FOR_A_SCREEN = 10, 16, 20
LISTS = {
    "counter-campaigns": 5,
    "counter-catalogue": 5,
    "counter-catalogue-arrivals": 5,
    "counter-catalogue-export": 6,
    "counter-exchange": 10,
    "counter-exchange-calls": 10,
    "counter-clawbacks": 4,
    "counter-clues": 9,
    "counter-centre": 5,
    "counter-centre-documents": 8,
    "counter-centre-export": 5,
    "counter-centre-monitoring": 5,
    "counter-centre-sheet": 6,
    "counter-account": 4,
    "counter-audit": 4,
    "counter-employer": 6,
    "counter-file": 6,
    "counter-files": 4,
    "counter-data-quality": 9,
    "counter-data-quality-tickets": 5,
    "counter-data-supply": 8,
    "counter-extraction": 6,
    "counter-extraction-levels": 4,
    "counter-linkage": 7,
    "counter-linkage-doubts": 5,
    "counter-linkage-proposals": 4,
    "counter-scenes": 8,
    "counter-scene": 8,
    "counter-ledger": 5,
    "counter-payment-batch": 8,
    "counter-payments": 5,
    "counter-queue": 6,
    "counter-search": 3,
    "counter-simulation": 3,
    "counter-simulations": 3,
    "counter-statement": 5,
    "counter-transfer": 6,
    "my-cases": 5,
    "unit": 6,
    "unit-file": 6,
    "unit-files": 4,
}
WHOLE_RECORDS = {
    "counter-exchange-grant": 16,
    "counter-exchange-partner": 16,
    "sharing": 16,
    "counter-award": 9,
    "counter-award-compare": 16,
    "counter-campaign": 16,
    "counter-campaign-member": 16,
    "counter-campaign-paper": 4,
    "counter-campaign-workbook": 5,
    "counter-clawback": 7,
    "counter-centre-book": 12,
    "counter-centre-evaluation": 7,
    "counter-centre-line": 6,
    "apply": 6,
    "apply-sharing": 4,
    "counter-case": 16,
    "counter-determination": 6,
    "counter-data": 4,
    "counter-data-quality-dataset": 10,
    "counter-data-quality-rule": 7,
    "counter-data-quality-ticket": 7,
    "counter-home": 3,
    "counter-catalogue-import": 3,
    "counter-catalogue-template": 3,
    "counter-extraction-new": 3,
    "counter-lineage": 3,
    "counter-resource": 12,
    "counter-resource-edit": 6,
    "counter-resource-new": 3,
    "counter-person": 16,
    "counter-person-file": 6,
    "my": 7,
    "my-account": 6,
    "my-benefits": 8,
    "my-case": 8,
    "my-contributions": 6,
}
"""Pages that gather everything about one person or case from all rooms."""
SCREENS = {"screen-platform": 20}
"""Pages that gather a few figures from every room, and ask again every half minute."""
FROZEN = LISTS | WHOLE_RECORDS | SCREENS


def test_every_page_that_reads_the_books_has_its_number() -> None:
    reading = {
        name
        for name, page in ADDRESSES.items()
        if page.method == "get" and page.roles and page.answers == (200, 302) and "rejected" not in name
    }
    assert reading == set(FROZEN)
    assert max(LISTS.values()) <= MOST_FOR_A_LIST
    assert max(WHOLE_RECORDS.values()) <= MOST_FOR_A_RECORD
    assert max(SCREENS.values()) <= MOST_FOR_A_SCREEN


@pytest.mark.parametrize("name", sorted(FROZEN))
def test_a_page_takes_no_more_queries_than_it_did(name: str, town: Town, browse: Browser) -> None:
    town.career()
    town.case()
    town.payments()
    town.resource()
    role = ADDRESSES[name].roles[0]
    client = browse(actor(role))
    where = reverse(name, kwargs=ADDRESSES[name].made(town))
    ask(client, name, town, where)
    with CaptureQueriesContext(connection) as taken:
        ask(client, name, town, where)
    ours = [query for query in taken.captured_queries if "SAVEPOINT" not in query["sql"]]
    assert len(ours) <= FROZEN[name], "\n".join(query["sql"][:160] for query in ours)


def counted(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as taken:
        assert client.get(address).status_code == 200
    return len(taken)


def test_a_list_of_many_takes_as_many_queries_as_a_list_of_few(
    town: Town, browse: Browser, clerk: Actor, system: Actor
) -> None:
    client = browse(clerk)
    addresses = ["/counter/persons/?q=张", f"/counter/employers/{town.employer.pk}/"]
    few = [counted(client, address) for address in addresses]
    for sequence in range(21, 61, 2):
        number = CitizenId.make("990101", TODAY.replace(year=1980), sequence).number18
        person = registry.register_person(system, number, f"张{sequence}", region="990101", today=TODAY)
        registry.enrol(system, person, town.employer, Month(2010, 1), today=TODAY)
    assert [counted(client, address) for address in addresses] == few
