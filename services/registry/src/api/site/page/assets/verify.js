// The page's own behaviour: the proof, step by step, and reading a QR code by the camera or from a picture. Without it the
// page still answers.

import { check } from "./proof.js";

const TEXTS = {
  en: {
    checking: "Your browser is checking the proof…",
    good: "Proved. Your browser checked every step itself. “The registry’s word alone” is no part of it.",
    open: "Partly checked. What is marked with “?” was not checked, and nothing is claimed of it.",
    bad: "REFUSED. The registry’s evidence does not prove what this page says. Do not rely on it, and tell the certification body.",
    none: "The proof could not be fetched. The answer above is the registry’s word alone.",
    insecure: "This browser gives cryptography to pages over HTTPS only, so nothing was checked here. The answer above is the registry’s word alone.",
    refused: "Not proved, do not rely on this answer",
    mark: { good: "Checked", open: "Not checked", bad: "Wrong" },
    steps: {
      checkpoint: ({ size }) => `The log’s signed checkpoint (${size} entries) carries the signature of the log’s key.`,
      growth: ({ from }) => from
        ? `The log still holds, unchanged, the ${from} entries of your last visit.`
        : "First visit: this browser remembers the log’s state, to find out next time whether history was rewritten.",
      inclusion: ({ count, index }) => `${["", "The entry", "Both entries"][count] ?? `All ${count} entries`} of this certificate ${count === 1 ? "is" : "are"} in that log (the version shown is entry ${index}).`,
      key: () => "The key that signed it is registered in that log for this body, and was valid at the time.",
      document: () => "The document is the one that the log names, is signed by that key, and states all that stands under “What is certified”.",
      standing: ({ state, days }) => `These entries leave the certificate: ${state}${days}. That the log holds no later one, auditors and witnesses check.`,
    },
    // What the log’s state is told with, where the days that the document states decide.
    days: { expired: ", but past its last day", not_yet_valid: ", but before its first day" },
    unsupported: {
      checkpoint: "The signature of the log’s checkpoint was not checked: this browser has no Ed25519. Newer browsers have it.",
      document: "The document’s signature was not checked: this browser has no Ed25519. Newer browsers have it.",
      growth: "Whether the log was rewritten was not checked: that rests on its signature.",
      inclusion: "Whether this certificate’s entries are in the log was not checked: that rests on its signature.",
      key: "Whether the signing key is registered was not checked: that rests on the log’s signature.",
      standing: "Whether a later step was recorded was not checked: that rests on the log’s signature.",
    },
    older: "This answer is older than what this browser saw at an earlier visit.",
    missing: "The registry does not hand out documents by their number. If you have the document or its offline code, enter it below, and your browser checks its signature and contents.",
    copy: {
      same: "The document is a copy, in another profile, of the one that the log names, which is signed by that key. Both state the same, and all that stands under “What is certified”.",
      signed: "The document is a copy, in another profile, of the one that the log names. The copy is signed by that key and states all that stands under “What is certified”; that the other states the same was not checked.",
      unsigned: "The document is a copy, in another profile, of the one that the log names. The copy states all that stands under “What is certified”; neither its signature nor that the other states the same was checked.",
    },
    why: {
      malformed: "The evidence is malformed.", key: "The log’s key is malformed.", note: "The checkpoint is malformed.",
      signature: "The signature is wrong.", otherKey: "The key is another one.", rewritten: "The log no longer holds what it held at your last visit.",
      inclusion: "An entry is not in the signed log.", otherCertificate: "The entries are another certificate’s.", order: "The entries are out of order.",
      version: "No entry names this version.", keyPeriod: "The key was not valid at that time.", compromised: "The key was compromised by then.",
      document: "The document is not the one that the log names.", kid: "The document names another key.", algorithm: "The algorithm does not fit the key.",
      number: "The document is another certificate’s.", holder: "The document names another holder.", product: "The document names other products.",
      issuer: "The document names another issuer.", scheme: "The document names another scheme.", standards: "The document names other standards.",
      validity: "The document names another validity.", unmarked: "The page says more of the certificate than its document.",
      standing: "The log leaves the certificate in another state than this page says.", date: "The page is not about today, or this device’s clock is wrong.",
    },
    titles: {
      active: ["In force", "In force, on conditions", "Without effect for now", "Not valid yet"], suspended: ["Suspended"],
      withdrawn: ["Withdrawn"], terminated: ["Ended"], annulled: ["Void from the start"], superseded: ["Replaced"],
      expired: ["Expired"], not_yet_valid: ["Not valid yet"],
      any: ["Replaced by a newer version", "Never took effect", "Cannot be told"],
    },
    reasons: {
      ordinary: "in the ordinary course", nonconformity: "nonconformity", obligation_not_met: "an obligation was not met",
      holder_request: "the holder asked for it", misuse: "misuse of the certificate or mark", standard_changed: "the standard changed",
      fraud: "fraud", mistake: "a mistake", safety: "safety", key_compromise: "a compromised key", remedied: "remedied",
      body_ceased: "the body ceased to act", other: "another reason",
    },
    camera: "Point the camera at the QR code.", noCode: "No QR code was found in the picture.", noCamera: "The camera cannot be used.",
  },
  zh: {
    checking: "浏览器正在核验证明……",
    good: "已证实。每一步均由您的浏览器自行核验。“仅为登记处的说法”部分不在其内。",
    open: "部分核验。标有“?”的步骤未经核验，不作任何保证。",
    bad: "拒绝。登记处提供的证据不能证明本页内容。请勿采信，并告知认证机构。",
    none: "无法取得证明。以上结果仅为登记处的说法。",
    insecure: "此浏览器仅对 HTTPS 页面提供加密功能，因此未作核验。以上结果仅为登记处的说法。",
    refused: "未经证实，请勿采信此结果",
    mark: { good: "已核验", open: "未核验", bad: "错误" },
    steps: {
      checkpoint: ({ size }) => `日志的签名检查点（${size} 条记录）带有日志密钥的签名。`,
      growth: ({ from }) => from
        ? `您上次访问时的 ${from} 条记录仍原样保存在日志中。`
        : "首次访问：浏览器已记住日志的状态，以便下次发现历史是否被改写。",
      inclusion: ({ count, index }) => `本证书的 ${count} 条记录均在该日志中（所示版本为第 ${index} 条）。`,
      key: () => "签名密钥已在该日志中登记于此机构名下，且签名时有效。",
      document: () => "文件正是日志所记载的文件，由该密钥签名，并载有“认证内容”下的全部内容。",
      standing: ({ state, days }) => `依上述记录，证书状态为：${state}${days}。日志中是否另有后续记录，由审计方和见证方核查。`,
    },
    days: { expired: "（但已过有效期）", not_yet_valid: "（但尚未到生效日）" },
    unsupported: {
      checkpoint: "日志检查点的签名未经核验：此浏览器不支持 Ed25519。较新的浏览器支持。",
      document: "文件签名未经核验：此浏览器不支持 Ed25519。较新的浏览器支持。",
      growth: "日志是否被改写未经核验：须以日志签名为准。",
      inclusion: "本证书的记录是否在日志中未经核验：须以日志签名为准。",
      key: "签名密钥是否已登记未经核验：须以日志签名为准。",
      standing: "是否有后续步骤未经核验：须以日志签名为准。",
    },
    older: "此结果早于本浏览器上次所见。",
    missing: "登记处不凭编号提供文件。如您持有文件或其离线码，请在下方输入，浏览器将核验其签名与内容。",
    copy: {
      same: "所示文件是日志所记载文件的另一格式副本，原件由该密钥签名。两者内容一致，并载有“认证内容”下的全部内容。",
      signed: "所示文件是日志所记载文件的另一格式副本。副本由该密钥签名，并载有“认证内容”下的全部内容；与原件是否一致未经核验。",
      unsigned: "所示文件是日志所记载文件的另一格式副本。副本载有“认证内容”下的全部内容；其签名及与原件是否一致均未经核验。",
    },
    why: {
      malformed: "证据格式错误。", key: "日志密钥格式错误。", note: "检查点格式错误。",
      signature: "签名错误。", otherKey: "密钥不符。", rewritten: "日志不再保有您上次访问时的内容。",
      inclusion: "有记录不在已签名的日志中。", otherCertificate: "记录属于另一证书。", order: "记录顺序错误。",
      version: "没有记载此版本的记录。", keyPeriod: "密钥当时无效。", compromised: "密钥当时已泄露。",
      document: "文件不是日志所记载的文件。", kid: "文件指明另一密钥。", algorithm: "算法与密钥不符。",
      number: "文件属于另一证书。", holder: "文件所载持证人不同。", product: "文件所载产品不同。",
      issuer: "文件所载签发机构不同。", scheme: "文件所载认证制度不同。", standards: "文件所载依据标准不同。",
      validity: "文件所载有效期不同。", unmarked: "本页所述超出证书文件。",
      standing: "日志所示证书状态与本页不同。", date: "本页所示并非今日状态，或本设备时钟有误。",
    },
    titles: {
      active: ["有效", "附条件有效", "暂不生效", "尚未生效"], suspended: ["已暂停"], withdrawn: ["已撤销"], terminated: ["已注销"],
      annulled: ["自始无效"], superseded: ["已被取代"], expired: ["已过期"], not_yet_valid: ["尚未生效"],
      any: ["已有新版本", "从未生效", "无法判定"],
    },
    reasons: {
      ordinary: "常规", nonconformity: "不符合要求", obligation_not_met: "未履行义务", holder_request: "持证人申请",
      misuse: "误用证书或标志", standard_changed: "标准变更", fraud: "欺诈", mistake: "错误", safety: "安全",
      key_compromise: "密钥泄露", remedied: "已整改", body_ceased: "机构停止运作", other: "其他原因",
    },
    camera: "请将摄像头对准二维码。", noCode: "图片中未找到二维码。", noCamera: "无法使用摄像头。",
  },
};
const STATES_ZH = {
  active: "有效", suspended: "暂停", withdrawn: "撤销", terminated: "注销", annulled: "自始无效", superseded: "已被取代", none: "无",
};
// What may stand between facts.
const BETWEEN = /^(?:[\s,()]|model|型号|GTIN|to|至|and|more|另有|种)*$/;
const CODES = { good: "✓", open: "?", bad: "✗" };

