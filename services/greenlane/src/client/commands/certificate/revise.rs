//! Steps that make a new version.

use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, ValueEnum};
use greenlane_api::registry::v1::{
    AmendCertificateRequest, AmendmentKind, RenewCertificateRequest, amend_certificate_request,
    issue_certificate_request::Signing, renew_certificate_request,
};
use prost_types::FieldMask;

use super::{
    name, signing,
    step::{Effect, Reason, Why},
};
use crate::client::{Session, exit::Usage};

/// How the new document comes to be signed.
#[derive(Args, Debug)]
pub(crate) struct Signed {
    /// Which of the keys that the registry holds for the body signs, bodies/ID/keys/ID [default: the newest].
    #[arg(long, value_name = "KEY")]
    signing_key: Option<String>,
    /// A file with the document as the body signed it: the signing input of `prepare`, a dot, and the signature.
    #[arg(long, value_name = "FILE", conflicts_with = "signing_key")]
    signed_document: Option<PathBuf>,
}

/// Arguments of `greenlane certificate amend`.
#[derive(Args, Debug)]
pub(crate) struct Amend {
    #[command(flatten)]
    why: Why,
    /// What the amendment does.
    #[arg(long, value_enum)]
    kind: Kind,
    /// A file with the fields of greenlane.registry.v1.CertificateContent that change, each whole, as YAML or JSON; `-`
    /// is stdin. What the file does not name stays. Needed, but with `--kind correct --reason key-compromise`: the
    /// certificate is then signed again as it is.
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    effect: Effect,
    #[command(flatten)]
    signed: Signed,
}

/// Arguments of `greenlane certificate renew`.
#[derive(Args, Debug)]
pub(crate) struct Renew {
    #[command(flatten)]
    why: Why,
    /// The new last day.
    #[arg(long, value_name = "YYYY-MM-DD")]
    valid_until: String,
    /// Who authorised it.
    #[arg(long, value_name = "WHO")]
    authorised_by: String,
    #[command(flatten)]
    signed: Signed,
}

/// What an amendment does.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// More than before is certified.
    Extend,
    /// Less than before is certified.
    Reduce,
    /// The record is corrected; what is certified stays, unless the reason is a mistake.
    Correct,
}

impl From<Kind> for AmendmentKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Extend => Self::ExtendScope,
            Kind::Reduce => Self::ReduceScope,
            Kind::Correct => Self::Correct,
        }
    }
}

impl Amend {
    pub(super) fn request(self, session: &Session) -> anyhow::Result<AmendCertificateRequest> {
        use amend_certificate_request::Signing as S;
        let signs_again = matches!(self.kind, Kind::Correct) && matches!(self.why.reason, Reason::KeyCompromise);
        let (content, paths) = match &self.file {
            Some(file) => session.read_fields(file, "content")?,
            None if signs_again => Default::default(),
            None => bail!(Usage("name with --file what changes".to_owned())),
        };
        let signing = signing(self.signed.signing_key, self.signed.signed_document)?;
        Ok(AmendCertificateRequest {
            request_id: session.request_id(&self.why.mutation),
            validate_only: self.why.mutation.dry_run,
            name: name(&self.why.certificate),
            kind: AmendmentKind::from(self.kind).into(),
            content: Some(content),
            update_mask: Some(FieldMask { paths }),
            reason: self.why.reason.code(),
            reason_text: self.why.text,
            effective_time: self.effect.effective,
            etag: self.why.etag,
            promise: self.why.promise.code(),
            witnesses: self.why.promise.witnesses(),
            signing: signing.map(|signing| match signing {
                Signing::SigningKey(key) => S::SigningKey(key),
                Signing::SignedDocument(document) => S::SignedDocument(document),
            }),
        })
    }
}

impl Renew {
    pub(super) fn request(self, session: &Session) -> anyhow::Result<RenewCertificateRequest> {
        use renew_certificate_request::Signing as S;
        let signing = signing(self.signed.signing_key, self.signed.signed_document)?;
        Ok(RenewCertificateRequest {
            request_id: session.request_id(&self.why.mutation),
            validate_only: self.why.mutation.dry_run,
            name: name(&self.why.certificate),
            valid_until: self.valid_until,
            authorised_by: self.authorised_by,
            reason: self.why.reason.code(),
            reason_text: self.why.text,
            etag: self.why.etag,
            promise: self.why.promise.code(),
            witnesses: self.why.promise.witnesses(),
            signing: signing.map(|signing| match signing {
                Signing::SigningKey(key) => S::SigningKey(key),
                Signing::SignedDocument(document) => S::SignedDocument(document),
            }),
        })
    }
}
