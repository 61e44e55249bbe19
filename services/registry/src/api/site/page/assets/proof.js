// Checks, in the browser, what a registry says of a certificate: the signed checkpoint (C2SP signed notes), inclusion in
// the log and its growth (RFC 6962, RFC 9162), the entries themselves, and the document's signature. Nothing that the
// server computed is taken for granted; what this browser cannot check is said to be open, never good.

const utf8 = new TextEncoder();
const text = (bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);
const fromBase64 = (base64) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
const fromBase64url = (base64) => fromBase64(base64.replaceAll("-", "+").replaceAll("_", "/"));
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const same = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);
const half = (number) => Math.floor(number / 2);
const isOdd = (number) => number % 2 === 1;

function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

export const hashLeaf = (entry) => sha256(concat(Uint8Array.of(0), entry));
const hashNode = (left, right) => sha256(concat(Uint8Array.of(1), left, right));

/** What the evidence contradicts: the answer is refused. */
export class Refusal extends Error {}

function must(holds, why) {
  if (!holds) throw new Refusal(why);
}

/** Whether a signature is good; null when this browser has no such algorithm. */
async function verifies(importing, algorithm, signature, signed) {
  let key;
  try {
    key = await crypto.subtle.importKey(...importing, algorithm.key, false, ["verify"]);
  } catch (error) {
    if (error.name === "NotSupportedError") return null;
    throw new Refusal("key");
  }
  return crypto.subtle.verify(algorithm.verify, key, signature, signed);
}

const ED25519 = { key: { name: "Ed25519" }, verify: { name: "Ed25519" } };
const ES256 = {
  key: { name: "ECDSA", namedCurve: "P-256" },
  verify: { name: "ECDSA", hash: "SHA-256" },
};

/** The tree that a note speaks of, and whether the log's key signed it (null: cannot be checked here). */
export async function openCheckpoint(note, verifierKey) {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(verifierKey) ?? [];
  must(name, "key");
  const key = fromBase64(encoded);
  must(key[0] === 1 && key.length === 33, "key");
  const digest = await sha256(concat(utf8.encode(`${name}\n`), key));
  must(hex(digest.slice(0, 4)) === id, "key");

  const end = note.lastIndexOf("\n\n");
  must(end > 0, "note");
  const signed = note.slice(0, end + 1);
  const [origin, decimal, root] = signed.split("\n");
  must(origin === name && /^(0|[1-9][0-9]{0,15})$/.test(decimal), "note");
  const lines = note.slice(end + 2).split("\n").filter((line) => line.startsWith(`\u2014 ${name} `));
  const signatures = lines.map((line) => fromBase64(line.split(" ")[2]));
  const ours = signatures.find((bytes) => hex(bytes.slice(0, 4)) === id);
  must(ours, "note");
  const good = await verifies(["raw", key.slice(1)], ED25519, ours.slice(4), utf8.encode(signed));
  must(good !== false, "signature");
  return { origin, size: Number(decimal), root: fromBase64(root), good };
}

/** RFC 9162, 2.1.3.2. */
export async function isIncluded(leafHash, index, size, hashes, root) {
  if (!(index < size)) return false;
  let [node, last, hash] = [index, size - 1, leafHash];
  for (const other of hashes) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      hash = await hashNode(other, hash);
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      hash = await hashNode(hash, other);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && same(hash, root);
}

/** RFC 9162, 2.1.4.2: whether the tree of `size` leaves begins with the one of `old`. */
export async function isGrown(old, oldRoot, size, root, hashes) {
  if (old === size) return hashes.length === 0 && same(oldRoot, root);
  if (!(0 < old && old < size)) return false;
  const isPerfect = Number.isInteger(Math.log2(old));
  const path = isPerfect ? [oldRoot, ...hashes] : hashes;
  if (path.length === 0) return false;
  let [node, last] = [old - 1, size - 1];
  while (isOdd(node)) [node, last] = [half(node), half(last)];
  let [before, after] = [path[0], path[0]];
  for (const other of path.slice(1)) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      [before, after] = [await hashNode(other, before), await hashNode(other, after)];
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      after = await hashNode(after, other);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && same(before, oldRoot) && same(after, root);
}

// As far as a clock may be from the noon of the day that is judged: the days differ around the world.
const DAY_AND_HALF_MS = 36 * 60 * 60 * 1000;
const ALWAYS = ["certificate.grant", "certificate.annul"];
const STATES = {
  "certificate.suspend": "suspended",
  "certificate.withdraw": "withdrawn",
  "certificate.terminate": "terminated",
  "certificate.annul": "annulled",
  "certificate.supersede": "superseded",
};

