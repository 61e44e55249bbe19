//! What a token needs, as the help of the commands has it. The rules themselves are in each service's `src/api/rules.rs`.

/// To change the catalogue.
pub(crate) const CATALOGUE: &str = "\
What a token needs:
  catalogue.propose  to draft (apply and diff too), update, propose, notify, withdraw and revert
  catalogue.review   to review, as somebody else than the author
  catalogue.publish  to publish
  catalogue.read     to look, validate, preview and comment
and the economy or body that each entry belongs to, as it is and as it is to be:
  economies, bodies                  the economy
  requirements, edition transitions  the market
  arrangements, annexes              one of the parties
  designations                       the designating authority, or its economy
  schemes                            the owner, or its economy; any where there is no owner
  standards, equivalences            any
  green lists and what is on them    the list's economy; any where there is none. Scopes:
                                     lists.write and codes.read
A token of the scope admin without an economy, as `greenlane up` makes one, is good for every entry, but \
not to review what it drafted. Under `greenlane up`:
  greenlane token mint --subject ana --economy XB --scope catalogue.propose \\
    --scope catalogue.read --out ana.token";

/// To change codes and green lists.
pub(crate) const CODES: &str = "\
What a token needs:
  lists.write        to draft, update, propose, notify, withdraw and revert
  codes.write        to import the files that a change set publishes
  catalogue.review   to review, as somebody else than the author
  catalogue.publish  to publish
  codes.read         to look, validate and comment
and the economy that a list, or a national code system, belongs to. A token of the scope admin without an \
economy, as `greenlane up` makes one, is good for all of them, but not to review what it drafted.";

/// To take part in disputes.
pub(crate) const DISPUTES: &str = "\
What a token needs:
  catalogue.propose    to open, answer, object and withdraw
  catalogue.review     to appoint the panel, decide, apply and close, as somebody without a part in it
  catalogue.read       to look and watch
  verify, bodies.read  to open one about a certificate, whose body is asked of the registry
A dispute is opened for a body or an economy: the token names it, so the administrator's token of \
`greenlane up` is not enough. Respondents answer with a token of theirs. Under `greenlane up`:
  greenlane token mint --subject cho --economy XC --scope catalogue.propose --scope catalogue.read \\
    --scope verify --scope bodies.read --out cho.token";

/// To issue certificates.
pub(crate) const CERTIFICATES: &str = "\
What a token needs: certificates.read to look; certificates.write and the body to issue, and to change \
what that body issued. Under `greenlane up`:
  greenlane token mint --subject clerk --body bodies/aurora-cert --scope certificates.read \\
    --scope certificates.write --out aurora-cert.token";

/// To write off.
pub(crate) const WRITE_OFFS: &str = "\
What a token needs: write_offs.read to look; write_offs.write and the economy whose customs it is to \
record. Under `greenlane up`:
  greenlane token mint --subject port --economy XB --scope write_offs.read \\
    --scope write_offs.write --out port.token

A declaration writes a product of a certificate off once. What is released in parts has a reference for each \
part; what was a mistake is reversed, and recorded anew.";
