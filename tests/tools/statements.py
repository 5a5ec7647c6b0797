"""Judges STEM.* beside an output, by the rules of in-toto Statement v1 and SLSA provenance v1
alone: statements.py OUTPUTS STEM WORKSPACE ARCHIVE. Says what is wrong, a line each."""

import base64
import hashlib
import json
import os
import re
import sys

outputs, stem, workspace, archive = sys.argv[1:5]
errors = []


def expect(fact, what):
    if not fact:
        errors.append(what)
    return fact


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def load(ending):
    with open(os.path.join(outputs, stem + ending), "rb") as f:
        return f.read()


def is_digest_set(value):
    return isinstance(value, dict) and re.fullmatch("[0-9a-f]{64}", value.get("sha256", ""))


def check_descriptor(d, where):
    known = {"uri", "digest", "name", "downloadLocation", "mediaType", "content", "annotations"}
    expect(set(d) <= known, f"{where}: unknown fields {set(d) - known}")
    expect(d.get("uri") or d.get("digest"), f"{where}: neither uri nor digest")
    expect(is_digest_set(d.get("digest")), f"{where}: no sha256")
    for name in ("uri", "name"):
        expect(isinstance(d.get(name, ""), str), f"{where}: {name} is no text")


def no_times(value, where):
    """No field of SLSA's that holds a time, and nothing that looks like one."""
    if isinstance(value, dict):
        for k, v in value.items():
            expect(k not in ("startedOn", "finishedOn", "invocationId"), f"{where}: {k}")
            no_times(v, f"{where}.{k}")
    elif isinstance(value, list):
        for v in value:
            no_times(v, where)


def check_definition(d):
    expect(set(d) == {"buildType", "externalParameters", "internalParameters",
                      "resolvedDependencies"}, f"buildDefinition has {set(d)}")
    expect(d["buildType"] == "urn:ingot:build:image:v1", "buildType")
    # SLSA: verifiers refuse external parameters that they don't know.
    external = d["externalParameters"]
    expect(set(external) == {"recipe", "recipeDigest", "target", "architecture", "lockDigest"},
           f"externalParameters: {set(external)}")
    lock = os.path.join(workspace, external["recipe"][:-5] + ".lock")
    expect(external["lockDigest"] == "sha256:" + sha256(lock), "lockDigest is not the lock's")
    internal = d["internalParameters"]
    expect(set(internal) == {"compressors", "epoch", "evaluator", "formats", "outputFormat"},
           f"internalParameters: {set(internal)}")
    for i, dependency in enumerate(d["resolvedDependencies"]):
        check_descriptor(dependency, f"dependency {i}")
        expect(set(dependency) <= {"uri", "digest", "name", "annotations"}, f"dependency {i}")
    names = [(x.get("uri"), x.get("name")) for x in d["resolvedDependencies"]]
    expect(len(set(names)) == len(names), "a dependency stands twice")


def check_resolved(dependencies):
    """Each digest is that of the real file."""
    pool = {}
    for folder, _, files in os.walk(os.path.join(archive, "pool")):
        for name in files:
            pool[name] = os.path.join(folder, name)
    kinds = {}
    for d in dependencies:
        kind, uri = d["annotations"]["kind"], d.get("uri", "")
        kinds[kind] = kinds.get(kind, 0) + 1
        if kind == "package":
            path = pool.get(d["name"])
        elif kind == "evidence":
            path = os.path.join(archive, uri)
        elif kind in ("effects", "archive"):
            continue
        else:
            path = os.path.join(workspace, uri)
        if expect(path and os.path.exists(path), f"{kind} {uri or d['name']}: no such file"):
            expect(sha256(path) == d["digest"]["sha256"], f"{kind} {uri}: another digest")
    for kind in ("package", "evidence", "keyring", "effects"):
        expect(kind in kinds, f"there is no {kind} among the dependencies")


def check_provenance(p, definition):
    expect(set(p) == {"buildDefinition", "runDetails"}, f"predicate has {set(p)}")
    expect(p["buildDefinition"] == definition, "inputs.json is not the buildDefinition")
    run = p["runDetails"]
    expect(set(run) == {"builder", "byproducts"}, f"runDetails has {set(run)}")
    builder = run["builder"]
    expect(set(builder) == {"id", "version"}, f"builder has {set(builder)}")
    expect(re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+", builder["id"]), "builder.id is no URI")
    expect(all(isinstance(v, str) for v in builder["version"].values()), "builder.version")
    found = {}
    for d in run["byproducts"]:
        check_descriptor(d, "byproduct")
        found[d["name"]] = d["digest"]["sha256"]
    for ending in (".spdx.json", ".cdx.json", ".causes.json", ".inputs.json"):
        expect(found.pop(stem + ending, None) == hashlib.sha256(load(ending)).hexdigest(),
               f"byproduct {ending}: another digest")
    expect(not found, f"byproducts that are not there: {found}")


def check_subjects(subjects, known):
    for s in subjects:
        expect(set(s) == {"name", "digest"} and is_digest_set(s["digest"]), f"subject {s}")
    said = {s["name"]: s["digest"]["sha256"] for s in subjects}
    expect(len(said) == len(subjects), "two subjects of one name")
    expect(said == known, f"subjects are {said}, not {known}")


def subjects_wanted():
    known = {}
    for line in sys.stdin:
        name, digest = line.split()
        known[name] = digest.removeprefix("sha256:")
    return known


def main():
    known = subjects_wanted()
    definition = json.loads(load(".inputs.json"))
    check_definition(definition)
    check_resolved(definition["resolvedDependencies"])
    no_times(definition, "inputs")
    predicates = {"https://slsa.dev/provenance/v1": None,
                  "https://spdx.dev/Document/v2.3": json.loads(load(".spdx.json")),
                  "https://cyclonedx.org/bom/v1.6": json.loads(load(".cdx.json"))}
    lines = load(".intoto.jsonl").decode().splitlines()
    expect(len(lines) == len(predicates), f"{len(lines)} envelopes")
    for line in lines:
        envelope = json.loads(line)
        expect(set(envelope) == {"payload", "payloadType", "signatures"}, "envelope's fields")
        expect(envelope["payloadType"] == "application/vnd.in-toto+json", "payloadType")
        payload = base64.b64decode(envelope["payload"], validate=True)
        statement = json.loads(payload)
        expect(payload == json.dumps(statement, sort_keys=True, separators=(",", ":"),
                                     ensure_ascii=False).encode(), "the payload is not canonical")
        expect(set(statement) == {"_type", "subject", "predicateType", "predicate"}, "statement")
        expect(statement["_type"] == "https://in-toto.io/Statement/v1", "_type")
        check_subjects(statement["subject"], known)
        kind = statement["predicateType"]
        if not expect(kind in predicates, f"{kind} is not known, or stands twice"):
            continue
        document = predicates.pop(kind)
        if document is None:
            check_provenance(statement["predicate"], definition)
            no_times(statement, "provenance")
        else:
            expect(statement["predicate"] == document, f"{kind}: not the document beside it")
    text = load(".inputs.json") + load(".causes.json") + load(".spdx.json") + load(".cdx.json")
    for secret in (workspace, archive, os.uname().nodename, os.path.expanduser("~")):
        expect(len(secret) < 3 or secret.encode() not in text, f"'{secret}' is in a statement")
    print("\n".join(errors))
    return bool(errors)


sys.exit(main())
