"""Invented dialogues in the formats that labelproj reads: a record each, made anew each time."""

import json
from pathlib import Path
from typing import Any

__all__ = ["MTOD", "RECORDS", "woz2", "write_record", "write_woz2"]

_EN = {
    "find": "I want {food} food in the {area}.",
    "ask": "Which price, please?",
    "price": "It does not matter. What is the phone number?",
    "offer": "Dela Kitchen serves {food} food, call 0803 555 12.",
    "bye": "Thanks, bye!",
}
_HA = {
    "find": "Ina son abincin {food} a {area}.",
    "ask": "Wane farashi kake so?",
    "price": "Ba komai. Menene lambar waya?",
    "offer": "Dela Kitchen na sayar da abincin {food}, kira 0803 555 12.",
    "bye": "Na gode, sai anjima!",
}


def woz2(number: int, food: str, area: str, *, hausa: bool = False) -> dict[str, Any]:
    """Return a WOZ 2.0 dialogue of three turns, in English or in Hausa."""
    text = {k: v.format(food=food, area=area) for k, v in (_HA if hausa else _EN).items()}
    informed = [["food", food], ["area", area]]
    words = [("", text["find"]), (text["ask"], text["price"]), (text["offer"], text["bye"])]
    labels: list[list[list[str]]] = [informed, [["price", "dontcare"], ["request", "phone"]], []]
    acts: list[list[Any]] = [[], ["price"], [["food", food]]]
    turns = []
    slots: list[list[str]] = []
    for index, ((system, user), label, act) in enumerate(zip(words, labels, acts, strict=True)):
        slots = slots + [pair for pair in label if pair[0] != "request"]
        asked = [pair[1] for pair in label if pair[0] == "request"]
        turns.append(
            {
                "turn_idx": index,
                "system_transcript": system,
                "transcript": user,
                "asr": [[user, 1.0]],
                "turn_label": [list(pair) for pair in label],
                "system_acts": [one if isinstance(one, str) else list(one) for one in act],
                "belief_state": [
                    *({"act": "request", "slots": [["slot", one]]} for one in asked),
                    *({"act": "inform", "slots": [list(pair)]} for pair in slots),
                ],
            }
        )
    return {"dialogue_idx": number, "dialogue": turns}


_FOODS = {"rice": "shinkafa", "fish": "kifi", "bean": "wake"}
_AREAS = {"north": "arewa", "south": "kudu"}


def write_woz2(folder: Path, *, repeat: int = 4) -> tuple[Path, Path]:
    """Write the same dialogues in English and in Hausa; return both files."""
    pairs = [(f, a) for f in _FOODS for a in _AREAS] * repeat
    english = [woz2(i, f, a) for i, (f, a) in enumerate(pairs)]
    hausa = [woz2(i, _FOODS[f], _AREAS[a], hausa=True) for i, (f, a) in enumerate(pairs)]
    paths = folder / "en.woz2.json", folder / "ha.woz2.json"
    for path, records in zip(paths, (english, hausa), strict=True):
        path.write_text(json.dumps(records, ensure_ascii=False), encoding="utf-8")
    return paths


def _multiwoz() -> dict[str, Any]:
    state = {
        "hotel": {
            "semi": {"area": "north", "parking": "not mentioned", "stars": ""},
            "book": {"booked": [{"name": "Dala Inn", "reference": "QX7"}], "people": "2"},
        }
    }
    return {
        "goal": {"hotel": {"info": {"area": "north"}}},
        "log": [
            {
                "text": "A hotel in the north for 2, please.",
                "metadata": {},
                "dialog_act": {"Hotel-Inform": [["Area", "north"]], "general-greet": []},
            },
            {
                "text": "Dala Inn is booked, QX7. For how many nights?",
                "metadata": state,
                "dialog_act": {
                    "Hotel-Request": [["Stay", "?"]],
                    "Booking-Book": [["Name", "Dala Inn"], ["Ref", "QX7"], ["none", "none"]],
                },
                "span_info": [["Booking-Book", "Name", "Dala Inn", 0, 1]],
            },
        ],
    }


