r"""States, acts and calls as text that a sequence model can write, and back, exactly.

The grammar (after the distilled representation of Moradshahi et al., EACL 2023,
https://aclanthology.org/2023.eacl-main.62)::

    items   = "null" | item { " ; " item }
    item    = [ "( " domain " ) " ] name [ " : " slot ] [ " # " relation ] [ " = " values ]
    values  = quoted { " | " quoted }
    quoted  = '" ' value ' "'
    calls   = "null" | call { " & " call }        call = "( " name " ) " [ items ]

A domain holds until the next one is named. ``equal_to`` is not written. Slots, acts and relations
are written as they are, in the source language; signs of the grammar within a name or a value, and
white space that is not a single blank inside it, are written ``\hex.`` so that everything can be
read back.
"""

from collections.abc import Iterable

import regex

from labelproj.dialogue.schema import EQUAL, Act, Call, Constraint

__all__ = [
    "NULL",
    "canonical_acts",
    "canonical_state",
    "parse_acts",
    "parse_calls",
    "parse_items",
    "parse_state",
    "plain",
    "write_acts",
    "write_calls",
    "write_items",
    "write_state",
]

#: What stands where there is nothing.
NULL = "null"
_ITEM = regex.compile(
    r"""\s*
    (?:\((?P<domain>[^()]*)\))?
    (?P<name>[^:\#="()]*)
    (?: :(?P<slot>[^:\#="()]*))?
    (?:\#(?P<relation>[^:\#="()]*))?
    (?:=\s*(?P<values>"[^"]*"(?:\s*\|\s*"[^"]*")*))?
    \s*""",
    regex.VERBOSE,
)
_ITEMS = regex.compile(r'(?:[^;"]|"[^"]*")+')
_CALLS = regex.compile(r'(?:[^&"]|"[^"]*")+')
_ODD = regex.compile(r"^\s|\s$|(?<=\s)\s|[^\S ]|[\p{C}]|[\\\"<>]")
_ODD_IN_NAMES = regex.compile(r"^\s|\s$|(?<=\s)\s|[^\S ]|[\p{C}]|[\\\"<>():;|=#&]")
_ESCAPE = regex.compile(r"\\([0-9a-f]+)\.")


def plain(text: str) -> str:
    """Return ``text`` for an input field: one line, and no ``<`` or ``>`` that could be a mark."""
    return " ".join(text.replace("<", "‹").replace(">", "›").split())


def canonical_state(state: Iterable[Constraint]) -> tuple[Constraint, ...]:
    """Return a state in order and without repeats; of several ways to write a value the first."""
    return tuple(sorted({_first(one) for one in state if one.values}, key=_order))


def canonical_acts(acts: Iterable[Act]) -> tuple[Act, ...]:
    """Return acts in order and without repeats."""
    return tuple(sorted(set(acts), key=lambda a: (a.domain, a.act, a.slot, a.relation, a.values)))


def write_state(state: Iterable[Constraint]) -> str:
    """Write a state, in its canonical order."""
    return write_items(canonical_state(state))


def parse_state(text: str) -> tuple[Constraint, ...]:
    """Read what :func:`write_state` wrote. Raises ValueError for text that is no state."""
    return canonical_state(parse_items(text))


def write_items(items: Iterable[Constraint]) -> str:
    """Write items of a state in order, those without values too."""
    ordered = sorted({_first(one) for one in items}, key=_order)
    return _write((c.domain, _name(c.slot), c.relation, c.values) for c in ordered)


def parse_items(text: str) -> list[Constraint]:
    """Read what :func:`write_items` wrote. Raises ValueError for text that is no state."""
    return [
        Constraint(domain, name, relation, values)
        for domain, name, slot, relation, values in _parse(text)
        if _without(slot)
    ]


def write_acts(acts: Iterable[Act]) -> str:
    """Write acts, in their canonical order."""
    return _write(
        (a.domain, _name(a.act) + (f" : {_name(a.slot)}" if a.slot else ""), a.relation, a.values)
        for a in canonical_acts(acts)
    )


def parse_acts(text: str) -> tuple[Act, ...]:
    """Read what :func:`write_acts` wrote. Raises ValueError for text that is no acts."""
    return canonical_acts(
        Act(name, domain, slot or "", relation, values)
        for domain, name, slot, relation, values in _parse(text)
    )


def write_calls(calls: Iterable[Call]) -> str:
    """Write calls, each with its constraints in canonical order."""
    written = []
    for call in calls:
        items = write_state(call.constraints)
        head = f"( {_name(call.name)} )"
        written.append(head if items == NULL else f"{head} {items}")
    return " & ".join(written) or NULL


def parse_calls(text: str) -> tuple[Call, ...]:
    """Read what :func:`write_calls` wrote. Raises ValueError for text that is no calls."""
    if text.strip() == NULL:
        return ()
    calls = []
    for part in _CALLS.findall(text):
        match = regex.match(r"\s*\(([^()]*)\)(.*)", part, regex.DOTALL)
        if match is None:
            raise ValueError(f"no call: {part!r}")
        rest = match[2].strip()
        calls.append(Call(_raw(match[1]), parse_state(rest) if rest else ()))
    if not calls:
        raise ValueError("no call")
    return tuple(calls)


def _order(one: Constraint) -> tuple[str, str, str, tuple[str, ...]]:
    return one.domain, one.slot, one.relation, one.values


def _first(one: Constraint) -> Constraint:
    if one.relation == EQUAL and len(one.values) > 1:
        return Constraint(one.domain, one.slot, one.relation, one.values[:1])
    return one


def _write(items: Iterable[tuple[str, str, str, tuple[str, ...]]]) -> str:
    written = []
    before = ""
    for domain, name, relation, values in items:
        parts = []
        if domain != before:
            parts.append(f"( {_name(domain)} )")
            before = domain
        if name:
            parts.append(name)
        if relation != EQUAL:
            parts.append(f"# {_name(relation)}")
        if values:
            parts.append("= " + " | ".join(f'" {_value(value)} "' for value in values))
        # An item of nothing at all still has to be seen.
        written.append(" ".join(parts) or "( )")
    return " ; ".join(written) or NULL


def _parse(text: str) -> list[tuple[str, str, str | None, str, tuple[str, ...]]]:
    if text.strip() == NULL:
        return []
    found = []
    domain = ""
    for item in _ITEMS.findall(text):
        match = _ITEM.fullmatch(item)
        if match is None or not item.strip():
            raise ValueError(f"no item of a state or of acts: {item.strip()!r}")
        if match["domain"] is not None:
            domain = _raw(match["domain"])
        values = regex.findall(r'"([^"]*)"', match["values"] or "")
        relation = EQUAL if match["relation"] is None else _raw(match["relation"])
        slot = None if match["slot"] is None else _raw(match["slot"])
        found.append((domain, _raw(match["name"]), slot, relation, tuple(map(_raw, values))))
    if not found:
        raise ValueError("nothing, not even 'null'")
    return found


def _without(slot: str | None) -> bool:
    if slot is not None:
        raise ValueError("an act where a state was expected")
    return True


def _name(text: str) -> str:
    # A name that is the word for nothing would be read as nothing.
    escaped = _ODD_IN_NAMES.sub(_escaped, text)
    return f"\\{ord('n'):x}.ull" if escaped == NULL else str(escaped)


def _value(text: str) -> str:
    return str(_ODD.sub(_escaped, text))


def _escaped(match: "regex.Match[str]") -> str:
    return f"\\{ord(match[0]):x}."


def _raw(text: str) -> str:
    return str(_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text.strip(" ")))
