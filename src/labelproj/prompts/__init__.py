"""Few-shot prompts for language models, from projected examples.

:mod:`~labelproj.prompts.demonstrations` chooses the examples, :mod:`~labelproj.prompts.template`
writes the prompt. What an example shows and what answer it has is for the task to say
(:meth:`labelproj.tasks.base.Task.exercises`).
"""
