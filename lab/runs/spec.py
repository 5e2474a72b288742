"""A run, before it exists: literals, hashed to a key.

The key covers what a run *means*: dials at their default are left out, data carry their content hash, an entry that
changed its meaning carries its version and a user's entry its file hash. Where, when and with which torch it ran is
provenance and not identity.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, get_type_hints

from lab.core.dials import build_from_dials, changed_dials
from lab.core.errors import InputError
from lab.core.fingerprint import KEY_LENGTH, canonicalize, hash_literal
from lab.core.registry import Entry, open_shelf
from lab.runs.runner import Cost, Runner, Scalar


@dataclass(frozen=True)
class RunSpec:
    """One run as asked for.

    `runner` names an entry of the runners shelf, which checks `fields` (literals only, nested tables allowed) and says
    what they mean. `stage` ('search' or 'grid') is why the sweep asked; it belongs to the study and not to the key, so
    a run that both stages want is trained once.
    """

    runner: str
    fields: Mapping[str, Any]
    stage: str = field(default="grid", compare=False)

    @cached_property
    def _runner(self) -> Runner:
        entry: Runner = open_shelf("runners").load(self.runner)
        return entry

    @cached_property
    def identity(self) -> dict[str, Any]:
        """The canonical literal that is hashed to the key; raises `InputError` where a field is wrong."""
        own = identify_entry(open_shelf("runners").find(self.runner), self._runner.version)
        # The entry itself where it says no more than its name, which is how keys have been since there are keys.
        runner = self.runner if own == {"name": self.runner} else own
        identity: dict[str, Any] = canonicalize({"runner": runner, **self._runner.identify(self.fields)})
        return identity

    @cached_property
    def key(self) -> str:
        """The run key, 16 hex digits."""
        return hash_literal(self.identity)[:KEY_LENGTH]

    @cached_property
    def trunk_key(self) -> str:
        """The key of the trunk: this run's identity without the horizon. Runs of one trunk are not independent."""
        trunk = {k: v for k, v in self.identity.items() if k != self._runner.horizon}
        return hash_literal(trunk)[:KEY_LENGTH]

    def estimate(self, together: Sequence[RunSpec], flops_per_second: float) -> Cost:
        """What the runs of this run's trunk cost together."""
        return self._runner.estimate([spec.fields for spec in together], flops_per_second)

    def describe(self) -> dict[str, Scalar]:
        """The columns known of the run before it runs."""
        return self._runner.describe(self.fields)


def identify_entry(entry: Entry, version: int) -> dict[str, Any]:
    """What an entry adds to an identity: nothing at version 1, its version later, a user's entry its file hash."""
    identity: dict[str, Any] = {"name": entry.name}
    if not entry.builtin:
        identity["file"] = entry.file_hash
    if version != 1:
        identity["version"] = version
    return identity


def identify_instance(shelf: str, table: Mapping[str, Any], instance: Any) -> dict[str, Any]:
    """`identify_entry` of what `build_entry` made of `table`, and the dials that are not at their default."""
    return {**identify_entry(open_shelf(shelf).find(table["name"]), instance.version), **changed_dials(instance)}


def build_entry(shelf: str, table: Mapping[str, Any]) -> Any:
    """The entry that a field names, with its dials set; `table` is {'name': …} and the dials.

    Raises `InputError` for a table without a name or a dial that is wrong, `UnknownNameError` for a name not known.
    """
    if "name" not in table:
        raise InputError(f"{shelf} table of a run", dict(table), "names its entry: {'name': …}")
    dials = {name: value for name, value in table.items() if name != "name"}
    return build_from_dials(open_shelf(shelf).load(table["name"]), dials, table["name"])


def parse_entry(shelf: str, text: str) -> dict[str, Any]:
    """'markov:order=1,symbols=4' as the table that `build_entry` takes, each value of the type its dial asks for.

    Raises `UnknownNameError` for an entry or a dial that is none, `InputError` for a value that is none of its kind.
    """
    name, _, rest = (part.strip() for part in text.partition(":"))
    hints = get_type_hints(open_shelf(shelf).load(name))
    table: dict[str, Any] = {"name": name}
    for part in filter(None, (part.strip() for part in rest.split(","))):
        dial, equals, value = (piece.strip() for piece in part.partition("="))
        if not (equals and value):
            raise InputError(f"dials of {name}", part, "each is dial=value")
        try:
            table[dial] = value if hints.get(dial) is str else ast.literal_eval(value)
        except (ValueError, SyntaxError):
            table[dial] = value
    build_entry(shelf, table)
    return table


def label_entry(name: str, instance: Any) -> str:
    """An entry in a table or a legend: its name, and the dials that are not at their default, 'bernoulli (p 0.1)'."""
    changed = label_dials(instance)
    return f"{name} ({changed})" if changed else name


def label_dials(instance: Any, *apart: str) -> str:
    """The dials that are not at their default, those `apart` left out: 'layers 2, heads 4', '' for none."""
    changed = {dial: value for dial, value in changed_dials(instance).items() if dial not in apart}
    return ", ".join(f"{dial} {value}" for dial, value in changed.items())
