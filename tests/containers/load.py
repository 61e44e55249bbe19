"""A steady load on a registry that remembers what it was told: certificates issued, each tried with its one request id
until it is acknowledged, one certificate verified again and again, and whichever of the others.

An answer counts when it tells that the certificate is authentic and in force, which all of them are. One that leaves
either open is no answer. Where there is a market to ask (`market`), which recognises them all, it is kept what each answer
says of that: yes, or that it is not known; a no is wrong."""

import collections
import dataclasses
import json
import random
import threading
import time

import grpc
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

BODY = "bodies/aurora-cert"
PACKAGE = "greenlane.registry.v1"
WRITERS = READERS = 2
CALL_SECONDS = 5
# Bounds the load, so that what else runs on the machine is not starved and the script ends by itself.
PAUSE_SECONDS = 0.01
LONGEST_SECONDS = 1_800

CONTENT = {
    "holder": {"name": "Example Solar Ltd", "economy": "XA"},
    "products": [
        {
            "name": "Example module",
            "identification": {"model": "EX-450M"},
            "codes": [{"edition": "HS2022", "code": "854143"}],
        }
    ],
    "scheme": {"scheme": "schemes/aurelian-pv-mark", "level": "A"},
    "normativeDocuments": [{"edition": "IEC 61215-1:2021"}, {"edition": "IEC 61730-1:2016"}],
    "grantedOn": "2026-01-15",
    "validUntil": "2031-01-14",
    "authorisedBy": "Head of certification",
    "scope": "Crystalline silicon photovoltaic modules",
}
GOODS = {
    "code": {"edition": "HS2022", "code": "854143"},
    "origin": "XA",
    "destination": "XB",
    "product": {"model": "EX-450M"},
}


