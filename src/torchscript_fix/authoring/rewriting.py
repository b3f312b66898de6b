"""What a rule makes of an example, with the facts that running it shows."""

import json

from torchscript_fix.authoring.examples import BEFORE, Example
from torchscript_fix.authoring.trial import Trial, tried
from torchscript_fix.facts.diagnosed import Diagnosed, Diagnosis
from torchscript_fix.facts.observed import Observed
from torchscript_fix.facts.static import Project
from torchscript_fix.rewrite import Rewriting, rewrite_project
from torchscript_fix.rule import Rule
from torchscript_fix.verify.diagnosing import Diagnosing, Text
from torchscript_fix.verify.observing import Observing


def rewritten(example: Example, text: str, rule: Rule) -> Rewriting:
    """`text`, the example before or after, after its rule alone.

    As in the product: the facts are what the models of `examples()` show when they run, and what
    the compiler says of the text and then of each rewrite of it, until the text stays.
    """
    original = example.folder / ("before.py" if text == example.before else "after.py")
    if example.unseen:
        return rewrite_project(_project(example, text), [rule])
    trial = tried(original, text)
    observed = Observed.merged([example.observed, _observed(trial)])
    diagnoses: list[Diagnosis] = []
    unanswered: list[Diagnosis] = []
    seen = {text}
    now = text

    def made() -> Rewriting:
        project = _project(example, text)
        project.observed = observed
        project.diagnosed = Diagnosed(tuple(diagnoses), {BEFORE: text}, tuple(unanswered))
        return rewrite_project(project, [rule])

    while True:
        found = _diagnoses(trial, now, text)
        diagnoses += [diagnosis for diagnosis in found if diagnosis not in diagnoses]
        rewriting = made()
        if rewriting.texts.get(BEFORE, text) in seen:
            # Nothing new: what is left goes to the rules of last resort.
            unanswered += [d for d in found if d not in unanswered and d.path and d.function]
            rewriting = made()
        now = rewriting.texts.get(BEFORE, text)
        if now in seen:
            return rewriting
        seen.add(now)
        trial = tried(example.folder / "after.py", now)


def _project(example: Example, text: str) -> Project:
    project = Project.of_text(text, "before", BEFORE)
    project.observed = example.observed
    return project


def _observed(trial: Trial) -> Observed:
    """Read as the product reads a worker's words, after a turn as JSON."""
    said = json.loads(json.dumps([trial.functions, trial.classes]))
    return Observing(lambda _: BEFORE).of(*said)


def _diagnoses(trial: Trial, now: str, original: str) -> list[Diagnosis]:
    diagnosing = Diagnosing({trial.path: Text(BEFORE, now, original)})
    said = json.loads(json.dumps(trial.complaints))
    return list(dict.fromkeys(diagnosing.of(each, "example") for each in said))
