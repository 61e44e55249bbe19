//! Which methods there are and what each needs: one table that can be read.

use std::collections::HashMap;

use super::caller::{Caller, SCOPES};
use crate::fault::Fault;

/// What a method needs of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing. A token that is sent is checked all the same.
    Public,
    /// Any valid token.
    Authenticated,
    /// A token with this scope.
    Scope(&'static str),
    /// A token with one of these scopes.
    AnyScope(&'static [&'static str]),
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Full gRPC path: `/greenlane.registry.v1.CertificateService/IssueCertificate`.
    pub method: &'static str,
    /// What it needs.
    pub access: Access,
}

impl Rule {
    /// A method that anyone may call.
    pub const fn public(method: &'static str) -> Self {
        Self { method, access: Access::Public }
    }

    /// A method that anyone with a valid token may call.
    pub const fn authenticated(method: &'static str) -> Self {
        Self { method, access: Access::Authenticated }
    }

    /// A method that needs a scope.
    pub const fn scope(method: &'static str, scope: &'static str) -> Self {
        Self { method, access: Access::Scope(scope) }
    }

    /// A method that needs one of several scopes.
    pub const fn any_scope(method: &'static str, scopes: &'static [&'static str]) -> Self {
        Self { method, access: Access::AnyScope(scopes) }
    }
}

/// Health and reflection: open to anyone, in every service.
pub const INFRASTRUCTURE_RULES: &[Rule] = &[
    Rule::public("/grpc.health.v1.Health/Check"),
    Rule::public("/grpc.health.v1.Health/List"),
    Rule::public("/grpc.health.v1.Health/Watch"),
    Rule::public("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"),
    Rule::public("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"),
];

/// A table that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// A method stands in two rows.
    #[error("two rules for {0}")]
    Duplicate(&'static str),
    /// A row's method is not a full gRPC path.
    #[error("{0} is not a full gRPC path")]
    NotAPath(&'static str),
    /// A row names a scope that does not exist.
    #[error("{0} needs the unknown scope {1}")]
    UnknownScope(&'static str, &'static str),
}

/// What every method needs. A method that is not in it is denied.
#[derive(Clone, Debug, Default)]
pub struct AuthorizationTable {
    rows: HashMap<&'static str, Access>,
}

impl AuthorizationTable {
    /// The table of these rules and no others.
    pub fn new<'r>(rules: impl IntoIterator<Item = &'r Rule>) -> Result<Self, RuleError> {
        let mut rows = HashMap::new();
        for Rule { method, access } in rules {
            if !is_method_path(method) {
                return Err(RuleError::NotAPath(method));
            }
            let scopes: &[&'static str] = match access {
                Access::Public | Access::Authenticated => &[],
                Access::Scope(scope) => std::slice::from_ref(scope),
                Access::AnyScope(scopes) => scopes,
            };
            if let Some(unknown) = scopes.iter().find(|scope| !SCOPES.contains(scope)) {
                return Err(RuleError::UnknownScope(method, unknown));
            }
            if rows.insert(*method, *access).is_some() {
                return Err(RuleError::Duplicate(method));
            }
        }
        Ok(Self { rows })
    }

    /// What a method needs; none when no rule allows it.
    pub fn access(&self, method: &str) -> Option<Access> {
        self.rows.get(method).copied()
    }

    /// All rows, by method.
    pub fn rows(&self) -> Vec<Rule> {
        let mut rows: Vec<_> = self.rows.iter().map(|(method, access)| Rule { method, access: *access }).collect();
        rows.sort_unstable_by_key(|rule| rule.method);
        rows
    }

    /// Whether the caller (none: without a token) may call the method.
    pub fn authorize(&self, method: &str, caller: Option<&Caller>) -> Result<(), Fault> {
        let access = self.access(method).ok_or_else(|| Fault::no_rule(method))?;
        if access == Access::Public {
            return Ok(());
        }
        let caller = caller.ok_or_else(Fault::token_missing)?;
        match access {
            Access::Public | Access::Authenticated => Ok(()),
            Access::Scope(scope) if caller.has_scope(scope) => Ok(()),
            Access::Scope(scope) => Err(Fault::scope_missing(method, scope)),
            Access::AnyScope(scopes) if scopes.iter().any(|scope| caller.has_scope(scope)) => Ok(()),
            Access::AnyScope(scopes) => Err(Fault::scope_missing(method, scopes.join(" or "))),
        }
    }
}

fn is_method_path(path: &str) -> bool {
    let mut parts = path.split('/');
    let word = |part: Option<&str>| {
        part.is_some_and(|part| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'_')
        })
    };
    parts.next() == Some("") && word(parts.next()) && word(parts.next()) && parts.next().is_none()
}

#[cfg(test)]
mod tests;
