//! Which certificates `greenlane certificate list` lists.

use clap::{Args, ValueEnum};
use greenlane_api::{
    common::v1::{CodeReference, ProductIdentification},
    registry::v1::{CertificateFilter, CertificateState, ListCertificatesRequest},
};

use crate::client::{complete::Named, input, render::pages::Limit};

/// Arguments of `greenlane certificate list`. What is given must all hold.
#[derive(Args, Debug)]
pub(crate) struct List {
    /// Issued by this body only, bodies/ID.
    #[arg(value_parser = crate::client::input::parse_body, long, default_value = "", hide_default_value = true, add = Named::Bodies.completer())]
    body: String,
    /// In this state today only. May be repeated: in one of them.
    #[arg(long = "state", value_enum)]
    states: Vec<State>,
    /// The certificate's number begins with this.
    #[arg(long, value_name = "PREFIX", default_value = "", hide_default_value = true)]
    number: String,
    /// The holder's name contains this.
    #[arg(long, default_value = "", hide_default_value = true)]
    holder: String,
    /// Names a product of this model.
    #[arg(long, default_value = "", hide_default_value = true)]
    model: String,
    /// Names a product of this Global Trade Item Number.
    #[arg(long, default_value = "", hide_default_value = true)]
    gtin: String,
    /// Names a product of this code, or of one below it.
    #[arg(long, value_parser = input::parse_code, value_name = "EDITION:CODE")]
    code: Option<CodeReference>,
    /// Of this scheme, schemes/ID.
    #[arg(long, default_value = "", hide_default_value = true, add = Named::Schemes.completer())]
    scheme: String,
    /// With this standard edition, such as "IEC 61215-1:2021".
    #[arg(long, value_name = "EDITION", default_value = "", hide_default_value = true)]
    standard: String,
    /// Valid on this day by its dates.
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    valid_on: String,
    /// Names a product of this batch.
    #[arg(long, default_value = "", hide_default_value = true)]
    batch: String,
    /// Names a product of this serial number.
    #[arg(long, default_value = "", hide_default_value = true)]
    serial: String,
    /// Whose last day of validity is this one or a later one.
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    expires_from: String,
    /// Whose last day of validity is this one or an earlier one.
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    expires_until: String,
    /// Granted on this day or a later one.
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    granted_on_from: String,
    /// Granted on this day or an earlier one.
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    granted_on_until: String,
    /// Granted at this revision or later.
    #[arg(long, value_name = "REVISION", default_value_t = 0, hide_default_value = true)]
    granted_from: u64,
    /// With this number of the body's own.
    #[arg(long, default_value = "", hide_default_value = true)]
    reference: String,
    #[command(flatten)]
    pub(super) limit: Limit,
}

/// A certificate's state.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    Active,
    Suspended,
    Withdrawn,
    Terminated,
    Annulled,
    Superseded,
    Expired,
    NotYetValid,
}

impl From<State> for CertificateState {
    fn from(state: State) -> Self {
        match state {
            State::Active => Self::Active,
            State::Suspended => Self::Suspended,
            State::Withdrawn => Self::Withdrawn,
            State::Terminated => Self::Terminated,
            State::Annulled => Self::Annulled,
            State::Superseded => Self::Superseded,
            State::Expired => Self::Expired,
            State::NotYetValid => Self::NotYetValid,
        }
    }
}

impl List {
    /// The request.
    pub(super) fn request(self) -> ListCertificatesRequest {
        let product =
            ProductIdentification { gtin: self.gtin, model: self.model, batch: self.batch, serial: self.serial };
        let filter = CertificateFilter {
            body: self.body,
            states: self.states.into_iter().map(|state| CertificateState::from(state).into()).collect(),
            holder: self.holder,
            product: (product != ProductIdentification::default()).then_some(product),
            code: self.code,
            scheme: self.scheme,
            standard_edition: self.standard,
            valid_on: self.valid_on,
            body_reference: self.reference,
            expires_from: self.expires_from,
            expires_until: self.expires_until,
            granted_from_revision: self.granted_from,
            granted_on_from: self.granted_on_from,
            granted_on_until: self.granted_on_until,
            number_prefix: self.number,
        };
        ListCertificatesRequest { filter: Some(filter), ..Default::default() }
    }
}
