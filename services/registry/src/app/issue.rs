//! Granting a certificate: the number, the document, and who signs it.

use std::sync::Arc;

use greenlane_credential::{CertificateNumber as NewNumber, Prefix, Presented, SignDocumentError, payload};
use greenlane_jose::Signer;
use greenlane_platform::fault::Fault;

use super::document::{self, Document};
use super::files::{BodyFile, public_key};
use super::registry::Registry;
use crate::domain::command::Grant;
use crate::domain::content::Content;
use crate::domain::key::{Custody, Key, KeyStanding};
use crate::domain::names::{BodyId, CertificateNumber};

/// How the document comes to be signed.
#[derive(Clone, Debug)]
pub(crate) enum Signing {
    /// By the newest key that the registry holds for the body.
    Newest,
    /// By this key, which the registry holds for the body.
    Key(String),
    /// The body has signed it.
    Document(Document),
}

/// A certificate to be issued.
#[derive(Clone, Debug)]
pub(crate) struct IssueOrder {
    pub(crate) body: BodyId,
    pub(crate) content: Content,
    pub(crate) signing: Signing,
    pub(crate) actor: String,
}

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
}

impl Registry {
    /// The grant that an order asks for, its document signed and checked.
    pub(crate) async fn prepare_grant(&self, order: IssueOrder) -> Result<Grant, Fault> {
        let file = self.body_file(&order.body).await?;
        let (number, document, key) = self.document(&file, &order.content, None, order.signing)?;
        let content_json = crate::store::rows::json(&order.content);
        Ok(Grant {
            number,
            body: order.body,
            content: Arc::new(order.content),
            content_json,
            document_sha256: document.sha256,
            document: document.text,
            key,
            actor: order.actor,
        })
    }

    /// The document of a version, signed and checked, with its number and the key that signed.
    pub(super) fn document(
        &self,
        file: &BodyFile,
        content: &Content,
        next: Option<&Next>,
        signing: Signing,
    ) -> Result<(CertificateNumber, Document, String), Fault> {
        match signing {
            Signing::Newest => {
                let (key, signer) = self.newest_key(file)?;
                self.sign(file, content, next, key, &signer)
            }
            Signing::Key(id) => {
                let key = registered(file, &id, "signing_key")?;
                let signer = self.held(key)?;
                self.sign(file, content, next, key, &signer)
            }
            Signing::Document(document) => self.accept(file, content, next, document),
        }
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
        let Next { number, version } = next.cloned().unwrap_or_else(|| Next::first(new_number(&file)));
        let certificate = document::certificate(&self.public_url, &number, version, &file.body, content);
        let payload = payload(&certificate).map_err(Fault::internal)?;
        let header = serde_json::json!({
            "alg": key.record.algorithm, "cty": "vc", "kid": key.record.verification_method, "typ": "vc+jwt",
        });
        let header = greenlane_jose::canonical::to_vec(&header).map_err(Fault::internal)?;
        let signing_input = format!("{}.{}", greenlane_jose::b64::encode(header), greenlane_jose::b64::encode(payload));
        Ok(Prepared { number, signing_input })
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
        usable
            .find_map(|key| Some((key, self.keyring.signer(&key.record.id)?)))
            .ok_or_else(|| Fault::no_signing_key(file.body.record.id.name()))
    }

    fn held(&self, key: &Key) -> Result<Arc<dyn Signer>, Fault> {
        if key.record.custody != Custody::Registry {
            return Err(Fault::invalid("signing_key", "is held by the body itself: send the document as it signed it"));
        }
        let signer = self.keyring.signer(&key.record.id);
        match signer.filter(|_| key.standing_at(self.clock.now()) == KeyStanding::Good) {
            Some(signer) => Ok(signer),
            None => Err(Fault::no_signing_key(key.record.body.name())),
        }
    }

    fn sign(
        &self,
        file: &BodyFile,
        content: &Content,
        next: Option<&Next>,
        key: &Key,
        signer: &Arc<dyn Signer>,
    ) -> Result<(CertificateNumber, Document, String), Fault> {
        let Next { number, version } = next.cloned().unwrap_or_else(|| Next::first(new_number(file)));
        let certificate = document::certificate(&self.public_url, &number, version, &file.body, content);
        let document = document::sign(&certificate, signer).map_err(|error| match error {
            SignDocumentError::Build(error) => Fault::invalid("content", error.to_string()),
            SignDocumentError::Sign(error) => Fault::internal(error),
        })?;
        Ok((number, document, key.record.id.clone()))
    }

    /// Checks a document that the body has signed: it must state the very facts of the order, and be signed by a key of
    /// the body that may sign now.
    fn accept(
        &self,
        file: &BodyFile,
        content: &Content,
        next: Option<&Next>,
        document: Document,
    ) -> Result<(CertificateNumber, Document, String), Fault> {
        let refuse = |why: String| Fault::invalid("signed_document", why);
        let read = Presented::read(&document.text).map_err(|error| refuse(error.to_string()))?;
        let number = NewNumber::parse(&read.certificate().number).map_err(|error| refuse(error.to_string()))?;
        let stated = Next::first(CertificateNumber::trusted(number.as_str()));
        let Next { number, version } = next.cloned().unwrap_or(stated);
        let expected = document::certificate(&self.public_url, &number, version, &file.body, content);
        let stated = read.certificate();
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
        let id = key.record.id.clone();
        Ok((number, document, id))
    }
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
    } else {
        "what the registry would state"
    }
}

/// A key of the body; `field` is to blame when there is none.
fn registered<'f>(file: &'f BodyFile, id: &str, field: &str) -> Result<&'f Key, Fault> {
    let key = file.keys.iter().find(|key| key.record.id == id);
    key.ok_or_else(|| Fault::not_found(file.body.record.id.key_name(id)).with_violation(field, "is not registered"))
}

/// A fresh number under the letters of the body's economy.
fn new_number(file: &BodyFile) -> CertificateNumber {
    // A bloc's code may be longer than two letters: then its first two stand for it.
    let letters: String = file.body.record.economy.chars().filter(char::is_ascii_uppercase).take(2).collect();
    let prefix = Prefix::new(&letters).or_else(|_| Prefix::new("XX")).expect("XX is two letters");
    CertificateNumber::trusted(NewNumber::generate(prefix).as_str())
}
