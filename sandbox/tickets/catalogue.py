"""What the made-up shops sell, and the names their people gave to things: ordinary ones and odd ones."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.tickets.model import Kind


@dataclass(frozen=True, slots=True)
class Article:
    """Something on the price list; price and cost in dollars for one unit."""

    name: str
    sku: str
    price: Decimal
    cost: Decimal | None
    kind: Kind = "Product"


def _product(name: str, sku: str, price: str, cost: str) -> Article:
    return Article(name, sku, Decimal(price), Decimal(cost))


def _service(name: str, sku: str, price: str) -> Article:
    return Article(name, sku, Decimal(price), Decimal(0), "Service")


PRODUCTS = (
    _product("Salmon & Sweet Potato Kibble 12 lb", "850012345018", "54.99", "31.20"),
    _product("Chicken Pâté 5.5 oz", "850012345025", "2.79", "1.31"),
    _product("Freeze-Dried Beef Liver Treats", "850012345032", "14.49", "7.05"),
    _product("Bully Stick 6in", "810033210014", "4.25", "1.90"),
    _product("Rope Toy, medium", "810033210021", "9.95", "3.80"),
    _product('"Tuff" Squeaky Duck', "810033210038", "12.50", "5.15"),
    _product("Harness: no-pull, size M", "743723302111", "39.00", "18.75"),
    _product("Leash 6' nylon", "743723302128", "17.99", "6.40"),
    _product("Cat Litter 14 lb", "743723302135", "21.00", "12.95"),
    _product("Oatmeal Shampoo 16 oz", "100417", "13.75", "5.60"),
    _product("Flea & Tick Collar", "100424", "62.95", "44.10"),
    _product("Poop Bags (8 rolls)", "100431", "7.49", "2.15"),
)
"""Goods: a barcode or a number, and a cost."""

WEIGHED = (
    _product("Raw Blend Beef, by the pound", "200118", "6.4950", "3.8125"),
    _product("Bulk Birdseed per lb", "200125", "1.2375", "0.6150"),
    _product("Tether cable per foot", "200132", "0.3333", "0.1480"),
)
"""Goods sold by weight or length: prices with parts of a cent."""

ODD = (
    _product("Nährstoff-Püree für Welpen – 鶏肉 🐶", "300117", "8.88", "3.33"),
    _product("Orthopädisches Hundebett " + "extra weich und waschbar, " * 6 + "XXL", "300124", "149.00", "80.00"),
    _product("Treat\tjar, 1/2 off? <new> & 'improved'", "300131", "5.01", "2.02"),
)
"""Goods whose names are long, not English, or full of marks."""

SERVICES = (
    _service("Full Groom – small dog", "GROOM-S", "65.00"),
    _service("Full Groom – large dog", "GROOM-L", "110.00"),
    _service("Bath & Brush", "BATH", "38.00"),
    _service("Nail Trim", "NAILS", "15.00"),
    _service("Daycare, half day", "DAYCARE-HALF", "24.50"),
    _service("Überraschungs-Spa „Fellglück“", "SPA-Ü", "79.95"),
)
"""Work: a text SKU and no cost."""

GIFT_CARD = _service("Gift card $50", "GIFTCARD", "50.00")
DEPOSIT = _service("Boarding deposit", "DEPOSIT", "40.00")
TOP_UP = _service("Account top-up", "TOPUP", "0.00")
SAMPLE = _product("Trial Pouch (free sample)", "400116", "0.00", "0.35")

DISCOUNTS = ("Senior 10%", "Loyalty", "Manager's special", "Grand Opening", "Employee")
ODD_DISCOUNTS = (
    "Promo: spring",
    "PROMO: SPRING ",
    "  Buy 2\tget 1\nfree",
    "Tips",
    "product",
    "Descuento de año nuevo – ñandú 🎉",
    "Neighbourhood friends & family weekend discount, given by hand at the counter to those who asked for it, part 1",
    "Neighbourhood friends & family weekend discount, given by hand at the counter to those who asked for it, part 2",
)
"""Names that can't be a QuickBooks item's name as they are, or that come together once they are cut or compared."""

CARDS = ("Visa", "MasterCard", "Amex", "Discover")
CARD_METHODS = ("Credit Card", "Visa", "MasterCard", "AMEX", "Discover", "Debit")
UNKNOWN_METHODS = ("Zelle", "House Account", "Voucher №7 (façade)", None)
PEOPLE = ("Ana P.", "Bo", "Chiara D'Amico", "Dmitri", None)
CHANNELS = ("In Store", "In Store", "In Store", "Pickup", "Local delivery", None)
RETURN_REASONS = ("Wrong size", "Damaged", "Dog didn't like it", None)
