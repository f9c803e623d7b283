"""Write what is derived from the code: parts of ``meltano.yml``, what stores may set, pages of ``docs``, catalogues.

``python scripts/generate.py`` writes; with ``--check`` it only tells whether anything would change (exit code 1).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from benchmarks.scale_model import constants_table, figures_table
from franpos_qbo.metrics import table as metrics_table
from scripts import page_texts, posting_tables
from scripts.accounting_examples import page, read_examples, work_out
from scripts.commands_page import commands_page, meltano_commands
from tap_franpos.settings import CONFIG_SCHEMA
from tap_franpos.tap import TapFranpos
from target_qbo.settings import SETTINGS
from target_qbo.target import TargetQBO

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
Plugin = type[TapFranpos] | type[TargetQBO]
# The settings as declared: to its classes' own copy the SDK adds those that every plugin has, once one has run.
PLUGINS: dict[Plugin, dict[str, Any]] = {TapFranpos: CONFIG_SCHEMA, TargetQBO: SETTINGS}
BEGIN, END = "    settings:  # written by scripts/generate.py", "    # end of settings"
BEGIN_COMMANDS, END_COMMANDS = "    commands:  # written by scripts/generate.py", "    # end of commands"
# Meltano can't pass a decimal on (it writes its settings as JSON, which knows none): whole seconds do.
KINDS = {"boolean": "boolean", "integer": "integer", "number": "integer", "array": "array", "object": "object"}


def main() -> int:
    """Write the derived texts, or tell which are stale."""
    wanted = {
        ROOT / "meltano.yml": _meltano(),
        ROOT / "franpos_qbo" / "stores" / "settings.json": _stores_settings(),
        ROOT / "docs" / "settings.md": _settings_page(),
        ROOT / "docs" / "commands.md": commands_page(),
        ROOT / "docs" / "scale.md": _scale_page(),
        ROOT / "docs" / "observability.md": _observability_page(),
        ROOT / "docs" / "how-it-works.md": _how_page(),
        ROOT / "docs" / "accounting.md": page(work_out(read_examples())),
    }
    files = {path: text.encode() for path, text in wanted.items()} | page_texts.catalogues(ROOT)
    stale = [path for path, content in files.items() if not path.exists() or path.read_bytes() != content]
    lacking = page_texts.untranslated(ROOT)
    for line in lacking:
        print(line, file=sys.stderr)
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is stale: run python scripts/generate.py", file=sys.stderr)
        return 1 if stale or lacking else 0
    for path in stale:
        path.write_bytes(files[path])
    return 0


def _scale_page() -> str:
    """Return ``docs/scale.md`` with the model's tables between the marks made anew."""
    text = (ROOT / "docs" / "scale.md").read_text("utf-8")
    for name, table in (("constants", constants_table()), ("figures", figures_table())):
        text = _between("scale.md", text, name, table)
    return text


def _observability_page() -> str:
    """Return ``docs/observability.md`` with the table of metrics made anew."""
    text = (ROOT / "docs" / "observability.md").read_text("utf-8")
    return _between("observability.md", text, "metrics", "\n".join(metrics_table()))


def _how_page() -> str:
    """Return ``docs/how-it-works.md`` with the tables of posting made anew."""
    text = (ROOT / "docs" / "how-it-works.md").read_text("utf-8")
    tables = {
        "kinds": posting_tables.kinds_table(),
        "items": posting_tables.items_table(),
        "faults": posting_tables.faults_table(),
        "documents": posting_tables.documents_table(),
        "units": posting_tables.units_table(),
        "tickets": posting_tables.tickets_table(),
    }
    for name, table in tables.items():
        text = _between("how-it-works.md", text, name, table)
    return text


def _between(page: str, text: str, name: str, table: str) -> str:
    """Return a page's text with what is between two marks replaced."""
    begin, end = f"<!-- {name}: written by scripts/generate.py -->", f"<!-- end of {name} -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise SystemExit(f"docs/{page}: lines {begin!r} and {end!r} expected")
    return f"{before}{begin}\n{table}\n{end}{after}"