const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
const texts = TEXTS[language];
const element = (id) => document.getElementById(id);

function read(origin) {
  try {
    return JSON.parse(localStorage.getItem(`greenlane ${origin}`));
  } catch {
    return null;
  }
}

function keep(origin, tree) {
  try {
    localStorage.setItem(`greenlane ${origin}`, JSON.stringify(tree));
  } catch {
    // A browser that keeps nothing sees every visit as the first.
  }
}

function tell(steps, outcome, words) {
  const item = document.createElement("li");
  item.className = outcome;
  const mark = document.createElement("span");
  mark.className = "mark";
  mark.textContent = CODES[outcome];
  mark.setAttribute("role", "img");
  mark.setAttribute("aria-label", texts.mark[outcome]);
  const said = document.createElement("span");
  said.textContent = words;
  item.append(mark, said);
  steps.append(item);
}

function conclude(section, outcome) {
  section.dataset.result = outcome;
  const result = element("proof-result");
  result.className = outcome;
  result.textContent = texts[outcome];
}

/** What the evidence contradicts must not stand at the head of the page as if it did not. */
function withdraw() {
  const title = element("verdict-title");
  const meaning = document.createElement("p");
  meaning.textContent = texts.bad;
  title.textContent = texts.refused;
  element("verdict").className = "verdict bad";
  element("verdict").replaceChildren(title, meaning);
  document.title = texts.refused;
}

