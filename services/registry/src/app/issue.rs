//! Granting a certificate: the number, the document, and who signs it.

use std::sync::Arc;

use greenlane_credential::{CertificateNumber as NewNumber, Prefix, Presented, SignDocumentError, media_type, payload};
use greenlane_jose::Signer;
use greenlane_platform::fault::Fault;

use super::document::{self, Document};
use super::files::{BodyFile, public_key};
use super::mutation::WriteError;
use super::registry::{MutationId, Outcome, Registry};
use crate::domain::certificate::Version;
use crate::domain::command::{Command, Grant, Refusal};
use crate::domain::content::Content;
use crate::domain::key::{Custody, Key, KeyStanding};
use crate::domain::names::{BodyId, CertificateNumber};
use crate::domain::status::Slot;
use crate::store::rows;

/// How the document comes to be signed.
#[derive(Clone, Debug)]
pub(crate) enum Signing {
    /// By the newest key that the registry holds for the body.
    Newest,
    /// Likewise, and then dropped: it needs no place of its own in the status lists.
    Trial,
    /// By this key, which the registry holds for the body.
    Key(String),
    /// The body has signed it.
    Document(Document),
}

/// A certificate to be issued.
#[derive(Clone, Debug)]
pub(crate) struct IssueOrder {
    pub(crate) body: BodyId,
    pub(crate) content: Arc<Content>,
    pub(crate) signing: Signing,
    pub(crate) actor: String,
}

/// A document, signed and checked.
pub(super) struct Signed {
    pub(super) number: CertificateNumber,
    pub(super) document: Document,
    pub(super) disclosures: Vec<String>,
    pub(super) status: Slot,
    /// Identifier of the key that signed.
    pub(super) key: String,
}

/// How often a document is made anew because another one was given its place in the status list meanwhile.
const ATTEMPTS: u32 = 8;

/// The version that a document is to be of, when it is not the first of a new certificate.
#[derive(Clone, Debug)]
pub(crate) struct Next {
    pub(crate) number: CertificateNumber,
    pub(crate) version: u32,
}

impl Next {
    fn first(number: CertificateNumber) -> Self {
        Self { number, version: 1 }
    }
}

/// What a body that signs itself is to sign.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub(crate) number: CertificateNumber,
    pub(crate) signing_input: String,
    pub(crate) disclosures: Vec<String>,
}

impl Registry {
    /// Grants a certificate, or only checks whether it could be.
    pub(crate) async fn grant(&self, order: IssueOrder, id: MutationId, validate_only: bool) -> Result<Outcome, Fault> {
        // A document that the body has signed stays in the place that it names.
        let attempts = if matches!(order.signing, Signing::Document(_)) { 1 } else { ATTEMPTS };
        let mut attempt = 1;
        loop {
            let grant = match self.prepare_grant(order.clone()).await {
                Ok(grant) => grant,
                Err(refused) => return self.unless_done_before(&id, refused).await,
            };
            match self.perform(id.clone().wants(Command::Grant(Box::new(grant))), validate_only).await {
                Err(WriteError::Refused(Refusal::StatusIndexTaken)) if attempt < attempts => {
                    self.slots.doubt(&order.body);
                    attempt += 1;
                }
                done => return Ok(done?),
            }
        }
    }

    /// The grant that an order asks for, its document signed and checked.
    pub(crate) async fn prepare_grant(&self, order: IssueOrder) -> Result<Grant, Fault> {
        let file = self.body_file(&order.body).await?;
        let is_made_here = !matches!(order.signing, Signing::Document(_));
        let Signed { number, document, disclosures, status, key } =
            self.document(&file, &order.content, None, order.signing).await?;
        let bytes = rows::version_bytes(&order.content, &document.text, document.packed).into();
        Ok(Grant {
            number,
            is_made_here,
            body: order.body,
            content: order.content,
            bytes,
            document_sha256: document.sha256,
            document: document.text.into(),
            disclosures,
            status,
            key,
            actor: order.actor,
        })
    }

    /// The document of a version, signed and checked.
    pub(super) async fn document(
        &self,
        file: &BodyFile,
        content: &Content,
        next: Option<&Next>,
        signing: Signing,
    ) -> Result<Signed, Fault> {
        let is_dropped = matches!(signing, Signing::Trial);
        let (key, signer) = match signing {
            Signing::Newest | Signing::Trial => self.newest_key(file)?,
            Signing::Key(id) => {
                let key = registered(file, &id, "signing_key")?;
                (key, self.held(key)?)
            }
            Signing::Document(document) => return self.accept(file, content, next, document).await,
        };
        let status = match is_dropped {
            true => Slot { list: 1, index: 0 },
            false => self.slots.next(&self.store, &file.body.record.id).await?,
        };
        self.sign(file, content, next, status, key, &signer)
    }

