"""The findings of `leaktest` as one page without network."""

from collections.abc import Mapping
from typing import Any

PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Leak test of {{ found.table }}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
h1 { font-size: 1.4rem; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid #ddd; }
.leak { color: #b00020; font-weight: 600; } .suspect { color: #8a5a00; font-weight: 600; }
pre { white-space: pre-wrap; background: #f6f6f6; padding: 1rem; } .verdict { font-size: 1.2rem; }
@media (prefers-color-scheme: dark) {
  body { background: #16181c; color: #ddd; } pre { background: #22252b; } th, td { border-color: #3a3f47; }
  .leak { color: #ff8a8a; } .suspect { color: #e6b450; } }
</style>
<h1>Leak test of {{ found.table }}</h1>
<p class="verdict">{% if found.n_leaks %}<span class="leak">{{ found.n_leaks }} of {{ found.examined | length }}
columns look into the future.</span>{% else %}No column of {{ found.examined | length }} looks into the future.
{% endif %}</p>
<p>{{ found.rows }} rows, {{ found.symbols }} symbol{{ "s" if found.symbols != 1 }}. Target {{ found.target }} is taken
to be known {{ found.target_known }} its own row's time: {{ found.target_known_because }}.</p>
{% if found.leaks %}
<table>
<tr><th>Column</th><th>Finding</th><th>Kind</th><th>Evidence</th></tr>
{% for leak in found.leaks %}<tr><td>{{ leak.column }}</td><td class="{{ leak.severity }}">{{ leak.severity }}</td>
<td>{{ leak.kind }}</td><td>{{ leak.evidence }}</td></tr>
{% endfor %}</table>
{% endif %}
{% if found.not_examined %}<p>Not examined:
{% for name, reason in found.not_examined.items() %}{{ name }} ({{ reason }})
{{- ", " if not loop.last }}{% endfor %}.</p>{% endif %}
<pre>{{ limits }}</pre>
</html>
"""


def page(found: Mapping[str, Any], limits: str) -> str:
    """HTML of what --json prints; names and values from the table are escaped."""
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(PAGE).render(found=found, limits=limits)
