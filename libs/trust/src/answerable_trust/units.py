"""Units, currencies and scales as people write them, each with the one name by which they are compared."""

from decimal import Decimal

_ALIASES = {
    "%": "% percent pct",
    "pp": "pp",
    "EUR": "€ eur euro euros",
    "USD": "$ us$ usd dollar dollars",
    "GBP": "£ gbp pound pounds sterling",
    "JPY": "¥ jpy yen",
    "CHF": "chf franc francs",
    "SEK": "sek",
    "NOK": "nok",
    "DKK": "dkk",
    "PLN": "pln",
    "CAD": "cad c$",
    "AUD": "aud a$",
    "INR": "inr ₹ rupee rupees",
    "CNY": "cny rmb yuan",
    "second": "second seconds sec secs s",
    "ms": "ms millisecond milliseconds",
    "minute": "minute minutes min mins",
    "hour": "hour hours h hr hrs",
    "day": "day days",
    "week": "week weeks",
    "month": "month months",
    "quarter": "quarter quarters",
    "year": "year years yr yrs",
    "mm": "mm millimetre millimetres millimeter millimeters",
    "cm": "cm centimetre centimetres centimeter centimeters",
    "m": "m metre metres meter meters",
    "km": "km kilometre kilometres kilometer kilometers",
    "mile": "mile miles",
    "g": "g gram grams gramme grammes",
    "kg": "kg kilogram kilograms kilo kilos",
    "tonne": "t ton tons tonne tonnes",
    "ml": "ml millilitre millilitres milliliter milliliters",
    "litre": "l litre litres liter liters",
    "degree": "° degree degrees",
    "°C": "°c celsius",
    "°F": "°f fahrenheit",
    "W": "w watt watts",
    "kW": "kw kilowatt kilowatts",
    "MW": "mw megawatt megawatts",
    "kWh": "kwh",
    "V": "v volt volts",
    "bar": "bar",
    "kB": "kb",
    "MB": "mb",
    "GB": "gb",
    "TB": "tb",
}
UNITS: dict[str, str] = {alias: unit for unit, aliases in _ALIASES.items() for alias in aliases.split()}
CURRENCIES = frozenset(_ALIASES) & {
    *("EUR", "USD", "GBP", "JPY", "CHF", "SEK", "NOK", "DKK", "PLN", "CAD", "AUD", "INR", "CNY"),
}
DURATIONS = frozenset({"second", "ms", "minute", "hour", "day", "week", "month", "quarter", "year"})
LENGTHS = frozenset({"mm", "cm", "m", "km", "mile", "inch", "foot"})

SCALES: dict[str, Decimal] = {
    "hundred": Decimal(100),
    **dict.fromkeys(("thousand", "k"), Decimal(1000)),
    **dict.fromkeys(("million", "millions", "mn", "mio"), Decimal(10**6)),
    **dict.fromkeys(("billion", "billions", "bn"), Decimal(10**9)),
    **dict.fromkeys(("trillion", "trillions"), Decimal(10**12)),
}

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
NUMBER_WORDS: dict[str, int] = {
    **{word: value for value, word in enumerate(_ONES.split())},
    **{word: 10 * value for value, word in enumerate(_TENS.split(), start=2)},
}
_MONTH_NAMES = "january february march april may june july august september october november december"
MONTHS: dict[str, int] = {
    **{word: value for value, word in enumerate(_MONTH_NAMES.split(), start=1)},
    **{word[:3]: value for value, word in enumerate(_MONTH_NAMES.split(), start=1)},
    "sept": 9,
}
