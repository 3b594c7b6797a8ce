"""The verdict for build servers."""

import re

from runner.judging.verdict import GateOutcome, Verdict

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(suite: str, verdict: Verdict) -> bytes:
    """The gates as test cases: a failed required gate is a failure, a failed advisory one is skipped."""
    from xml.etree import ElementTree

    failures = verdict.failed(required=True)
    root = ElementTree.Element("testsuite", name=suite, tests=str(len(verdict.gates)), errors="0")
    root.set("failures", str(len(failures)))
    properties = ElementTree.SubElement(root, "properties")
    said = {"level": verdict.level, "forecast": verdict.forecast, "portfolio": verdict.portfolio}
    for name, value in {**said, "no_better_than": verdict.no_better_than}.items():
        if value is not None:
            ElementTree.SubElement(properties, "property", name=name, value=value)
    for gate in verdict.gates:
        case = ElementTree.SubElement(root, "testcase", classname=f"{suite}.gates", name=gate.name)
        outcome = _junit_outcome(gate)
        if outcome is not None:
            tag, message = outcome
            ElementTree.SubElement(case, tag, message=_NOT_XML.sub("?", message))
    root.set("skipped", str(len(root.findall("testcase/skipped"))))
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _junit_outcome(gate: GateOutcome) -> tuple[str, str] | None:
    if gate.status == "passed":
        return None
    if gate.status == "not_applicable":
        return "skipped", f"not applicable: {gate.says}"
    if gate.status == "pending":
        return "skipped", gate.says
    if gate.status == "deferred":
        return "skipped", f"at promotion: {gate.says}"
    return ("failure", gate.says) if gate.required else ("skipped", f"failed, but only advisory: {gate.says}")
