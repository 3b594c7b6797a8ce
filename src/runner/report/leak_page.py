"""The findings of `leaktest` as one page without network."""

from collections.abc import Mapping
from typing import Any

from runner.leaks.findings import verdict
from runner.leaks.tests import TESTS

HEAD = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Leak test of {{ title }}</title>
<style>
:root { --ink: #1d2127; --soft: #5b6470; --line: #dfe3e8; --back: #fff; --card: #f6f7f9; --bad: #b00020;
  --badsoft: #fdecee; --warn: #8a5a00; --warnsoft: #fdf4e0; --good: #1b6b3a; --goodsoft: #e8f5ec; }
@media (prefers-color-scheme: dark) { :root { --ink: #dfe3e8; --soft: #9aa4b0; --line: #363c45; --back: #15181c;
  --card: #1f242a; --bad: #ff8a8a; --badsoft: #3a1c20; --warn: #e6b450; --warnsoft: #352a14; --good: #7fd49b;
  --goodsoft: #16301f; } }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 64rem; margin: 2.5rem auto; padding: 0 1.25rem;
  color: var(--ink); background: var(--back); }
.mark { color: var(--soft); font-size: .85rem; letter-spacing: .06em; text-transform: uppercase; }
h1 { font-size: 1.6rem; margin: .2rem 0 1rem; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.verdict { border-left: 5px solid; border-radius: 4px; padding: .8rem 1.1rem; font-size: 1.15rem; font-weight: 600; }
.verdict.bad { color: var(--bad); background: var(--badsoft); border-color: var(--bad); }
.verdict.good { color: var(--good); background: var(--goodsoft); border-color: var(--good); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .5rem 1rem .5rem 0; border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-size: .85rem; font-weight: 600; } td.place { overflow-wrap: anywhere; }
code { font: .92em ui-monospace, monospace; } p.note, .soft { color: var(--soft); }
.pill { border-radius: 1em; padding: .1em .7em; font-size: .85rem; font-weight: 600; white-space: nowrap; }
.pill.leak { color: var(--bad); background: var(--badsoft); }
.pill.suspect { color: var(--warn); background: var(--warnsoft); }
.pill.clean { color: var(--good); background: var(--goodsoft); }
.pill.none { color: var(--soft); background: var(--card); }
pre { white-space: pre-wrap; background: var(--card); border-radius: 4px; padding: 1rem; font-size: .85rem; }
</style>
<div class="mark">Assay leak test</div>
<h1>{{ title }}</h1>
"""
FINDINGS = """\
{% if found.leaks %}
<div class="scroll"><table>
<thead><tr><th>{{ place }}</th><th>Finding</th><th>{{ kind }}</th><th>Evidence</th></tr></thead>
{% for leak in found.leaks %}<tr><td class="place"><code>{{ leak.column }}</code></td>
<td><span class="pill {{ leak.severity }}">{{ leak.severity }}</span></td>
<td>{{ leak.kind }}</td><td>{{ leak.evidence }}</td></tr>
{% endfor %}</table></div>
{% endif %}
"""
PAGE = (
    HEAD
    + """\
<p class="verdict {{ "bad" if found.n_leaks else "good" }}">{% if found.n_leaks %}{{ found.n_leaks }} of
{{ found.examined | length }} columns look into the future.{% else %}No column of {{ found.examined | length }} looks
into the future.{% endif %}</p>
<p>{{ found.rows }} rows, {{ found.symbols }} symbol{{ "s" if found.symbols != 1 }}. Target
<code>{{ found.target }}</code> is taken to be known {{ found.target_known }} its own row's time:
{{ found.target_known_because }}.</p>
"""
    + FINDINGS
    + """\
{% if found.not_examined %}<p class="note">Not examined:
{% for name, reason in found.not_examined.items() %}{{ name }} ({{ reason }})
{{- ", " if not loop.last }}{% endfor %}.</p>{% endif %}
{% for line in found.not_looked_for %}<p class="note">{{ line }}</p>
{% endfor %}<h2>Limits</h2>
<pre>{{ limits }}</pre>
</html>
"""
)
EXPERIMENT_PAGE = (
    HEAD
    + """\
<p class="verdict {{ "bad" if found.n_leaks else "good" }}">{{ verdict }}</p>
"""
    + FINDINGS
    + """\
{% for line in found.seen %}<p class="note">{{ line }}</p>
{% endfor %}<h2>Tests</h2>
<div class="scroll"><table>
<thead><tr><th>Test</th><th>Outcome</th><th>What it does</th></tr></thead>
{% for test in tests %}<tr><td><code>{{ test.name }}</code></td>
<td><span class="pill {{ test.outcome }}">{{ test.word }}</span></td><td>{{ test.says }}</td></tr>
{% endfor %}</table></div>
<h2>Limits</h2>
<pre>{{ limits }}</pre>
</html>
"""
)
WORDS = {"clean": "nothing", "leak": "leak", "suspect": "suspect", "none": "not made"}


def page(found: Mapping[str, Any], limits: str) -> str:
    """HTML of what --json prints of a table; names and values from the table are escaped."""
    return _rendered(PAGE, found=found, limits=limits, title=found["table"], place="Column", kind="Kind")


def experiment_page(found: Mapping[str, Any], limits: str) -> str:
    """HTML of what --json prints of an experiment."""
    tests = []
    for test in TESTS:
        severities = {leak["severity"] for leak in found["leaks"] if leak["kind"] == test.name}
        outcome = "leak" if "leak" in severities else "suspect" if severities else "clean"
        outcome = outcome if test.name in found["tests"] else "none"
        tests.append({"name": test.name, "says": test.says, "outcome": outcome, "word": WORDS[outcome]})
    said = verdict(dict(found))
    return _rendered(
        EXPERIMENT_PAGE,
        found=found,
        limits=limits,
        title=found["experiment"],
        place="Where",
        kind="Test",
        tests=tests,
        verdict=said[:1].upper() + said[1:],
    )


def _rendered(template: str, **content: Any) -> str:
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(template).render(**content)