# What a client of replicas does by itself: another try, elsewhere, when one of them goes. gRPC's own words.
RETRIES = {
    "methodConfig": [
        {
            "name": [{}],
            "retryPolicy": {
                "maxAttempts": 5,
                "initialBackoff": "0.1s",
                "maxBackoff": "1s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}


def question(name, revision, date=None):
    goods = GOODS | ({"date": date} if date else {})
    return {"certificate": name, "goods": goods, "consistency": {"atLeastRevision": revision}}


def good(verdict):
    """Whether it tells that the certificate is authentic, in force and for these goods; None when it leaves that open.
    Whether a market recognises it is another service's to say, which may be away."""
    parts = [verdict.get(part, {}).get("outcome") for part in ("authentic", "inForce", "coversGoods")]
    if "PART_OUTCOME_NO" in parts:
        return False
    return True if set(parts) == {"PART_OUTCOME_YES"} else None


@dataclasses.dataclass
class Heard:
    """What an answer said of the market, to a question that was asked at `asked`."""

    kind: str
    asked: float
    at: float
    recognised: bool
    remembered: bool


class Registry:
    """A client that knows of the registry what its reflection says."""

    def __init__(self, address, authority, retries=False):
        options = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 1000)]
        options.append(("grpc.lb_policy_name", "round_robin"))
        if retries:
            options.append(("grpc.service_config", json.dumps(RETRIES)))
        if authority:
            credentials = grpc.ssl_channel_credentials(root_certificates=authority)
            self.channel = grpc.secure_channel(address, credentials, options=options)
        else:
            # A list of addresses is no name for a host.
            options.append(("grpc.default_authority", "registry.example.org"))
            self.channel = grpc.insecure_channel(address, options=options)
        self.pool = DescriptorPool(ProtoReflectionDescriptorDatabase(self.channel))
        self.methods = {}
        for method in (
            "CertificateService/IssueCertificate",
            "CertificateService/GetCertificate",
            "VerificationService/Verify",
        ):
            self.methods[method] = self.method(*method.split("/"))

    def close(self):
        """Without this it would go on trying to connect, to whatever is at that address by then."""
        self.channel.close()

    def method(self, service, name):
        descriptor = self.pool.FindServiceByName(f"{PACKAGE}.{service}").FindMethodByName(name)
        request = message_factory.GetMessageClass(descriptor.input_type)
        answer = message_factory.GetMessageClass(descriptor.output_type)
        call = self.channel.unary_unary(
            f"/{PACKAGE}.{service}/{name}",
            request_serializer=request.SerializeToString,
            response_deserializer=answer.FromString,
        )
        return request, call

    def call(self, method, request, token):
        request_class, call = self.methods[method]
        message = json_format.ParseDict(request, request_class())
        answer = call(message, timeout=CALL_SECONDS, metadata=[("authorization", f"Bearer {token}")])
        return json_format.MessageToDict(answer)


@dataclasses.dataclass
class Reads:
    """What one kind of readers saw since a mark."""

    answered: int
    refused: int
    gap: float


@dataclasses.dataclass
class Seen:
    """What happened since a mark."""

    writes: int
    write_gap: float
    unacknowledged: int
    reads: dict[str, Reads]


class Load:
    """`readers`: by kind, an address, and whether they ask for one certificate (which is then in memory) or for any of
    those that were issued. The registries themselves are asked for one, as the kind `read`. `name`: of this load's
    requests, when there is more than one on a registry."""

    def __init__(self, address, authority, clerk, customs, readers=None, retries=False, name="load", market=False):
        self.name, self.market = name, market
        self.registry = Registry(address, authority, retries)
        self.readers = {"read": (self.registry, self.one)}
        for kind, (where, whole) in (readers or {}).items():
            self.readers[kind] = (Registry(where, authority, retries), self.any if whole else self.one)
        self.clerk, self.customs = clerk, customs
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.names, self.issued = {}, []
        self.doubled = self.wrong = self.open = 0
        self.times = collections.defaultdict(list)
        self.heard = []
        self.marked = time.monotonic()
        self.subject, self.subject_revision = self.issue("subject")
        self.threads = [threading.Thread(target=self.write, args=(number,)) for number in range(WRITERS)]
        self.threads += [threading.Thread(target=self.read, args=(kind,)) for kind in self.readers for _ in range(READERS)]

    def start(self):
        self.ends = time.monotonic() + LONGEST_SECONDS
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()

    def close(self):
        """When nothing is asked any more."""
        for registry in {self.registry, *(registry for registry, _ in self.readers.values())}:
            registry.close()

    def done(self, kind):
        with self.lock:
            self.times[kind].append(time.monotonic())

    def running(self):
        return not self.over.wait(PAUSE_SECONDS) and time.monotonic() < self.ends

    def issue(self, request_id):
        """The certificate, and a revision that has it."""
        request_id = f"{self.name}-{request_id}"
        request = {"requestId": request_id, "body": BODY, "content": CONTENT}
        answer = self.registry.call("CertificateService/IssueCertificate", request, self.clerk)
        name, revision = answer["certificate"]["name"], int(answer["revision"])
        with self.lock:
            self.doubled += self.names.setdefault(request_id, name) != name
            self.issued.append((name, revision))
        return name, revision

    # Another replica may not have heard of it yet: it is told what it must know, and waits for that.

    def one(self):
        return question(self.subject, self.subject_revision)

    def any(self):
        """One that is hardly ever in memory, on a day that was hardly ever asked for: the database has to be read."""
        with self.lock:
            name, revision = random.choice(self.issued)
        return question(name, revision, f"20{random.randint(27, 30)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}")

    def write(self, writer):
        number = 0
        while self.running():
            try:
                self.issue(f"{writer}-{number}")
            except grpc.RpcError:
                # Not acknowledged: whether it was done, the same request id will tell.
                self.done("unacknowledged")
                continue
            self.done("write")
            if number:
                # Now and then an acknowledged one again, which must answer the same.
                if number % 20 == 0:
                    try:
                        self.issue(f"{writer}-{number - 1}")
                    except grpc.RpcError:
                        pass
            number += 1

    def read(self, kind):
        registry, asks = self.readers[kind]
        while self.running():
            asked = time.monotonic()
            try:
                verdict = registry.call("VerificationService/Verify", asks(), self.customs)["verdict"]
            except grpc.RpcError:
                self.done(f"{kind} refused")
                continue
            told = good(verdict)
            if told is False:
                print(f"  wrong, {kind}: {verdict}", flush=True)
            with self.lock:
                self.wrong += told is False
                self.open += told is None
            self.done(kind if told else f"{kind} refused")
            if self.market:
                self.hear(kind, asked, verdict)

    def hear(self, kind, asked, verdict):
        says = verdict["recognised"]["outcome"]
        if says == "PART_OUTCOME_NO":
            print(f"  wrong, {kind}: {verdict}", flush=True)
        remembered = verdict.get("freshness", {}).get("fromSnapshot", False)
        with self.lock:
            self.wrong += says == "PART_OUTCOME_NO"
            self.heard.append(Heard(kind, asked, time.monotonic(), says == "PART_OUTCOME_YES", remembered))
        if says == "PART_OUTCOME_YES":
            self.done(f"{kind} recognised")

    def heard_since_mark(self, kind):
        with self.lock:
            return [one for one in self.heard if one.kind == kind and one.asked >= self.marked]

    def mark(self):
        self.marked = time.monotonic()

    def wait_until_flowing(self, patience):
        """Until reads and writes have succeeded after now, and where there is a market it has been heard again."""
        began = time.monotonic()
        kinds = [*self.readers, "write"]
        if self.market:
            kinds += [f"{kind} recognised" for kind in self.readers]
        while True:
            with self.lock:
                last = [self.times[kind][-1] if self.times[kind] else 0 for kind in kinds]
            if min(last) > began:
                return
            if time.monotonic() - began > patience:
                without = [kind for kind, at in zip(kinds, last) if at <= began]
                raise SystemExit(f"without {', '.join(without)} {patience} s after it was healthy again")
            time.sleep(0.05)

    def since_mark(self):
        now = time.monotonic()
        with self.lock:
            since = {kind: [at for at in times if at >= self.marked] for kind, times in self.times.items()}

        def gap(kind):
            moments = [self.marked, *since.get(kind, []), now]
            return max(later - earlier for earlier, later in zip(moments, moments[1:]))

        return Seen(
            writes=len(since.get("write", [])),
            write_gap=gap("write"),
            unacknowledged=len(since.get("unacknowledged", [])),
            reads={
                kind: Reads(len(since.get(kind, [])), len(since.get(f"{kind} refused", [])), gap(kind))
                for kind in self.readers
            },
        )

    def audit(self):
        """How many certificates were acknowledged, how many of them are not there, how many requests gave two, how often a
        good certificate was refused, and how often it was left open whether it is genuine and in force."""
        lost = 0
        for name in self.names.values():
            try:
                self.registry.call("CertificateService/GetCertificate", {"name": name}, self.customs)
            except grpc.RpcError as error:
                if error.code() is not grpc.StatusCode.NOT_FOUND:
                    raise
                lost += 1
        return len(self.names), lost, self.doubled, self.wrong, self.open