    /// The number and the payload for a body that signs itself with this key.
    pub(crate) async fn prepare_document(
        &self,
        body: &BodyId,
        content: &Content,
        key: &str,
        next: Option<&Next>,
    ) -> Result<Prepared, Fault> {
        let file = self.body_file(body).await?;
        let key = registered(&file, key, "key")?;
        if key.standing_at(self.clock.now()) != KeyStanding::Good {
            return Err(Fault::no_signing_key(body.name()));
        }
        let Next { number, version } = next.cloned().unwrap_or_else(|| self.new_number(&file));
        let status = self.slots.next(&self.store, body).await?;
        let (sealed, disclosures) = document::seal(content);
        let certificate =
            document::certificate(&self.public_url, &number, version, &file.body, content, status, sealed);
        let payload = payload(&certificate).map_err(Fault::internal)?;
        let header = serde_json::json!({
            "alg": key.record.algorithm,
            "cty": "vc",
            "kid": key.record.verification_method,
            "typ": media_type(&certificate),
        });
        let header = greenlane_jose::canonical::to_vec(&header).map_err(Fault::internal)?;
        let signing_input = format!("{}.{}", greenlane_jose::b64::encode(header), greenlane_jose::b64::encode(payload));
        Ok(Prepared { number, signing_input, disclosures })
    }

    /// The document of a version in W3C's profile, signed by the key that signed the version, or by the newest when that
    /// one signs no more.
    pub(crate) async fn restate(&self, body: &BodyId, version: &Version) -> Result<String, Fault> {
        let file = self.body_file(body).await?;
        let same = file.keys.iter().find(|key| key.record.id == version.key).and_then(|key| self.held(key).ok());
        let signer = match same {
            Some(signer) => signer,
            None => self.newest_key(&file)?.1,
        };
        document::restate(&version.document, &signer).map_err(Fault::internal)
    }

    /// A body's record and keys; `NOT_FOUND` when it is not registered.
    pub(crate) async fn body_file(&self, body: &BodyId) -> Result<Arc<BodyFile>, Fault> {
        let file = self.published.files().body(&self.store, body).await?;
        file.ok_or_else(|| Fault::not_found(body.name()))
    }

