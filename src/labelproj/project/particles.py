"""Korean particles: written onto the word before them, but no part of what a span names.

*Seoul* is 서울, and in 서울에서 (in Seoul) its span ends before 에서, as Korean corpora have it.
Only particles that hardly any noun ends in are taken off (을, 를, 에서, … but not 이, 도, 만, 의
or 로), and only where the syllable before lets them follow: 을, 은 and 으로 come after a final
consonant, 를, 는, 가 and 와 after none.
"""

from labelproj.records import Span

__all__ = ["without_particle"]

#: After any syllable, after one with a final consonant, and after one without.
_ANY = ("에서부터", "에서는", "에게서", "에서", "에게", "에는", "까지", "부터", "에")
_CLOSED = ("으로부터", "으로는", "으로", "을", "은")
_OPEN = ("를", "는", "가", "와")
#: Of these so many syllables must be left: 좋은 (good) is an adjective, 화가 (painter) a noun.
_LEFT = {"은": 2, "는": 2, "가": 2, "와": 2}
#: Verbs end so before 는: 원하는 (wanted).
_VERBS = "하되"
#: The first and last syllable of Unicode, which are in the order of their final consonants.
_FIRST, _LAST, _FINALS = 0xAC00, 0xD7A3, 28


def without_particle(span: Span, start: int, end: int, *, src_text: str, tgt_text: str) -> int:
    """Return where [start, end) of ``tgt_text`` ends without the particle at its end.

    ``end`` comes back where there is none, where the word goes on, and where ``span`` of
    ``src_text`` is Korean itself.
    """
    if not _is_hangul(tgt_text[end - 1 : end]) or _is_hangul(tgt_text[end : end + 1]):
        return end
    if _is_hangul(span.surface(src_text)[-1:]):
        return end
    word = end
    while word > start and _is_hangul(tgt_text[word - 1]):
        word -= 1
    for particle in (*_ANY, *_CLOSED, *_OPEN):
        stem = end - len(particle)
        if stem < word or not tgt_text.startswith(particle, stem):
            continue
        if _may_follow(particle, tgt_text[start:stem], stem - word):
            return stem
    return end


def _may_follow(particle: str, before: str, syllables: int) -> bool:
    """Say whether ``particle`` may follow what is before it, the last word's ``syllables``."""
    if not syllables:  # a foreign word or a number
        return before[-1:].isalnum()
    if syllables < _LEFT.get(particle, 1) or (particle == "는" and before[-1] in _VERBS):
        return False
    closed = (ord(before[-1]) - _FIRST) % _FINALS > 0
    return particle in _ANY or closed == (particle in _CLOSED)


def _is_hangul(character: str) -> bool:
    return bool(character) and _FIRST <= ord(character) <= _LAST