/** The entry that decides on a day, if one does. One that was overtaken before it took effect has no say. */
function deciding(entries, day) {
  let earliest = "9999";
  for (const entry of [...entries].reverse()) {
    const always = ALWAYS.includes(entry.event);
    const upheld = always || entry.effective_at <= earliest;
    if (!always && entry.effective_at < earliest) earliest = entry.effective_at;
    if (upheld && (always || entry.effective_at.slice(0, 10) <= day)) return entry;
  }
  return null;
}

/** Where a certificate stands that an entry left in a state, when it is valid for these days. */
function standing(state, from, until, day) {
  if (["active", "suspended"].includes(state) && day > until) return "expired";
  return state === "active" && day < from ? "not_yet_valid" : state;
}

/** Reads entries of the log and proves that they are in it. */
async function prove(receipts, tree) {
  const entries = [];
  for (const receipt of receipts) {
    const leaf = fromBase64(receipt.leaf);
    const hashes = receipt.hashes.map(fromBase64);
    must(await isIncluded(await hashLeaf(leaf), receipt.index, tree.size, hashes, tree.root), "inclusion");
    entries.push({ ...JSON.parse(text(leaf)), index: receipt.index });
  }
  return entries;
}

/**
 * What is stated in a document, and whether this key signed it; `good` is null when that cannot be checked here. `isCopy`
 * when it is of W3C's profile: made of the document that the log names when it was asked for, by the body's key of then.
 */
async function openDocument(document, proof, version) {
  const jws = document.split("~")[0];
  const parts = jws.split(".");
  must(parts.length === 3, "document");
  const stated = JSON.parse(text(fromBase64url(parts[1])));
  const isCopy = hex(await sha256(utf8.encode(jws))) !== version.document_sha256;
  must(!isCopy || Array.isArray(stated.credentialStatus), "document");
  const header = JSON.parse(text(fromBase64url(parts[0])));
  const jwk = JSON.parse(proof.publicJwk);
  const isOurs = header.kid.split("#")[1] === version.key.split("/").pop();
  must(isOurs || isCopy, "kid");
  if (!isOurs) return { good: null, stated, isCopy };
  const { kty, crv, x, y } = jwk;
  const signed = [fromBase64url(parts[2]), utf8.encode(`${parts[0]}.${parts[1]}`)];
  let good;
  if (header.alg === "EdDSA" && kty === "OKP" && crv === "Ed25519") {
    good = await verifies(["jwk", { kty, crv, x }], ED25519, ...signed);
  } else {
    must(header.alg === "ES256" && kty === "EC" && crv === "P-256", "algorithm");
    good = await verifies(["jwk", { kty, crv, x, y }], ES256, ...signed);
  }
  must(good !== false, "signature");
  return { good, stated, isCopy };
}

/** What a document states, in one form for both profiles: they differ in where the places in status lists stand. */
function inOneForm({ credentialStatus, greenlaneCertificate: { status = [], ...certificate }, ...rest }) {
  const places = [status, credentialStatus].flat();
  const asTexts = places.map((place) => ({ ...place, statusListIndex: String(place.statusListIndex) }));
  return JSON.stringify([rest, certificate, asTexts]);
}

/**
 * Checks the document, or the copy of it that was presented. Of a copy the log knows nothing: it is proved where the
 * registry hands out the one that the log names, and is open otherwise.
 */
async function proveDocument(document, proof, page, version) {
  const { good, stated, isCopy } = await openDocument(document, proof, version);
  mustSayTheSame(page, stated, version);
  if (!isCopy) return { good };
  if (!proof.document) return { good: null, copy: good ? "signed" : "unsigned" };
  const logged = await openDocument(proof.document, proof, version);
  must(!logged.isCopy && inOneForm(logged.stated) === inOneForm(stated), "document");
  return logged.good ? { good: true, copy: "same" } : { good: null };
}

// What is shown of every certificate; all else that its document states is shown as a whole, or not at all.
const ALWAYS_SHOWN = ["number", "version", "issuer", "valid-from", "valid-until"];
// Facts that are refused in the words for another.
const KINDS = {
  version: "number", "holder-economy": "holder", level: "scheme", "valid-from": "validity", "valid-until": "validity",
  model: "product", gtin: "product", more: "product",
};
const kind = (fact) => KINDS[fact] ?? fact;

