"""The text of a prompt, by a Jinja template: of the task where it has one, else for plain spans."""

import json
from collections.abc import Mapping
from pathlib import Path

import jinja2
from jinja2.sandbox import SandboxedEnvironment

from labelproj.errors import ConfigError, MissingInputError

__all__ = ["PromptTemplate"]


class PromptTemplate:
    """Writes prompts.

    A template knows ``task`` (what is looked for, in words), ``language``, ``labels``,
    ``demonstrations`` (each with its fields and ``answer``) and ``query`` (its fields); the
    filter ``json`` writes a value as JSON.
    """

    def __init__(self, task: str, path: Path | None = None):
        """Read the template of a task, or the file ``path``.

        Raises MissingInputError, and ConfigError with the line for what is no template.
        """
        self._where = str(path) if path else f"the template of {task}"
        environment = SandboxedEnvironment(
            loader=jinja2.PackageLoader("labelproj.prompts"),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False)
        try:
            if path is None:
                own = (f"{task}.txt.j2", "spans.txt.j2")
                self._template = environment.select_template(own)
            else:
                self._template = environment.from_string(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise MissingInputError(
                "the template cannot be read", where=self._where, remedy="check the path"
            ) from error
        except jinja2.TemplateSyntaxError as error:
            where = f"{self._where}:{error.lineno}"
            raise ConfigError(f"no template: {error.message}", where=where) from error

    def render(self, known: Mapping[str, object]) -> str:
        """Return the text of a prompt; ``known`` is what the class says.

        Raises ConfigError for a name that there is not.
        """
        try:
            return self._template.render(known).strip("\n")
        except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError) as error:
            raise ConfigError(
                f"the template cannot be filled: {error}",
                where=self._where,
                remedy="it knows task, language, labels, demonstrations and query; see "
                "docs/prompts.md",
            ) from error
