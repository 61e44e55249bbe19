"""A foreign client against the three services, each a process of its own.

Nothing here is generated from our contracts: the messages are built from what the servers' reflection tells, as a
customs office would begin that has only an address. Tokens come from an issuer of this script's own. Shown: health,
reflection (v1alpha, which is what Python's library speaks), the refusal of a call without a token as google.rpc
details, and a certificate issued, verified, withdrawn and verified again. The proofs that the command writes as files are
checked by their specification (c2sp.org/tlog-proof@v1) and RFC 9162 alone.

    python tests/interop/run.py --greenlane target/debug/greenlane
"""

import argparse
import base64
import contextlib
import hashlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

import grpc
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

ISSUER = "https://issuer.example.org"
AUDIENCE = "greenlane"
START_SECONDS = 60
STOP_SECONDS = 30
CALL_SECONDS = 20


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """Signs tokens with an Ed25519 key (RFC 8037)."""

    def __init__(self, folder):
        self.key = Ed25519PrivateKey.generate()
        public = self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": base64url(public), "kid": "interop", "alg": "EdDSA", "use": "sig"}
        self.jwks = folder / "jwks.json"
        self.jwks.write_text(json.dumps({"keys": [jwk]}))

    def token(self, subject, scopes, **claims):
        now = int(time.time())
        header = {"alg": "EdDSA", "typ": "JWT", "kid": "interop"}
        payload = {
            "iss": ISSUER,
            "sub": subject,
            "aud": AUDIENCE,
            "nbf": now - 5,
            "exp": now + 3600,
            "scope": " ".join(scopes),
            **claims,
        }
        signing_input = ".".join(base64url(json.dumps(part).encode()) for part in (header, payload))
        return f"{signing_input}.{base64url(self.key.sign(signing_input.encode()))}"


class Service:
    """One of our services as a process, and a client that knows of it what reflection says."""

    def __init__(self, name, greenlane, folder, issuer, peers):
        self.name = name
        self.address = f"127.0.0.1:{free_port()}"
        config = folder / f"{name}.toml"
        config.write_text(self.config(folder, issuer, peers))
        self.log = (folder / f"{name}.log").open("wb")
        self.channel = grpc.insecure_channel(self.address)
        self.pool = None
        self.process = None
        self.greenlane = greenlane
        self.config_file = config

    def start(self):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("GREENLANE_")}
        migrate, serve = (
            [self.greenlane, verb, self.name, "--config", str(self.config_file)] for verb in ("migrate", "serve")
        )
        subprocess.run(migrate, check=True, env=environment, stdout=self.log, stderr=self.log)
        self.process = subprocess.Popen(serve, env=environment, stdout=self.log, stderr=self.log)

    def config(self, folder, issuer, peers):
        lines = [
            "[server]",
            f'listen = "{self.address}"',
            "[auth]",
            f'audience = "{AUDIENCE}"',
            "[[auth.issuers]]",
            f'issuer = "{ISSUER}"',
            f'jwks = {{ file = "{issuer.jwks}" }}',
            f"[{self.name}]",
        ]
        if self.name == "registry":
            lines.append(f'key_directory = "{folder / "registry-keys"}"')
        lines += [f"[{self.name}.store]", f'url = "sqlite:{folder / self.name}.db"']
        for peer, token in peers:
            secret = folder / f"{self.name}.token"
            secret.write_text(token)
            secret.chmod(0o600)
            lines += [f"[{self.name}.{peer.name}]", f'uri = "http://{peer.address}"']
            lines.append(f'token = {{ file = "{secret}" }}')
        return "\n".join(lines) + "\n"

    def wait_until_serving(self):
        stub = health_pb2_grpc.HealthStub(self.channel)
        deadline = time.monotonic() + START_SECONDS
        while True:
            if self.process.poll() is not None:
                raise SystemExit(f"{self.name} ended with {self.process.returncode} instead of serving")
            with contextlib.suppress(grpc.RpcError):
                answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=1, wait_for_ready=True)
                if answer.status == health_pb2.HealthCheckResponse.SERVING:
                    return
            if time.monotonic() > deadline:
                raise SystemExit(f"{self.name} did not become healthy in {START_SECONDS} s")
            time.sleep(0.05)

    def reflect(self):
        database = ProtoReflectionDescriptorDatabase(self.channel)
        self.pool = DescriptorPool(database)
        return sorted(database.get_services())

    def call(self, method, request, token=None):
        """Calls `package.Service/Method` with a dict; the answer as a dict."""
        service, _, name = method.partition("/")
        descriptor = self.pool.FindServiceByName(service).FindMethodByName(name)
        request_class = message_factory.GetMessageClass(descriptor.input_type)
        answer_class = message_factory.GetMessageClass(descriptor.output_type)
        rpc = self.channel.unary_unary(
            f"/{method}",
            request_serializer=request_class.SerializeToString,
            response_deserializer=answer_class.FromString,
        )
        metadata = [("authorization", f"Bearer {token}")] if token else []
        message = json_format.ParseDict(request, request_class())
        answer = rpc(message, timeout=CALL_SECONDS, metadata=metadata)
        return json_format.MessageToDict(answer)

    def stop(self):
        self.channel.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise SystemExit(f"{self.name} did not end {STOP_SECONDS} s after SIGTERM") from None
        finally:
            self.log.close()