/** What the page says: what is marked by name and text, and whether words stand beside the marks. */
function claims(section) {
  const { name, version, state, date, authentic } = section.dataset;
  const read = (nodes) => Array.from(nodes, (node) => [node.dataset.fact, node.textContent]);
  const marked = [...document.querySelectorAll("[data-fact]")];
  const products = [...document.querySelectorAll("[data-product]")];
  const facts = read(marked.filter((node) => !node.closest("[data-product]")));
  const one = (entry) => document.querySelector(`[data-entry="${entry}"]`)?.textContent ?? null;
  const keyOf = (record, isIt) => Object.keys(record).filter((key) => isIt(record[key]));
  const title = element("verdict-title").textContent;
  const reason = one("reason");
  return {
    name, version: Number(version), state, date, isAuthentic: authentic === "yes",
    // The number is grouped for people.
    facts: facts.map(([fact, text]) => [fact, fact === "number" ? text.replaceAll("-", "") : text]),
    products: products.map((product) => read(product.querySelectorAll("[data-fact]"))),
    hasMore: hasMore(element("facts")),
    titled: keyOf(texts.titles, (titles) => titles.includes(title)).flatMap((found) => found === "any" ? state : found),
    since: one("since"),
    reason: reason === null ? null : keyOf(texts.reasons, (words) => words === reason)[0] ?? "",
  };
}