def _meltano() -> str:
    """Return ``meltano.yml`` with the settings between the marks made anew, plugin by plugin."""
    text = (ROOT / "meltano.yml").read_text("utf-8")
    pieces = text.split(BEGIN)
    if len(pieces) != len(PLUGINS) + 1:
        raise SystemExit(f"meltano.yml: {len(PLUGINS)} lines {BEGIN!r} expected")
    result = pieces[0]
    for plugin, piece in zip(PLUGINS, pieces[1:], strict=True):
        rest = piece.split(END, 1)[1]
        listed = _yaml([_meltano_setting(name, spec) for name, spec in _settings(plugin)], "    ")
        result += f"{BEGIN}\n{listed}{END}{rest}"
    return _with_commands(result)


def _with_commands(text: str) -> str:
    if text.count(BEGIN_COMMANDS) != 1:
        raise SystemExit(f"meltano.yml: a line {BEGIN_COMMANDS!r} expected")
    before, rest = text.split(BEGIN_COMMANDS)
    after = rest.split(END_COMMANDS, 1)[1]
    return f"{before}{BEGIN_COMMANDS}\n{_yaml(meltano_commands(), '      ')}{END_COMMANDS}{after}"


def _yaml(value: object, indent: str) -> str:
    """Write YAML, every line indented."""
    text = yaml.safe_dump(value, sort_keys=False, width=110, allow_unicode=True)
    return "".join(f"{indent}{line}\n" for line in text.splitlines())


def _meltano_setting(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    setting: dict[str, Any] = {"name": name, "kind": _kind(spec)}
    if spec.get("secret"):
        setting["sensitive"] = True
    if spec.get("enum"):
        setting["kind"] = "options"
        setting["options"] = [{"label": value, "value": value} for value in spec["enum"] if value is not None]
    if spec.get("default") not in (None, {}, ""):
        setting["value"] = spec["default"]
    setting["description"] = spec["description"]
    return setting


def _stores_settings() -> str:
    """Return what is to be known of the settings where the plugins are not: as JSON, a line for each."""
    plugins = []
    for plugin in PLUGINS:
        lines = [
            f"    {json.dumps(name)}: {json.dumps(_stores_setting(name, spec))}" for name, spec in _settings(plugin)
        ]
        plugins.append(f"  {json.dumps(plugin.name)}: {{\n" + ",\n".join(lines) + "\n  }")
    return "{\n" + ",\n".join(plugins) + "\n}\n"


def _stores_setting(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    known = _meltano_setting(name, spec)
    setting: dict[str, Any] = {"kind": known["kind"]}
    if known.get("sensitive"):
        setting["secret"] = True
    if "options" in known:
        setting["options"] = [option["value"] for option in known["options"]]
    return setting


def _kind(spec: dict[str, Any]) -> str:
    kind = next((kind for kind in _types(spec) if kind != "null"), "string")
    if spec.get("format") in {"date", "date-time"}:
        return "date_iso8601"
    return KINDS.get(kind, "string")


def _settings_page() -> str:
    lines = [
        "# Settings",
        "",
        "Written from the code by `scripts/generate.py`. Each setting is also an environment variable: the plugin's",
        "name and the setting's in capitals, as in `TARGET_QBO_REALM_ID`; lists and maps as JSON.",
    ]
    for plugin in PLUGINS:
        lines += ["", f"## {plugin.name}", "", "| setting | type | default | what it is |", "|---|---|---|---|"]
        for name, spec in _settings(plugin):
            marks = " (secret)" * bool(spec.get("secret")) + " (required)" * (name in _required(plugin))
            default = spec.get("default")
            shown = "" if default in (None, {}, "") else f"`{default}`"
            kind = " or ".join(kind for kind in _types(spec) if kind != "null")
            lines.append(f"| `{name}`{marks} | {kind} | {shown} | {spec['description']} |")
    return "\n".join(lines) + "\n"


def _settings(plugin: Plugin) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from PLUGINS[plugin]["properties"].items()


def _required(plugin: Plugin) -> list[str]:
    required: list[str] = PLUGINS[plugin].get("required", [])
    return required


def _types(spec: dict[str, Any]) -> list[str]:
    kinds = spec.get("type", "string")
    return [kinds] if isinstance(kinds, str) else list(kinds)


if __name__ == "__main__":
    sys.exit(main())
