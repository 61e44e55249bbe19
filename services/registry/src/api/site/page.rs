//! The page for everybody: is this certificate genuine, and does it count? By number, by the address or text of its QR
//! code, or by its document, without an account. The answer is plain HTML; a browser that runs the page's scripts proves
//! it for itself, from what [`proof`] serves.
//!
//! The page is for strangers, and any number can be read in the public log. So it shows what its configuration allows
//! ([`Shows`]), by default what a directory of certified products names (ISO/IEC 17065:2012, 7.8), and never confidential
//! fields, quantities, serials, sites, measurements, remarks, or what a body wrote about a step.

mod facts;
mod proof;
mod rate;
mod render;
mod words;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use greenlane_credential::{CertificateNumber as Checked, OFFLINE_PREFIX, from_offline};
use greenlane_platform::server::Trusted;
use greenlane_store::StoreError;
use http::{HeaderValue, Method, Request, StatusCode, header};

use self::rate::{Network, RateLimit};
use self::words::Language;
use super::{Answer, FOR_A_MINUTE, found, say_later, status, status::unescape, tell};
use crate::app::document::Document;
use crate::app::log::LogWriter;
use crate::app::read::Reader;
use crate::app::verify::{AsOf, Question, Subject, Verdict, Verifier, VerifyError};
use crate::config::{PageConfig, Shows};
use crate::domain::body::BodyRecord;
use crate::domain::content::Content;
use crate::domain::names::CertificateNumber;

/// The page.
pub(crate) struct Page {
    reader: Reader,
    log: Arc<LogWriter>,
    verifier: Arc<Verifier>,
    shows: Shows,
    visitors: Visitors,
}

/// What somebody asked.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Number(CertificateNumber),
    Document(String),
    /// Nothing that can be looked up, and why.
    Wrong(&'static str),
}

/// An answer, as far as the page may show it.
struct Answered {
    verdict: Verdict,
    /// Of a genuine certificate that is known.
    facts: Option<Facts>,
    /// The document that was asked about.
    presented: Option<String>,
}

struct Facts {
    /// The issuer's name, as the document states it.
    issuer: String,
    /// As it is registered now.
    body: Option<BodyRecord>,
    content: Arc<Content>,
    /// What was presented is not the document that the log names, but a copy that states the same.
    is_copied: bool,
}

/// Everything comes from here, nothing is framed, and nothing inline runs.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self' blob:; connect-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
);

/// Bytes of a question that stands in the form again when it has no answer, to be put right: a number or an address.
const TYPED: usize = 128;

const ASSETS: [(&str, &str, &[u8]); 5] = [
    ("verify.js", "text/javascript; charset=utf-8", include_bytes!("page/assets/verify.js")),
    ("proof.js", "text/javascript; charset=utf-8", include_bytes!("page/assets/proof.js")),
    ("qr.js", "text/javascript; charset=utf-8", include_bytes!("page/assets/qr.js")),
    ("verify.css", "text/css; charset=utf-8", include_bytes!("page/assets/verify.css")),
    ("icon.svg", "image/svg+xml", include_bytes!("page/assets/icon.svg")),
];

/// Our proxies, of a configuration that [`Page::new`] found good.
fn proxies(config: &PageConfig) -> Vec<Network> {
    config.trusted_proxies.iter().filter_map(|text| Network::parse(text).ok()).collect()
}

/// Which addresses are proxies of ours.
pub(crate) fn trusted(config: &PageConfig) -> Trusted {
    let proxies = proxies(config);
    Arc::new(move |address| proxies.iter().any(|network| network.contains(address.to_canonical())))
}

/// An allowance for each visitor.
pub(crate) struct Visitors {
    limit: RateLimit,
    proxies: Vec<Network>,
}

impl Visitors {
    pub(crate) fn new(config: &PageConfig, per_minute: u32) -> Self {
        Self { limit: RateLimit::new(per_minute), proxies: proxies(config) }
    }

    /// Takes one from the allowance of whoever asks.
    pub(super) fn take(&self, request: &Request<Bytes>) -> Result<(), Duration> {
        // Whoever cannot be told apart shares one allowance.
        let peer = request.extensions().get::<SocketAddr>().map_or(IpAddr::from([0; 4]), SocketAddr::ip);
        let forwarded = request.headers().get_all("x-forwarded-for").iter().next_back();
        let forwarded = forwarded.and_then(|value| value.to_str().ok());
        self.limit.take(rate::client(peer, forwarded, &self.proxies))
    }
}

