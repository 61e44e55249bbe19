#!/bin/sh
# A new annex of an arrangement, from the proposal to the first certificate that is recognised under it; then a demand
# that tightens access, which has to wait for those concerned. Everything in it is made up.
#
# Run it in the folder where `greenlane up` runs, with `greenlane` on the PATH:  sh path/to/new-annex/run.sh
# The README's story may have been told there before, and so may this one: the annex is then there already, and what led to
# it is left out.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

say() { printf '\n== %s\n' "$*"; }

# Runs a command that is to end with an exit code other than 0, and shows what it says.
ends() {
    wanted=$1
    shift
    code=0
    "$@" || code=$?
    if [ "$code" -ne "$wanted" ]; then
        echo "ended with $code, not $wanted: $*" >&2
        exit 1
    fi
}

say "Who acts: an administrator (the token of greenlane up), reviewers of XE and XF, a clerk of a body, somebody abroad"
for economy in XE XF; do
    greenlane token mint --subject "reviewer-$economy" --economy "$economy" \
        --scope catalogue.review --scope catalogue.publish --out "$economy.token" --overwrite
done
greenlane token mint --subject abroad --economy XA --scope catalogue.read --out abroad.token --overwrite
greenlane token mint --subject clerk --scope certificates.write --body bodies/aurora-cert --out clerk.token --overwrite

say "A body and its certificate"
if ! greenlane body get bodies/aurora-cert 2>/dev/null; then
    greenlane body create aurora-cert --display-name "Aurora Certification" --economy XA
    greenlane body key create bodies/aurora-cert
fi
certificate=$(greenlane certificate issue --body bodies/aurora-cert --file "$here/../pv-module.yaml" \
    --token-file clerk.token -o name)
verify() {
    greenlane verify "$certificate" --code HS2022:854143 --origin XA --destination XE --model EX-450M
}

say "The catalogue as files"
greenlane pull catalogue

draft=
if grep "annexes/xa-xe-pv-modules" catalogue/annexes.yaml; then
    say "The annex is there already, from an earlier run: what led to it is left out"
else
    say "The certificate is not recognised in XE, and what the new annex changes of the catalogue"
    ends 10 verify
    ends 10 greenlane diff -f "$here/annex.yaml"

    say "A change set of it: first as a dry run, then for good"
    greenlane apply -f "$here/annex.yaml" --title "Recognise photovoltaic modules" --dry-run
    draft=$(greenlane apply -f "$here/annex.yaml" --title "Recognise photovoltaic modules" \
        --reason "The parties agreed on it." -o name)
    greenlane change validate "$draft"
    greenlane change diff "$draft"
    greenlane change preview "$draft"

    say "Proposed by one, reviewed and published by another, who is of a party to it"
    greenlane change propose "$draft"
    ends 5 greenlane change review "$draft" --approve
    ends 4 greenlane change review "$draft" --approve --token-file XF.token
    greenlane change review "$draft" --approve --comment "As agreed." --token-file XE.token
    greenlane change publish "$draft" --confirm --token-file XE.token
fi

say "A certificate that is recognised under it"
tries=0
until verify; do
    tries=$((tries + 1))
    [ "$tries" -lt 20 ] || exit 1
    sleep 0.5
done

say "The files again: the annex is in them, and nothing is left to apply"
greenlane pull catalogue
grep "annexes/xa-xe-pv-modules" catalogue/annexes.yaml
greenlane apply -f "$here/annex.yaml" --title "Once more"
greenlane diff -f catalogue

say "A demand that tightens access is notified, commented on, and cannot be approved before its sixty days"
demand=$(greenlane apply -f "$here/requirement.yaml" --title "Qualify photovoltaic modules" -o name)
greenlane change propose "$demand"
greenlane change notify "$demand"
greenlane change comment "$demand" --text "Bodies of XA should be accepted too." --token-file abroad.token
greenlane change comments "$demand"
ends 5 greenlane change review "$demand" --approve --token-file XF.token
greenlane change withdraw "$demand" --confirm --comment "To be written anew."

if [ -n "$draft" ]; then
    say "The annex can be undone as it came: by a change set"
    greenlane change revert "$draft" --reason "To show that it can be."
fi
