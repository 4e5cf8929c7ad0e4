"""Task-oriented dialogue: what a dialogue says beside its text, and how it changes language.

:mod:`~labelproj.dialogue.schema` is the structured part of a dialogue, the same for all formats;
:mod:`~labelproj.dialogue.linear` writes it as text for a model and reads it back;
:mod:`~labelproj.dialogue.examples` cuts a dialogue into the four subtasks DST, API, DA and RG;
:mod:`~labelproj.dialogue.values` maps values to the target language and
:mod:`~labelproj.dialogue.localise` puts them everywhere they belong.
"""

from labelproj.dialogue.schema import Act, Call, Constraint, Dialogue, Row, Turn, dialogue_of

__all__ = ["Act", "Call", "Constraint", "Dialogue", "Row", "Turn", "dialogue_of"]