impl Page {
    /// The page of a registry; none when it is switched off.
    ///
    /// # Errors
    /// When a proxy's address is none.
    pub(crate) fn new(
        config: &PageConfig,
        reader: Reader,
        log: Arc<LogWriter>,
        verifier: Arc<Verifier>,
    ) -> Result<Option<Self>, String> {
        config.trusted_proxies.iter().try_for_each(|text| Network::parse(text).map(drop))?;
        let visitors = Visitors::new(config, config.requests_per_minute);
        let page = Self { reader, log, verifier, shows: config.shows, visitors };
        Ok(Some(page).filter(|page| page.shows != Shows::Nothing))
    }

    /// Answers what is the page's; none for other paths. `base` is what all paths begin with.
    pub(super) async fn answer(
        &self,
        base: &str,
        path: &str,
        request: &Request<Bytes>,
    ) -> Option<Result<Answer, StoreError>> {
        let reading = matches!(*request.method(), Method::GET | Method::HEAD);
        if let Some(name) = path.strip_prefix("/assets/").filter(|_| reading) {
            let (_, kind, bytes) = ASSETS.iter().find(|(known, ..)| *known == name)?;
            return Some(Ok(found(kind, FOR_A_MINUTE, Bytes::from_static(bytes))));
        }
        let query = request.uri().query().unwrap_or_default();
        let form = if reading { query } else { std::str::from_utf8(request.body()).unwrap_or_default() };
        let number = path.strip_prefix("/certificates/").filter(|_| reading);
        let text = match (path, number) {
            ("/" | "", _) if reading => return Some(Ok(see(&format!("{base}/verify")))),
            ("/verify", _) if reading || *request.method() == Method::POST => form_value(form, "text"),
            (_, Some(number)) if number.ends_with("/proof") => {
                let number = number.trim_end_matches("/proof");
                return Some(match self.visitors.take(request) {
                    Ok(()) => self.proof(number, query).await,
                    Err(wait) => Ok(after(status(StatusCode::TOO_MANY_REQUESTS), wait)),
                });
            }
            (_, Some(number)) if !number.contains('/') => Some(unescape(number).unwrap_or_default()),
            _ => return None,
        };
        let typed = text.as_deref().map(str::trim).filter(|text| text.len() <= TYPED).unwrap_or_default();
        let view = render::View { base, language: language(form, request), shows: self.shows, log: &self.log, typed };
        let Some(text) = &text else { return Some(Ok(html(StatusCode::OK, view.question(path, None)))) };
        if let Err(wait) = self.visitors.take(request) {
            return Some(Ok(after(html(StatusCode::TOO_MANY_REQUESTS, view.too_many(path)), wait)));
        }
        let subject = match ask(text, view.language) {
            Asked::Wrong(why) => return Some(Ok(html(StatusCode::BAD_REQUEST, view.question(path, Some(why))))),
            Asked::Number(number) if number_of(path) != Some(number.as_str()) => {
                let to = format!("{base}/certificates/{}?lang={}", number.as_str(), view.language.query());
                return Some(Ok(see(&to)));
            }
            Asked::Number(number) => Subject::Number(number),
            Asked::Document(text) => Subject::Document(Document::presented(&text)),
        };
        Some(Ok(match self.verdict(subject).await {
            Ok(answered) => {
                let known = answered.verdict.number.is_some();
                html(if known { StatusCode::OK } else { StatusCode::NOT_FOUND }, view.answer(path, &answered))
            }
            Err(error) => {
                tell(path, &error);
                say_later(html(StatusCode::SERVICE_UNAVAILABLE, view.later(path)))
            }
        }))
    }

    async fn verdict(&self, subject: Subject) -> Result<Answered, StoreError> {
        let (presented, sha256) = match &subject {
            Subject::Document(document) => (Some(document.whole()), Some(document.sha256)),
            Subject::Number(_) => (None, None),
        };
        let day = self.verifier.clock.today();
        let question = Question { subject, goods: None, day, as_of: AsOf::Latest, balance: false };
        let unreached = |error| match error {
            VerifyError::Store(error) => error,
            VerifyError::RevisionNotReached { .. } => StoreError::Aborted(error.to_string()),
        };
        let at = self.verifier.settle(AsOf::Latest).await.map_err(unreached)?;
        let verdict = self.verifier.verify(&question, at).await.map_err(unreached)?;
        let facts = match &verdict.number {
            Some(number) if render::is_genuine(&verdict) => self.facts(number, &verdict, sha256).await?,
            Some(_) | None => None,
        };
        Ok(Answered { verdict, facts, presented })
    }

