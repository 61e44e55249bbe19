//! How answers about certificates look.

use crate::client::render::View;

pub(super) const PREPARED: View = View::Record {
    at: "",
    name: "certificateNumber",
    fields: &[("Number", "certificateNumber"), ("Signing input", "signingInput"), ("Disclosures", "disclosures")],
};
pub(super) const ERASED: View =
    View::Record { at: "", name: "revision", fields: &[("Revision", "revision"), ("Log index", "proof.index?")] };
pub(super) const CERTIFICATE: View = View::Record {
    at: "certificate",
    name: "name",
    fields: &[
        ("Name", "name"),
        ("State", "state"),
        ("Announced", "announced"),
        ("Body", "body"),
        ("Holder", "content.holder.name"),
        ("Product", "content.products.*.name"),
        ("Model", "content.products.+.identification.model"),
        ("Codes", "content.products.+.codes.+."),
        ("Scheme", "content.scheme.scheme"),
        ("Level", "content.scheme.level"),
        ("Standards", "content.normativeDocuments.*.edition"),
        ("Granted on", "content.grantedOn"),
        ("Valid from", "content.validFrom"),
        ("Valid until", "content.validUntil"),
        ("Scope", "content.scope"),
        ("Remedy", "suspensionRemedy"),
        ("Conditions", "conditions"),
        ("Superseded by", "supersededBy"),
        ("Disputes", "contestations.*.dispute"),
        ("Disputes are", "contestations.*.state"),
        ("Without effect from", "contestations.*.withoutEffectFrom"),
        ("Without effect until", "contestations.*.withoutEffectUntil"),
        ("Version", "version?"),
        ("Signed with", "signingKey"),
        ("Changed last at revision", "latestRevision?"),
    ],
};
/// A step that may overtake what was announced.
pub(super) const URGENT: View = View::Record {
    at: "",
    name: "certificate.name",
    fields: &[
        ("Name", "certificate.name"),
        ("State", "certificate.state"),
        ("Announced", "certificate.announced"),
        ("Body", "certificate.body"),
        ("Holder", "certificate.content.holder.name"),
        ("Product", "certificate.content.products.*.name"),
        ("Model", "certificate.content.products.+.identification.model"),
        ("Codes", "certificate.content.products.+.codes.+."),
        ("Scheme", "certificate.content.scheme.scheme"),
        ("Level", "certificate.content.scheme.level"),
        ("Standards", "certificate.content.normativeDocuments.*.edition"),
        ("Granted on", "certificate.content.grantedOn"),
        ("Valid from", "certificate.content.validFrom"),
        ("Valid until", "certificate.content.validUntil"),
        ("Scope", "certificate.content.scope"),
        ("Remedy", "certificate.suspensionRemedy"),
        ("Conditions", "certificate.conditions"),
        ("Superseded by", "certificate.supersededBy"),
        ("Disputes", "certificate.contestations.*.dispute"),
        ("Disputes are", "certificate.contestations.*.state"),
        ("Without effect from", "certificate.contestations.*.withoutEffectFrom"),
        ("Without effect until", "certificate.contestations.*.withoutEffectUntil"),
        ("Version", "certificate.version?"),
        ("Signed with", "certificate.signingKey"),
        ("Overtaken", "overtakenEvents"),
        ("Changed last at revision", "certificate.latestRevision?"),
    ],
};
pub(super) const CERTIFICATES: View = View::List {
    items: "certificates",
    name: "name",
    columns: &[
        ("NAME", "name"),
        ("STATE", "state"),
        ("HOLDER", "content.holder.name"),
        ("PRODUCT", "1~content.products.*.name"),
        ("SCHEME", "2~content.scheme.scheme"),
        ("VALID UNTIL", "content.validUntil"),
    ],
};
pub(super) const VERSIONS: View = View::List {
    items: "versions",
    name: "version",
    columns: &[
        ("VERSION", "version"),
        ("STATE", "state"),
        ("VALID FROM", "content.validFrom"),
        ("VALID UNTIL", "content.validUntil"),
        ("PRODUCT", "content.products.*.name"),
        ("SCOPE", "content.scope"),
        ("SIGNED WITH", "signingKey"),
    ],
};
/// A certificate with what it is about.
pub(super) const PAGE: View = View::Record {
    at: "certificate",
    name: "name",
    fields: &[
        ("Name", "name"),
        ("State", "state"),
        ("Body", "body"),
        ("Holder", "content.holder.name"),
        ("Economy", "content.holder.economy"),
        ("Products", "content.products.*.name"),
        ("Models", "content.products.+.identification.model"),
        ("Codes", "content.products.+.codes.+."),
        ("Scheme", "content.scheme.scheme"),
        ("Level", "content.scheme.level"),
        ("Standards", "content.normativeDocuments.*.edition"),
        ("Granted on", "content.grantedOn"),
        ("Valid from", "content.validFrom"),
        ("Valid until", "content.validUntil"),
        ("Authorised by", "content.authorisedBy"),
        ("Scope", "content.scope"),
        ("Sites", "content.sites.*.name"),
        ("Remarks", "content.remarks"),
        ("Kept back", "content.confidentialFields"),
        ("Remedy", "suspensionRemedy"),
        ("Conditions", "conditions"),
        ("Superseded by", "supersededBy"),
        ("Disputes", "contestations.*.dispute"),
        ("Disputes are", "contestations.*.state"),
        ("Without effect from", "contestations.*.withoutEffectFrom"),
        ("Without effect until", "contestations.*.withoutEffectUntil"),
        ("Version", "version?"),
        ("Signed with", "signingKey"),
        ("Changed last at revision", "latestRevision?"),
    ],
};
/// What has become of it, in the width of a terminal.
pub(super) const STEPS: View = View::List {
    items: "events",
    name: "name",
    columns: &[
        ("RECORDED", "recordTime"),
        ("EVENT", "kind"),
        ("REASON", "reason"),
        ("EFFECTIVE", "effectiveTime"),
        ("STATE AFTER", "stateAfter"),
    ],
};
pub(super) const EVENTS: View = View::List {
    items: "events",
    name: "name",
    columns: &[
        ("LOG INDEX", "2~logIndex"),
        ("RECORDED", "recordTime"),
        ("EVENT", "kind"),
        ("REASON", "1~reason"),
        ("TEXT", "3~reasonText"),
        ("EFFECTIVE", "effectiveTime"),
        ("VERSION", "4~version"),
        ("ACTOR", "5~actor"),
        ("STATE AFTER", "stateAfter"),
        ("OVERTAKEN BY", "overtakenBy"),
    ],
};
