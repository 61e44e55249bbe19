"""The two kinds of the Prometheus operator that are used here, which are no part of Kubernetes: the fields that we write, as
the operator's API reference has them (monitoring.coreos.com/v1), and no others. A field that is misspelt, or new here and not
in this list, is refused. The rules of a PrometheusRule are read by promtool besides."""

import jsonschema

DURATION = r"^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$"
TEXT = {"type": "string", "minLength": 1}
NAMED_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}


def an_object(required, **properties):
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


METADATA = an_object(["name", "namespace"], name=TEXT, namespace=TEXT, labels=NAMED_TEXTS, annotations=NAMED_TEXTS)
ENDPOINT = an_object(["port"], port=TEXT, path=TEXT, interval={"type": "string", "pattern": DURATION})
RULE = {
    "oneOf": [
        an_object(["record", "expr"], record=TEXT, expr=TEXT, labels=NAMED_TEXTS),
        an_object(
            ["alert", "expr"], alert=TEXT, expr=TEXT, labels=NAMED_TEXTS, annotations=NAMED_TEXTS,
            **{"for": {"type": "string", "pattern": DURATION}},
        ),
    ]
}
GROUP = an_object(
    ["name", "rules"], name=TEXT, interval={"type": "string", "pattern": DURATION}, rules={"type": "array", "items": RULE}
)
SPECS = {
    "ServiceMonitor": an_object(
        ["selector", "endpoints"],
        jobLabel=TEXT,
        selector=an_object(["matchLabels"], matchLabels=NAMED_TEXTS),
        endpoints={"type": "array", "minItems": 1, "items": ENDPOINT},
    ),
    "PrometheusRule": an_object(["groups"], groups={"type": "array", "minItems": 1, "items": GROUP}),
}


def hold_against_operator(manifest):
    kind, name = manifest["kind"], manifest["metadata"]["name"]
    if kind not in SPECS:
        raise SystemExit(f"{kind} {name} is of a kind that nobody checks here")
    text = {"type": "string"}
    schema = an_object(["apiVersion", "kind", "metadata", "spec"], apiVersion=text, kind=text, metadata=METADATA,
        spec=SPECS[kind])
    try:
        jsonschema.validate(manifest, schema)
    except jsonschema.ValidationError as error:
        raise SystemExit(f"{kind} {name}: {error.message}") from error