HELD = []


def free_port():
    """A port that nobody is given as long as this lives; whoever binds it by number has it."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    HELD.append(held)
    return held.getsockname()[1]


def expect(what, actual, expected):
    if actual != expected:
        raise SystemExit(f"{what}: {actual!r}, not {expected!r}")
    print(f"  {what}: {actual}")


def part(verdict, name):
    return verdict[name]["outcome"].removeprefix("PART_OUTCOME_")


def refusal(service, method, request, token=None):
    """The status that a call is refused with, and whether it carries details."""
    try:
        service.call(method, request, token)
    except grpc.RpcError as error:
        details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
        return error.code().name, details
    raise SystemExit(f"{method} was not refused")


def content():
    """A certificate of the starter catalogue's invented photovoltaic module."""
    return {
        "holder": {"name": "Interop Solar Ltd", "economy": "XA"},
        "products": [
            {
                "name": "Interop module",
                "identification": {"model": "EX-450M"},
                "codes": [{"edition": "HS2022", "code": "854143"}],
            }
        ],
        "scheme": {"scheme": "schemes/aurelian-pv-mark", "level": "A"},
        "normativeDocuments": [{"edition": "IEC 61215-1:2021"}, {"edition": "IEC 61730-1:2016"}],
        "grantedOn": "2026-11-23",
        "validUntil": "2031-12-31",
        "authorisedBy": "Head of certification",
        "scope": "Crystalline silicon photovoltaic modules",
    }


def story(registry, issuer):
    body = "bodies/aurora-cert"
    admin = issuer.token("interop-admin", ["admin"])
    certifier = issuer.token("interop-certifier", ["certificates.write", "certificates.read"], body=body)
    customs = issuer.token("interop-customs", ["verify"], economy="XB")
    package = "greenlane.registry.v1"
    verify = f"{package}.VerificationService/Verify"

    print("Refusals")
    code, details = refusal(registry, verify, {"certificate": "certificates/none"})
    expect("verify without a token", code, "UNAUTHENTICATED")
    expect("it carries the reason", b"TOKEN_MISSING" in details, True)
    code, _ = refusal(registry, verify, {"certificate": "certificates/none"}, customs[:-4] + "AAAA")
    expect("verify with a forged token", code, "UNAUTHENTICATED")
    code, details = refusal(registry, verify, {}, customs)
    expect("verify nothing", code, "INVALID_ARGUMENT")
    expect("it carries the violations", b"google.rpc.BadRequest" in details, True)

    print("The story")
    record = {"displayName": "Interop Body", "economy": "XA", "roles": ["BODY_ROLE_CERTIFICATION_BODY"]}
    create = {"requestId": "interop-body", "bodyId": "aurora-cert", "body": record}
    registry.call(f"{package}.BodyService/CreateBody", create, admin)
    key = {"requestId": "interop-key", "body": body, "generate": "KEY_ALGORITHM_EDDSA"}
    registry.call(f"{package}.BodyService/CreateBodyKey", key, admin)
    issue = {"requestId": "interop-issue", "body": body, "content": content()}
    issued = registry.call(f"{package}.CertificateService/IssueCertificate", issue, certifier)
    name = issued["certificate"]["name"]
    print(f"  issued {name} at revision {issued['revision']}")
    again = registry.call(f"{package}.CertificateService/IssueCertificate", issue, certifier)
    expect("the same request again", again["certificate"]["name"], name)
    other = dict(issue, requestId="interop-issue-2", body="bodies/somebody-else")
    code, _ = refusal(registry, f"{package}.CertificateService/IssueCertificate", other, certifier)
    expect("issuing for another body", code, "PERMISSION_DENIED")

    goods = {
        "code": {"edition": "HS2022", "code": "854143"},
        "origin": "XA",
        "destination": "XB",
        "product": {"model": "EX-450M"},
    }
    for subject in ({"certificate": name}, {"document": issued["certificate"]["document"]}):
        verdict = registry.call(verify, {**subject, "goods": goods}, customs)["verdict"]
        print(f"  verify by {next(iter(subject))}: {verdict['outcome']}")
        expect("  authentic", part(verdict, "authentic"), "YES")
        expect("  in force", part(verdict, "inForce"), "YES")
        expect("  covers these goods", part(verdict, "coversGoods"), "YES")
        expect("  recognised", part(verdict, "recognised"), "YES")

    withdraw = {"requestId": "interop-withdraw", "name": name, "reason": "CERTIFICATE_REASON_NONCONFORMITY"}
    withdraw["reasonText"] = "Cracked cells."
    registry.call(f"{package}.CertificateService/WithdrawCertificate", withdraw, certifier)
    verdict = registry.call(verify, {"certificate": name, "goods": goods}, customs)["verdict"]
    expect("after the withdrawal", verdict["outcome"], "VERDICT_OUTCOME_REFUSED")
    expect("in force", part(verdict, "inForce"), "NO")