    /// The newest key that may sign now and that this registry holds.
    pub(crate) fn newest_key<'f>(&self, file: &'f BodyFile) -> Result<(&'f Key, Arc<dyn Signer>), Fault> {
        let now = self.clock.now();
        let mut usable = file
            .keys
            .iter()
            .rev()
            .filter(|key| key.record.custody == Custody::Registry && key.standing_at(now) == KeyStanding::Good);
        let first = usable.clone().next();
        usable.find_map(|key| Some((key, self.keyring.signer(&key.record.id)?))).ok_or_else(|| match first {
            Some(key) => without_file(key),
            None => Fault::no_signing_key(file.body.record.id.name()),
        })
    }

    /// The first version under a fresh number, with the letters of the body's economy.
    fn new_number(&self, file: &BodyFile) -> Next {
        Next::first(self.numbers.next(prefix_of(file)))
    }

    fn held(&self, key: &Key) -> Result<Arc<dyn Signer>, Fault> {
        if key.record.custody != Custody::Registry {
            return Err(Fault::invalid("signing_key", "is held by the body itself: send the document as it signed it"));
        }
        if key.standing_at(self.clock.now()) != KeyStanding::Good {
            return Err(Fault::no_signing_key(key.record.body.name()));
        }
        self.keyring.signer(&key.record.id).ok_or_else(|| without_file(key))
    }

    fn sign(
        &self,
        file: &BodyFile,
        content: &Content,
        next: Option<&Next>,
        status: Slot,
        key: &Key,
        signer: &Arc<dyn Signer>,
    ) -> Result<Signed, Fault> {
        let Next { number, version } = next.cloned().unwrap_or_else(|| self.new_number(file));
        let (sealed, disclosures) = document::seal(content);
        let certificate =
            document::certificate(&self.public_url, &number, version, &file.body, content, status, sealed);
        let document = document::sign(&certificate, signer).map_err(|error| match error {
            SignDocumentError::Build(error) => Fault::invalid("content", error.to_string()),
            SignDocumentError::Sign(error) => Fault::internal(error),
        })?;
        Ok(Signed { number, document, disclosures, status, key: key.record.id.clone() })
    }

    /// Checks a document that the body has signed: it must state the very facts of the order, and be signed by a key of
    /// the body that may sign now.
    async fn accept(
        &self,
        file: &BodyFile,
        content: &Content,
        next: Option<&Next>,
        document: Document,
    ) -> Result<Signed, Fault> {
        let body = &file.body.record.id;
        let newest = self.slots.newest(&self.store, body).await?;
        let refuse = |why: String| Fault::invalid("signed_document", why);
        let whole = document.whole();
        let read = Presented::read(&whole).map_err(|error| refuse(error.to_string()))?;
        let number = NewNumber::parse(&read.certificate().number).map_err(|error| refuse(error.to_string()))?;
        if next.is_none() && number.prefix() != prefix_of(file) {
            return Err(refuse(format!(
                "its number does not begin with GL{}, as those of its body do",
                letters_of(file)
            )));
        }
        let stated = Next::first(CertificateNumber::trusted(number.as_str()));
        let Next { number, version } = next.cloned().unwrap_or(stated);
        let stated = read.certificate();
        let status = stated.status.as_ref().and_then(|entry| document::slot(&self.public_url, body, entry));
        // No list has the number 0: then it is found below that the document does not state a place.
        let status = status.filter(|slot| slot.list <= newest).unwrap_or(Slot { list: 0, index: 0 });
        let sealed = stated.sealed.clone();
        // Each field that is to be kept back, and nothing else: their salts are to be known here.
        if !sealed.is_whole() || sealed.fields != document::seal(content).0.fields {
            return Err(refuse(
                "does not come with a disclosure for each confidential field that has a value".to_owned(),
            ));
        }
        let expected = document::certificate(&self.public_url, &number, version, &file.body, content, status, sealed);
        if *stated != expected {
            return Err(refuse(format!("does not state {}", difference(stated, &expected))));
        }
        // Members that stand beside the facts would be issued with them.
        let payload = payload(&expected).map_err(Fault::internal)?;
        if document.text.split('.').nth(1) != Some(greenlane_jose::b64::encode(payload).as_str()) {
            return Err(refuse(
                "its payload is not, byte for byte, the one that is prepared for these facts".to_owned(),
            ));
        }
        let key = file.keys.iter().find(|key| key.record.id == read.key().key);
        let key = key.ok_or_else(|| refuse("names a key that is not registered for the body".to_owned()))?;
        let public = public_key(key).ok_or_else(|| Fault::internal("a registered key cannot be read"))?;
        read.verify(&public).map_err(|_| refuse("its signature is not by the key that it names".to_owned()))?;
        if key.standing_at(self.clock.now()) != KeyStanding::Good {
            return Err(Fault::no_signing_key(file.body.record.id.name()));
        }
        let disclosures = read.disclosures().iter().map(|disclosure| disclosure.text().to_owned()).collect();
        let key = key.record.id.clone();
        Ok(Signed { number, document, disclosures, status, key })
    }
}

/// Of a key that may sign, and that this registry cannot use: its file is not there, or is not that key.
fn without_file(key: &Key) -> Fault {
    let body = key.record.body.name();
    let message =
        format!("the registry cannot use the file of the key `{}`, with which it signs for `{body}`", key.name());
    Fault::no_signing_key(body).with_message(message).with_metadata("key", key.name())
}

/// The first thing in which a document differs from the order.
fn difference(
    stated: &greenlane_credential::Certificate,
    expected: &greenlane_credential::Certificate,
) -> &'static str {
    if stated.registry != expected.registry {
        "this registry's address"
    } else if stated.number != expected.number {
        "the certificate's number in its canonical form"
    } else if stated.version != expected.version {
        "the version that it would be"
    } else if stated.issuer != expected.issuer {
        "the body as it is registered"
    } else if stated.facts != expected.facts {
        "the facts of the request"
    } else if stated.status != expected.status {
        "a place in the status lists of the body"
    } else {
        "what the registry would state"
    }
}

/// A key of the body; `field` is to blame when there is none.
fn registered<'f>(file: &'f BodyFile, id: &str, field: &str) -> Result<&'f Key, Fault> {
    let key = file.keys.iter().find(|key| key.record.id == id);
    key.ok_or_else(|| Fault::not_found(file.body.record.id.key_name(id)).with_violation(field, "is not registered"))
}

/// The letters that the numbers of a body's certificates have.
fn prefix_of(file: &BodyFile) -> Prefix {
    Prefix::new(&letters_of(file)).or_else(|_| Prefix::new("XX")).expect("XX is two letters")
}

/// A bloc's code may be longer than two letters: then its first two stand for it.
fn letters_of(file: &BodyFile) -> String {
    file.body.record.economy.chars().filter(char::is_ascii_uppercase).take(2).collect()
}
