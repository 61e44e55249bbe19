"""A steady load on a registry that remembers what it was told: certificates issued, each tried with its one request id
until it is acknowledged, and a certificate verified again and again."""

import collections
import dataclasses
import json
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
LONGEST_SECONDS = 600

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
class Seen:
    """What happened since a mark."""

    reads: int
    refused: int
    read_gap: float
    writes: int
    write_gap: float
    unacknowledged: int
    replica_reads: int
    replica_refused: int
    replica_gap: float


class Load:
    """`replicas` are addresses that only verify: they are read from by readers of their own."""

    def __init__(self, address, authority, clerk, customs, replicas=None, retries=False):
        self.registry = Registry(address, authority, retries)
        self.replicas = Registry(replicas, authority, retries) if replicas else None
        self.clerk, self.customs = clerk, customs
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.names = {}
        self.doubled = self.wrong = 0
        self.times = collections.defaultdict(list)
        self.marked = time.monotonic()
        self.subject = self.issue("load-subject")
        self.subject_revision = self.revision
        self.threads = [threading.Thread(target=self.write, args=(number,)) for number in range(WRITERS)]
        self.threads += [threading.Thread(target=self.read, args=(self.registry, "")) for _ in range(READERS)]
        if self.replicas:
            self.threads += [threading.Thread(target=self.read, args=(self.replicas, "replica ")) for _ in range(READERS)]

    def start(self):
        self.ends = time.monotonic() + LONGEST_SECONDS
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()

    def done(self, kind):
        with self.lock:
            self.times[kind].append(time.monotonic())

    def running(self):
        return not self.over.wait(PAUSE_SECONDS) and time.monotonic() < self.ends

    def issue(self, request_id):
        request = {"requestId": request_id, "body": BODY, "content": CONTENT}
        answer = self.registry.call("CertificateService/IssueCertificate", request, self.clerk)
        name = answer["certificate"]["name"]
        self.revision = answer["revision"]
        with self.lock:
            self.doubled += self.names.setdefault(request_id, name) != name
        return name

    def write(self, writer):
        number = 0
        while self.running():
            try:
                self.issue(f"load-{writer}-{number}")
            except grpc.RpcError:
                # Not acknowledged: whether it was done, the same request id will tell.
                self.done("unacknowledged")
                continue
            self.done("write")
            if number:
                # Now and then an acknowledged one again, which must answer the same.
                if number % 20 == 0:
                    try:
                        self.issue(f"load-{writer}-{number - 1}")
                    except grpc.RpcError:
                        pass
            number += 1

    def read(self, registry, kind):
        # Another replica may not have heard of it yet: it is told what it must know, and waits for that.
        consistency = {"atLeastRevision": self.subject_revision}
        question = {"certificate": self.subject, "goods": GOODS, "consistency": consistency}
        while self.running():
            try:
                verdict = registry.call("VerificationService/Verify", question, self.customs)["verdict"]
            except grpc.RpcError:
                self.done(f"{kind}refused")
                continue
            # What is not known is said to be: that is an answer. A refusal of this certificate would be a wrong one.
            if verdict["outcome"] == "VERDICT_OUTCOME_REFUSED":
                with self.lock:
                    self.wrong += 1
            self.done(f"{kind}read")

    def mark(self):
        self.marked = time.monotonic()

    def wait_until_flowing(self, patience):
        """Until reads and writes have succeeded after now."""
        began = time.monotonic()
        while True:
            with self.lock:
                last = [self.times[kind][-1] if self.times[kind] else 0 for kind in ("read", "write")]
            if min(last) > began:
                return
            if time.monotonic() - began > patience:
                raise SystemExit(f"no reads and writes {patience} s after the container was healthy again")
            time.sleep(0.05)

    def since_mark(self):
        now = time.monotonic()
        with self.lock:
            since = {kind: [at for at in times if at >= self.marked] for kind, times in self.times.items()}

        def gap(kind):
            moments = [self.marked, *since.get(kind, []), now]
            return max(later - earlier for earlier, later in zip(moments, moments[1:]))

        return Seen(
            reads=len(since.get("read", [])),
            refused=len(since.get("refused", [])),
            read_gap=gap("read"),
            writes=len(since.get("write", [])),
            write_gap=gap("write"),
            unacknowledged=len(since.get("unacknowledged", [])),
            replica_reads=len(since.get("replica read", [])),
            replica_refused=len(since.get("replica refused", [])),
            replica_gap=gap("replica read"),
        )

    def audit(self):
        """How many certificates were acknowledged, how many of them are not there, how many requests gave two, and how
        often a good certificate was refused."""
        lost = 0
        for name in self.names.values():
            try:
                self.registry.call("CertificateService/GetCertificate", {"name": name}, self.customs)
            except grpc.RpcError as error:
                if error.code() is not grpc.StatusCode.NOT_FOUND:
                    raise
                lost += 1
        return len(self.names), lost, self.doubled, self.wrong