def _sgd() -> dict[str, Any]:
    return {
        "dialogue_id": "1_00001",
        "services": ["Restaurants_1"],
        "turns": [
            {
                "speaker": "USER",
                "utterance": "Find me rice in Kano.",
                "frames": [
                    {
                        "service": "Restaurants_1",
                        "slots": [{"slot": "city", "start": 16, "exclusive_end": 20}],
                        "actions": [
                            {
                                "act": "INFORM",
                                "slot": "city",
                                "values": ["Kano"],
                                "canonical_values": ["Kano"],
                            }
                        ],
                        "state": {
                            "active_intent": "Find",
                            "requested_slots": [],
                            "slot_values": {"city": ["Kano", "kano city"], "cuisine": ["rice"]},
                        },
                    }
                ],
            },
            {
                "speaker": "SYSTEM",
                "utterance": "Dela Kitchen is in Kano.",
                "frames": [
                    {
                        "service": "Restaurants_1",
                        "slots": [{"slot": "city", "start": 19, "exclusive_end": 23}],
                        "actions": [
                            {
                                "act": "OFFER",
                                "slot": "name",
                                "values": ["Dela Kitchen"],
                                "canonical_values": ["Dela Kitchen"],
                            },
                            {"act": "REQ_MORE", "slot": "", "values": []},
                        ],
                        "service_call": {"method": "Find", "parameters": {"city": "Kano"}},
                        "service_results": [{"name": "Dela Kitchen", "city": "Kano"}],
                    }
                ],
            },
        ],
    }


def _bitod() -> dict[str, Any]:
    return {
        "Scenario": {"User_Goal": {}},
        "Events": [
            {
                "Agent": "User",
                "Text": "A hotel with at least 4 stars or a pool or garden.",
                "active_intent": "hotels_search",
                "Actions": [
                    {"act": "inform", "slot": "stars", "relation": "at_least", "value": [4]},
                    {"act": "greeting", "slot": "", "relation": "", "value": []},
                ],
                "state": {
                    "hotels_search": {
                        "stars": {"relation": "at_least", "value": [4]},
                        "with": {"relation": "one_of", "value": ["pool", "garden"]},
                    }
                },
            },
            {
                "Agent": "Wizard",
                "Actions": "query",
                "API": "hotels_search",
                "Constraints": [
                    {"stars": "api.is_at_least(4)"},
                    {"with": "api.is_one_of(pool , garden)"},
                ],
            },
            {
                "Agent": "KnowledgeBase",
                "Topic": "hotels_search",
                "TotalItems": 1,
                "Item": {"name": "Dala Inn", "stars": 5, "with": ["pool"]},
            },
            {
                "Agent": "Wizard",
                "Text": "Dala Inn has a pool.",
                "Actions": [
                    {"act": "offer", "slot": "name", "relation": "equal_to", "value": ["Dala Inn"]}
                ],
                "PrimaryItem": {"name": "Dala Inn"},
            },
        ],
    }


def _risawoz() -> dict[str, Any]:
    return {
        "dialogue_id": "food_1",
        "domains": ["Restaurant"],
        "dialogue": [
            {
                "turn_id": 0,
                "turn_domain": ["Restaurant"],
                "user_utterance": [
                    "Some rice in Kano?",
                    {"Restaurant-food": {"rice": [[1, 2]]}, "Restaurant-city": {"Kano": [[3, 4]]}},
                ],
                "system_utterance": ["Dela Kitchen has rice.", {}],
                "belief_state": {
                    "inform slot-values": {"Restaurant-food": "rice", "Restaurant-city": "Kano"},
                    "turn_inform": {"Restaurant-food": "rice"},
                    "turn request": ["name"],
                },
                "user_actions": [["Inform", "Restaurant", "food", "rice"]],
                "system_actions": [["Recommend", "Restaurant", "name", "Dela Kitchen"]],
                "db_results": ["matches: 1", {"name": "Dela Kitchen", "food": "rice"}],
            }
        ],
    }


#: A record of each format that is JSON: (key or None, record).
RECORDS: dict[str, tuple[str | None, dict[str, Any]]] = {
    "woz2": (None, woz2(7, "rice", "north")),
    "multiwoz": ("SNG1.json", _multiwoz()),
    "sgd": (None, _sgd()),
    "bitod": ("b-1", _bitod()),
    "risawoz": (None, _risawoz()),
}
#: Lines of the format mtod.
MTOD = (
    "wake:O me:O at:B-datetime 7:30:I-datetime please:O <=> alarm__set\n"
    "rain:B-weather in:O Kano:B-place ?:O <=> weather__find\n"
)


def write_record(name: str, path: Path, *more: Any) -> Path:
    """Write the record of format ``name`` (and ``more`` after it) as a file of that format."""
    key, record = RECORDS[name]
    content: Any = [record, *more]
    if key is not None:
        content = {key: record} | {f"m{i}": one for i, one in enumerate(more)}
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path