function hasMore(facts) {
  const rest = facts.cloneNode(true);
  rest.querySelectorAll("h2, dt, [data-fact]").forEach((node) => node.remove());
  return !BETWEEN.test(rest.textContent);
}

function words(step, shown) {
  if (step.missing) return texts.missing;
  if (step.copy) return texts.copy[step.copy];
  if (step.older) return texts.older;
  if (step.good === null) return texts.unsupported[step.step];
  const state = language === "zh" ? STATES_ZH[step.state] : step.state;
  return texts.steps[step.step]({ ...step, state, days: texts.days[shown] ?? "" });
}

async function prove(section) {
  const steps = element("steps");
  element("proof-result").textContent = texts.checking;
  if (!globalThis.crypto?.subtle) return conclude(section, "insecure");
  const { origin } = section.dataset;
  const remembered = read(origin);
  const address = new URL(section.dataset.proof, location.href);
  if (remembered) address.searchParams.set("from", remembered.size);
  let proof;
  try {
    const answer = await fetch(address, { cache: "no-store", credentials: "omit" });
    if (!answer.ok) return conclude(section, "none");
    proof = await answer.json();
  } catch {
    return conclude(section, "none");
  }
  const presented = element("presented")?.value || proof.document || null;
  let isOpen = false;
  try {
    for await (const step of check(proof, claims(section), presented, remembered)) {
      if (step.step === "remember") {
        if (!remembered || step.tree.size >= remembered.size) keep(origin, step.tree);
        continue;
      }
      isOpen ||= step.good === null;
      tell(steps, step.good ? "good" : "open", words(step, section.dataset.state));
    }
  } catch (refusal) {
    tell(steps, "bad", texts.why[refusal.message] ?? texts.why.malformed);
    withdraw();
    return conclude(section, "bad");
  }
  conclude(section, isOpen ? "open" : "good");
}

function submit(text) {
  element("text").value = text.trim();
  element("question").requestSubmit();
}

// The browser's own reader of QR codes, or ours, which is fetched when it is first needed.
async function reader() {
  const formats = "BarcodeDetector" in window ? await BarcodeDetector.getSupportedFormats().catch(() => []) : [];
  const { BarcodeDetector: Reader } = formats.includes("qr_code") ? window : await import("./qr.js");
  return new Reader({ formats: ["qr_code"] });
}

async function readFile(file) {
  const status = element("reader-status");
  if (!file.type.startsWith("image/")) return submit(await file.text());
  try {
    const [found] = await (await reader()).detect(await createImageBitmap(file));
    if (found) return submit(found.rawValue);
  } catch {
    // Not a picture.
  }
  status.textContent = texts.noCode;
}

async function watch() {
  const [status, video, stop] = [element("reader-status"), element("viewfinder"), element("camera-stop")];
  let detector, stream;
  try {
    detector = await reader();
    // Offline codes are dense.
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1920 } } });
  } catch {
    status.textContent = texts.noCamera;
    return;
  }
  const end = () => {
    stream.getTracks().forEach((track) => track.stop());
    stream = null;
    video.hidden = stop.hidden = true;
    element("camera").hidden = false;
    status.textContent = "";
    element("camera").focus();
  };
  stop.onclick = end;
  video.srcObject = stream;
  video.hidden = stop.hidden = false;
  element("camera").hidden = true;
  status.textContent = texts.camera;
  await video.play();
  stop.focus();
  while (stream) {
    const [found] = await detector.detect(video).catch(() => []);
    if (found && stream) {
      end();
      return submit(found.rawValue);
    }
    await new Promise((again) => setTimeout(again, 200));
  }
}

function offerReaders() {
  const file = element("file");
  element("readers").hidden = false;
  file.onchange = () => file.files[0] && readFile(file.files[0]);
  // Browsers give the camera to pages over HTTPS only.
  if (navigator.mediaDevices) {
    element("camera").hidden = false;
    element("camera").onclick = watch;
  }
}

if (element("question")) offerReaders();
const section = element("proof");
if (section) prove(section);