/** What a page must show of a document, by the names that it marks facts with; empty is what has no place there. */
function statements({ issuer, greenlaneCertificate: { number, version, facts } }, listed) {
  const { holder, scheme, products, normativeDocuments } = facts;
  const more = products.length - listed;
  return new Map(Object.entries({
    number, version: version > 1 ? String(version) : "", issuer: issuer.name, holder: holder.name,
    "holder-economy": holder.economy, scheme: scheme.scheme.replace(/^schemes\//, ""), level: scheme.level ?? "",
    standards: normativeDocuments.map(({ edition }) => edition).join(", "), "valid-from": facts.validFrom,
    "valid-until": facts.validUntil, more: more > 0 ? String(more) : "",
  }));
}

/** Every fact marked in the page is what is stated, nothing stated is left out, and nothing stands beside the marks. */
function mustSayTheSame(page, payload, version) {
  const { number, version: stated, body, facts: { products } } = payload.greenlaneCertificate;
  must(`certificates/${number}` === page.name && stated === page.version && body === version.body, "number");
  const said = statements(payload, page.products.length);
  for (const [fact, shown] of page.facts) must(said.get(fact) === shown, kind(fact));
  const shown = new Set(page.facts.map(([fact]) => fact));
  const isShort = page.products.length === 0 && [...shown].every((fact) => ALWAYS_SHOWN.includes(fact));
  for (const [fact, words] of said) {
    must(!words || shown.has(fact) || (isShort && !ALWAYS_SHOWN.includes(fact)), kind(fact));
  }
  must(isShort || page.products.length > 0, "product");
  page.products.forEach((facts, at) => {
    const { name, identification: { model, gtin } } = products[at] ?? { identification: {} };
    const expected = [["product", name], ["model", model], ["gtin", gtin]].filter(([, words]) => words);
    must(JSON.stringify(facts) === JSON.stringify(expected), "product");
  });
  must(!page.hasMore, "unmarked");
}

/**
 * Checks step by step. `page` is what the page says; `remembered` is the tree seen at an earlier visit, or null. Yields
 * `{ step, good, ... }`, good being true, or null for what could not be checked or rests on a signature that could not;
 * throws a Refusal with its `step`.
 */
export async function* check(proof, page, document, remembered) {
  let step = "checkpoint";
  try {
    const tree = await openCheckpoint(proof.checkpoint, proof.verifierKey);
    yield { step, good: tree.good, size: tree.size, key: proof.verifierKey };

    step = "growth";
    if (remembered && remembered.key !== proof.verifierKey) throw new Refusal("otherKey");
    if (remembered && remembered.size > tree.size) {
      yield { step, good: null, older: true };
    } else if (remembered) {
      const hashes = proof.growth?.from === remembered.size ? proof.growth.hashes.map(fromBase64) : [];
      const root = fromBase64(remembered.root);
      must(await isGrown(remembered.size, root, tree.size, tree.root, hashes), "rewritten");
      yield { step, good: tree.good, from: remembered.size };
    } else {
      yield { step, good: tree.good, from: 0 };
    }

    step = "inclusion";
    const events = await prove(proof.events, tree);
    const ours = (entry) => entry.certificate === page.name && entry.event.startsWith("certificate.");
    must(events.length > 0 && events.every(ours), "otherCertificate");
    must(events.every((entry, at) => at === 0 || events[at - 1].index < entry.index), "order");
    const version = events.find((entry) => entry.version === page.version && entry.document_sha256);
    must(version, "version");
    yield { step, good: tree.good, count: events.length, index: version.index };

    step = "key";
    const [made, ...later] = await prove(proof.keyEvents, tree);
    must(made?.event === "key.create" && made.key === version.key && made.body === version.body, "otherKey");
    must(later.every((entry) => entry.key === version.key), "otherKey");
    must(hex(await sha256(utf8.encode(proof.publicJwk))) === made.public_jwk_sha256, "otherKey");
    if (page.isAuthentic) {
      const ends = [made.valid_until, ...later.map((entry) => entry.valid_until)].filter((end) => end);
      must(made.valid_from <= version.recorded_at && ends.every((end) => version.recorded_at <= end), "keyPeriod");
      const lost = later.map((entry) => entry.compromised_since).filter((since) => since);
      must(lost.every((since) => version.recorded_at < since), "compromised");
    }
    yield { step, good: tree.good };

    step = "document";
    if (document) {
      yield { step, ...(await proveDocument(document, proof, page, version)) };
    } else {
      yield { step, good: null, missing: true };
    }

    step = "standing";
    must(Math.abs(Date.now() - Date.parse(`${page.date}T12:00:00Z`)) < DAY_AND_HALF_MS, "date");
    const shown = new Map(page.facts);
    const last = deciding(events, page.date);
    const left = last ? STATES[last.event] ?? "active" : "none";
    const found = standing(left, shown.get("valid-from"), shown.get("valid-until"), page.date);
    must(found === page.state && page.titled.includes(found), "standing");
    must(page.since === null || page.since === last.effective_at.slice(0, 10), "standing");
    must(page.reason === null || page.reason === last.reason, "standing");
    yield { step, good: tree.good, state: left };

    if (tree.good) {
      const root = btoa(String.fromCharCode(...tree.root));
      yield { step: "remember", good: true, tree: { key: proof.verifierKey, size: tree.size, root } };
    }
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal("malformed");
    refusal.step = step;
    throw refusal;
  }
}
