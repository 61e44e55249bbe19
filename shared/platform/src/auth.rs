//! Who calls, and what they may do.
//!
//! A bearer token is checked once by the [`Authenticator`] and becomes a [`Caller`]; the [`AuthorizationTable`] says
//! which scope each method needs, and denies what it does not name; the [`AuthLayer`] applies both before any handler
//! runs. Scopes say *what* a caller may do, the claims `body` and `economy` say *for whom*: the handler compares those
//! with the resource at hand ([`Caller::must_be_body`], [`Caller::must_be_economy`]). A token that is bound to a client's
//! certificate (RFC 8705) is good on connections of that certificate alone.

mod authenticator;
mod caller;
mod certificate;
mod coverage;
mod fetch;
mod keys;
mod layer;
mod rules;
mod settings;
mod token;

pub mod issuer;
#[cfg(test)]
mod testing;

pub use authenticator::{AuthSetupError, Authenticator};
pub use caller::{Caller, SCOPES};
pub use certificate::CertificateThumbprint;
pub use coverage::methods_of;
pub(crate) use layer::EndAfter;
pub use layer::{AuthLayer, AuthService, Role};
pub use rules::{Access, AuthorizationTable, INFRASTRUCTURE_RULES, Rule, RuleError};
pub use settings::{AuthConfig, IssuerConfig, JwksSource};
