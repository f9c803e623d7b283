#!/usr/bin/env bash
# An invoice of QuickBooks Online, read by a client library and written back as it was.
#
# Versions   python-quickbooks 0.9.12
# Input      an invoice as QuickBooks answers it: an id, a token, one line of 12.10, no word of taxes, e-mail or currency
# Guess      what is sent back is what was read; an amount given as a Decimal is sent as a number
# Behaviour  what was sent back holds what nobody said: each field of the class with its own default. Among them are
#            GlobalTaxCalculation "TaxExcluded", ExchangeRate 1, EmailStatus "NotSet", PrintStatus "NotSet", and dates that
#            are an empty text; `sparse` is false, so QuickBooks takes all of it as meant. A line without a detail gets
#            one of quantity 0. A Decimal is sent as a text ("12.10").
# Way out    send a sparse update of one's own making: Id, SyncToken and what is to change, amounts as numbers
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check python-quickbooks==0.9.12
cd "$folder"

cat > invoice.py <<'PYTHON'
import json
from decimal import Decimal

from quickbooks.objects.invoice import Invoice

ANSWERED = {
    "Id": "17",
    "SyncToken": "3",
    "TotalAmt": 12.1,
    "CustomerRef": {"value": "4"},
    "Line": [{"Amount": 12.1, "DetailType": "SalesItemLineDetail"}],
}
invoice = Invoice.from_json(ANSWERED)
sent = json.loads(invoice.to_json())
for name in sorted(sent.keys() - ANSWERED.keys()):
    print(name, json.dumps(sent[name]))
print("line:", json.dumps(sent["Line"][0], sort_keys=True))
invoice.Line[0].Amount = Decimal("12.10")
print("a Decimal:", json.dumps(json.loads(invoice.to_json())["Line"][0]["Amount"]))
PYTHON

diff - <(venv/bin/python invoice.py 2> log) << 'SEEN' || { tail -5 log; exit 1; }
AllowIPNPayment true
AllowOnlineACHPayment false
AllowOnlineCreditCardPayment false
ApplyTaxAfterDiscount false
Balance 0
CustomField []
Deposit 0
DueDate ""
EmailStatus "NotSet"
ExchangeRate 1
FreeFormAddress false
GlobalTaxCalculation "TaxExcluded"
HomeBalance 0
HomeTotalAmt 0
InvoiceLink ""
LinkedTxn []
PrintStatus "NotSet"
PrivateNote ""
ShipDate ""
TrackingNum ""
TxnDate ""
domain "QBO"
sparse false
line: {"Amount": 12.1, "CustomField": [], "DetailType": "SalesItemLineDetail", "LineNum": 0, "LinkedTxn": []}
a Decimal: "12.10"
SEEN
echo "as it was seen"
