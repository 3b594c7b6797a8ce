"""Who acts: a person, a build server or an agent, told by the environment; noted in every event of the ledger."""

import getpass
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal, get_args

from components.errors import ConfigError, RoleForbids

Kind = Literal["person", "build server", "agent"]

AGENTS = {
    "CLAUDECODE": "claude-code",
    "CODEX_SANDBOX": "codex",
    "CODEX_THREAD_ID": "codex",
    "CURSOR_AGENT": "cursor",
    "GEMINI_CLI": "gemini-cli",
    "AIDER_MODEL": "aider",
    "OPENCODE": "opencode",
    "GOOSE_TERMINAL": "goose",
    "AI_AGENT": "agent",
}
"""Variables that programs set around what they run, and who they are; AI_AGENT may say its own name."""
SERVERS = {
    "GITHUB_ACTIONS": "github-actions",
    "GITLAB_CI": "gitlab-ci",
    "JENKINS_URL": "jenkins",
    "BUILDKITE": "buildkite",
    "CIRCLECI": "circleci",
    "TF_BUILD": "azure-pipelines",
    "TEAMCITY_VERSION": "teamcity",
    "CI": "build server",
}
RESEARCH = "research"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """kind, name and version; knowledge_until: of an agent, the day up to which it may know the markets."""

    kind: Kind
    name: str
    version: str | None = None
    knowledge_until: date | None = None

    @property
    def label(self) -> str:
        """As budgets name it."""
        return f"{self.kind}:{self.name}"

    def content(self) -> dict[str, Any]:
        until = None if self.knowledge_until is None else self.knowledge_until.isoformat()
        return {name: value for name, value in {**asdict(self), "knowledge_until": until}.items() if value is not None}


def acting(environment: Mapping[str, str] = os.environ) -> Actor:
    """ASSAY_ACTOR says it: KIND:NAME or KIND:NAME:VERSION; else what build servers and agents are known to set; else
    the user of the system. ASSAY_KNOWLEDGE_UNTIL: a day, of an agent.

    Raises ConfigError where one of the two cannot be read.
    """
    actor = _told(environment.get("ASSAY_ACTOR", "")) or _detected(environment)
    until = environment.get("ASSAY_KNOWLEDGE_UNTIL", "")
    if not until:
        return actor
    try:
        known = date.fromisoformat(until)
    except ValueError:
        raise ConfigError(f"ASSAY_KNOWLEDGE_UNTIL: '{until}' is not a date; write it as YYYY-MM-DD") from None
    return Actor(kind=actor.kind, name=actor.name, version=actor.version, knowledge_until=known)


def restricted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether ASSAY_ROLE lets one run and sweep, and no more. Raises ConfigError for a role that is none."""
    role = environment.get("ASSAY_ROLE", "")
    if role not in ("", RESEARCH):
        raise ConfigError(f"ASSAY_ROLE: '{role}' is no role; allowed are {RESEARCH}, or nothing at all")
    return role == RESEARCH


def forbid(what: str) -> None:
    """Raises RoleForbids under ASSAY_ROLE=research. what: the clause that says what is not allowed."""
    if restricted():
        raise RoleForbids(f"ASSAY_ROLE={RESEARCH}: {what}; it may run and sweep; ask whoever promotes here")


def _told(text: str) -> Actor | None:
    if not text:
        return None
    kind, _, rest = text.partition(":")
    name, _, version = rest.partition(":")
    kinds = {each.replace(" ", "_"): each for each in get_args(Kind)}
    if kind.replace(" ", "_") not in kinds or not name.strip():
        raise ConfigError(
            f"ASSAY_ACTOR: '{text}' names nobody; write KIND:NAME or KIND:NAME:VERSION, KIND one of {', '.join(kinds)}"
        )
    return Actor(kind=kinds[kind.replace(" ", "_")], name=name, version=version or None)


def _detected(environment: Mapping[str, str]) -> Actor:
    for variable, name in AGENTS.items():
        if value := environment.get(variable):
            named = value if variable == "AI_AGENT" and value not in ("1", "true") else name
            return Actor(kind="agent", name=named, version=environment.get("AI_AGENT_VERSION"))
    for variable, name in SERVERS.items():
        if environment.get(variable, "").lower() not in ("", "0", "false"):
            return Actor(kind="build server", name=name, version=environment.get("TEAMCITY_VERSION"))
    try:
        return Actor(kind="person", name=getpass.getuser())
    except (KeyError, OSError):
        return Actor(kind="person", name="unknown")