def is_proved(text, leaf, verifier_key):
    """Whether a proof shows that the log of this key has the entry."""
    head, _, checkpoint = text.partition("\n\n")
    header, *lines = head.split("\n")
    if header != "c2sp.org/tlog-proof@v1":
        return False
    if lines[0].startswith("extra "):
        lines.pop(0)
    index = int(lines.pop(0).removeprefix("index "))
    way = [base64.b64decode(line, validate=True) for line in lines]
    note, _, signatures = checkpoint.rpartition("\n\n")
    note += "\n"
    name, key_id, key = verifier_key.split("+", 2)
    lines = [line.split(" ") for line in signatures.splitlines()]
    signed = [base64.b64decode(line[2]) for line in lines if line[:2] == ["\u2014", name]]
    signed = [signature[4:] for signature in signed if signature[:4].hex() == key_id]
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:]).verify(signed[0], note.encode())
    except (IndexError, InvalidSignature):
        return False
    origin, size, root = note.split("\n")[:3]
    # RFC 9162, 2.1.3.2
    first, last, found = index, int(size) - 1, hashlib.sha256(b"\0" + leaf).digest()
    for step in way:
        if last == 0:
            return False
        if first & 1 or first == last:
            found = hashlib.sha256(b"\1" + step + found).digest()
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\1" + found + step).digest()
        first, last = first >> 1, last >> 1
    return origin == name and last == 0 and found == base64.b64decode(root)


def proofs(registry, greenlane, folder):
    print("Proofs as files")
    package = "greenlane.registry.v1"
    key = registry.call(f"{package}.LogService/GetCheckpoint", {})["checkpoint"]["verifierKey"]
    entries = registry.call(f"{package}.LogService/ListEntries", {})["entries"]
    leaves = [base64.b64decode(entry["leaf"]) for entry in entries]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GREENLANE_")}
    for index, leaf in enumerate(leaves):
        file = folder / f"{index}.tlog-proof"
        command = [greenlane, "log", "inclusion", str(index), "--out", str(file)]
        command += ["--registry", f"http://{registry.address}"]
        subprocess.run(command, check=True, env=environment, cwd=folder, stdout=subprocess.DEVNULL)
        text = file.read_text()
        expect(f"entry {index} is proved", is_proved(text, leaf, key), True)
        expect("  another one is not", is_proved(text, leaves[index - 1], key), False)
        lines = text.rstrip("\n").split("\n")
        size = lines.index("") + 2
        lines[size] = str(int(lines[size]) + 1)
        expect("  nor in another tree", is_proved("\n".join(lines) + "\n", leaf, key), False)


def look_ups(classification, equivalence, issuer):
    print("Classification and equivalence")
    token = issuer.token("interop-trader", ["codes.read", "recognise"])
    code = {"code": {"edition": "HS2022", "code": "854143"}}
    answer = classification.call("greenlane.classification.v1.LookupService/GetCode", code, token)
    expect("HS 2022 854143 is known", "code" in answer, True)
    question = {
        "certificate": {
            "standardEditions": ["IEC 61215-1:2021", "IEC 61730-1:2016"],
            "body": "bodies/aurora-cert",
            "bodyEconomy": "XA",
        },
        "code": code["code"],
        "origin": "XA",
        "destination": "XB",
    }
    recognise = "greenlane.equivalence.v1.RecognitionService/Recognise"
    answer = equivalence.call(recognise, {"question": question}, token)
    expect("XB", answer["decision"]["outcome"], "RECOGNITION_OUTCOME_RECOGNISED")


def run(greenlane, folder):
    issuer = Issuer(folder)
    inner = issuer.token("interop-services", ["codes.read", "catalogue.read", "recognise", "use.report"])
    services = []
    try:
        for name in ("classification", "equivalence", "registry"):
            # Each calls the one before it.
            peers = [(peer, inner) for peer in services[-1:]]
            services.append(Service(name, greenlane, folder, issuer, peers))
            services[-1].start()
            services[-1].wait_until_serving()
        print("Reflection")
        for service in services:
            ours = [name for name in service.reflect() if name.startswith(f"greenlane.{service.name}.")]
            print(f"  {service.name} on {service.address}: {', '.join(name.rsplit('.', 1)[-1] for name in ours)}")
            if not ours:
                raise SystemExit(f"{service.name} reflects none of its services")
        classification, equivalence, registry = services
        look_ups(classification, equivalence, issuer)
        story(registry, issuer)
        proofs(registry, greenlane, folder)
        print("SIGTERM")
        for service in reversed(services):
            expect(f"{service.name} ends with", service.stop(), 0)
    except BaseException:
        for service in services:
            if service.process is not None:
                service.process.kill()
            tail = (folder / f"{service.name}.log").read_text(errors="replace").splitlines()[-20:]
            print(f"--- the end of {service.name}'s log", *tail, sep="\n", file=sys.stderr)
        raise
    print("A foreign client got what it should.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--greenlane", required=True, type=pathlib.Path, help="the greenlane program")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="greenlane-interop-") as folder:
        run(str(arguments.greenlane.resolve()), pathlib.Path(folder))


if __name__ == "__main__":
    main()
