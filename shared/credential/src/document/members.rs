//! The facts as the members of JSON objects: what serde makes of them, without a copy of every text. A test holds the two
//! against each other.

use greenlane_jose::canonical::Node;

use super::facts::{
    CertifiedProduct, Code, Facts, Holder, Measurement, NormativeDocument, ProductIdentification, Quantity, Scheme,
    SerialRange, Site,
};

type Members<'f> = Vec<(&'static str, Node<'f>)>;

/// Adds a text, unless it is empty.
fn text<'f>(members: &mut Members<'f>, name: &'static str, text: &'f str) {
    if !text.is_empty() {
        members.push((name, text.into()));
    }
}

/// Adds a list, unless it is empty.
fn list<'f, T: 'f>(members: &mut Members<'f>, name: &'static str, items: &'f [T], node: impl Fn(&'f T) -> Node<'f>) {
    if !items.is_empty() {
        members.push((name, Node::list(items.iter().map(node))));
    }
}

impl Facts {
    /// The members of the facts, with a holder that may keep something back. Here and below they come in the canonical
    /// order, in which they are written the quickest.
    pub(super) fn members_with<'f>(&'f self, holder: Node<'f>) -> Members<'f> {
        let mut members: Members<'f> = Vec::with_capacity(14);
        members.push(("authorisedBy", (&self.authorised_by).into()));
        text(&mut members, "bodyReference", &self.body_reference);
        members.extend([("grantedOn", self.granted_on.to_string().into()), ("holder", holder)]);
        list(&mut members, "measurements", &self.measurements, measurement);
        members.extend([
            ("normativeDocuments", Node::list(self.normative_documents.iter().map(document))),
            ("products", Node::list(self.products.iter().map(product))),
        ]);
        text(&mut members, "remarks", &self.remarks);
        members.extend([("scheme", scheme(&self.scheme)), ("scope", (&self.scope).into())]);
        list(&mut members, "sites", &self.sites, site);
        members.extend([
            ("validFrom", self.valid_from.to_string().into()),
            ("validUntil", self.valid_until.to_string().into()),
        ]);
        members
    }
}

impl Holder {
    /// The members of the holder.
    pub(super) fn members(&self) -> Members<'_> {
        let mut members: Members<'_> = Vec::with_capacity(4);
        text(&mut members, "address", &self.address);
        members.push(("economy", (&self.economy).into()));
        text(&mut members, "identifier", &self.identifier);
        members.push(("name", (&self.name).into()));
        members
    }
}

fn product(product: &CertifiedProduct) -> Node<'_> {
    let mut members: Members<'_> = Vec::with_capacity(7);
    list(&mut members, "codes", &product.codes, code);
    members.push(("identification", identification(&product.identification)));
    list(&mut members, "models", &product.models, |model| model.into());
    members.push(("name", (&product.name).into()));
    text(&mut members, "origin", &product.origin);
    members.extend(product.quantity.as_ref().map(|amount| ("quantity", quantity(amount))));
    list(&mut members, "serialRanges", &product.serial_ranges, range);
    Node::Object(members)
}

fn identification(identification: &ProductIdentification) -> Node<'_> {
    let mut members: Members<'_> = Vec::with_capacity(4);
    text(&mut members, "batch", &identification.batch);
    text(&mut members, "gtin", &identification.gtin);
    text(&mut members, "model", &identification.model);
    text(&mut members, "serial", &identification.serial);
    Node::Object(members)
}

fn code(code: &Code) -> Node<'_> {
    Node::object([("code", (&code.code).into()), ("edition", (&code.edition).into())])
}

fn range(range: &SerialRange) -> Node<'_> {
    Node::object([("first", (&range.first).into()), ("last", (&range.last).into())])
}

fn quantity(quantity: &Quantity) -> Node<'_> {
    Node::object([("amount", (&quantity.amount).into()), ("unit", (&quantity.unit).into())])
}

fn scheme(scheme: &Scheme) -> Node<'_> {
    let mut members: Members<'_> = Vec::with_capacity(2);
    text(&mut members, "level", &scheme.level);
    members.push(("scheme", (&scheme.scheme).into()));
    Node::Object(members)
}

fn document(document: &NormativeDocument) -> Node<'_> {
    let mut members: Members<'_> = vec![("edition", (&document.edition).into())];
    text(&mut members, "part", &document.part);
    Node::Object(members)
}

fn site(site: &Site) -> Node<'_> {
    let mut members: Members<'_> = vec![("name", (&site.name).into()), ("economy", (&site.economy).into())];
    text(&mut members, "address", &site.address);
    Node::Object(members)
}

fn measurement(measurement: &Measurement) -> Node<'_> {
    let mut members: Members<'_> =
        vec![("metric", (&measurement.metric).into()), ("value", quantity(&measurement.value))];
    text(&mut members, "method", &measurement.method);
    Node::Object(members)
}
