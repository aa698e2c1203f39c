"""Numbers that name persons, organisations and cards: parse, validate, complete and explain each.

One noun a file. `X.parse(text)` tidies what people and spreadsheets write (spaces, full-width digits, lower case), then
returns a frozen value or raises IdentifierError, whose `part` says which part fails. What is unusual but possible (an
area code that was never listed) is a remark on the result, never a rejection.
"""

from jinbao.kernel.identifiers.bank_card import BankCard
from jinbao.kernel.identifiers.card_identifier import CardIdentifier
from jinbao.kernel.identifiers.card_number import CardNumber
from jinbao.kernel.identifiers.citizen_id import CitizenId
from jinbao.kernel.identifiers.common import IdentifierError, Part, Remark
from jinbao.kernel.identifiers.foreigner_id import ForeignerId
from jinbao.kernel.identifiers.org_code import OrgCode
from jinbao.kernel.identifiers.uscc import Uscc

__all__ = [
    "BankCard",
    "CardIdentifier",
    "CardNumber",
    "CitizenId",
    "ForeignerId",
    "IdentifierError",
    "OrgCode",
    "Part",
    "Remark",
    "Uscc",
]