    /// `presented` is the hash of what was.
    async fn facts(
        &self,
        number: &CertificateNumber,
        verdict: &Verdict,
        presented: Option<[u8; 32]>,
    ) -> Result<Option<Facts>, StoreError> {
        let (files, store) = (self.reader.published.files(), &self.reader.store);
        let Some(file) = files.certificate(store, number).await? else { return Ok(None) };
        let body = files.body(store, &file.body).await?;
        let version = file.versions.iter().find(|version| version.version == verdict.version);
        Ok(version.map(|version| Facts {
            issuer: version.issuer.clone(),
            body: body.as_ref().map(|body| body.body.record.clone()),
            content: Arc::clone(&version.content),
            is_copied: presented.is_some_and(|presented| presented != version.document_sha256),
        }))
    }
}

/// An answer that tells when to ask again.
pub(super) fn after(mut answer: Answer, wait: Duration) -> Answer {
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
    answer
}

/// What a text asks about: what a QR code holds, or a person types.
fn ask(text: &str, language: Language) -> Asked {
    let text = text.trim();
    if text.is_empty() {
        return Asked::Wrong(language.pick("Enter a number, a link, or a document.", "请输入编号、链接或文件。"));
    }
    if text.starts_with(OFFLINE_PREFIX) {
        return match from_offline(text) {
            Ok(document) => Asked::Document(document),
            Err(_) => Asked::Wrong(
                language.pick("This offline code cannot be read: scan it anew.", "无法读取该离线码，请重新扫描。"),
            ),
        };
    }
    if text.starts_with("ey") && text.contains('.') {
        return Asked::Document(text.to_owned());
    }
    match Checked::parse(Checked::written_in(text)) {
        Ok(number) => Asked::Number(CertificateNumber::trusted(number.as_str())),
        Err(error) => Asked::Wrong(language.number_error(error)),
    }
}

/// The number that a path is the address of.
fn number_of(path: &str) -> Option<&str> {
    path.strip_prefix("/certificates/")
}

fn language(form: &str, request: &Request<Bytes>) -> Language {
    let accepted = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Language::of(form, accepted.unwrap_or_default())
}

/// A field of a form (application/x-www-form-urlencoded).
fn form_value(form: &str, name: &str) -> Option<String> {
    let raw = form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    Some(unescape(&raw.replace('+', " ")).unwrap_or_default())
}

fn see(place: &str) -> Answer {
    let mut answer = status(StatusCode::SEE_OTHER);
    if let Ok(place) = HeaderValue::from_str(place) {
        answer.headers_mut().insert(header::LOCATION, place);
    }
    answer
}

fn html(code: StatusCode, text: String) -> Answer {
    let mut answer = status(code);
    *answer.body_mut() = http_body_util::Full::new(text.into());
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("permissions-policy", HeaderValue::from_static("camera=(self), microphone=(), geolocation=()"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_what_a_code_holds_or_a_person_types() {
        let number = greenlane_credential::CertificateNumber::generate(
            greenlane_credential::Prefix::new("XA").expect("two letters"),
        );
        let known = Asked::Number(CertificateNumber::trusted(number.as_str()));
        let text = number.as_str();
        for asked in [
            text.to_owned(),
            number.grouped().to_lowercase(),
            format!(" certificates/{text} "),
            format!("https://registry.example.org/certificates/{text}?lang=zh"),
            format!("https://registry.example.org/base/certificates/{text}/proof#x"),
            format!("HTTPS://REGISTRY.EXAMPLE.ORG/CERTIFICATES/{text}"),
        ] {
            assert_eq!(ask(&asked, Language::English), known, "{asked}");
        }
        assert_eq!(ask("eyJ.a.b", Language::English), Asked::Document("eyJ.a.b".to_owned()));
        for wrong in ["", "GL1:", "GL1:???", "hello", "certificates/", "<script>"] {
            assert!(matches!(ask(wrong, Language::Chinese), Asked::Wrong(_)), "{wrong}");
        }
        assert_eq!(form_value("a=b&text=x+y%2B&c", "text").as_deref(), Some("x y+"));
        assert_eq!(form_value("text=%zz", "text").as_deref(), Some(""));
        assert_eq!(form_value("textual=1", "text"), None);
    }
}
