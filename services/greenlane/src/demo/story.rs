//! The story: one certificate, from the body's decision to the border, and its end.

use std::time::Instant;

use anyhow::Context as _;
use greenlane_api::{
    classification::v1::{TranslateCodeRequest, lookup_service_client::LookupServiceClient},
    common::v1::{CodeReference, GoodsDeclaration, ProductIdentification},
    equivalence::v1::{
        CertificateFacts, CertifiedScheme, RecogniseRequest, RecognitionDecision, RecognitionQuestion,
        recognition_service_client::RecognitionServiceClient,
    },
    registry::v1::{
        Body, BodyRole, Certificate, CertificateContent, CertificateReason, CreateBodyKeyRequest, CreateBodyRequest,
        GetCheckpointRequest, IssueCertificateRequest, KeyAlgorithm, LogProof, Verdict, VerdictOutcome, VerifyRequest,
        WithdrawCertificateRequest, body_service_client::BodyServiceClient,
        certificate_service_client::CertificateServiceClient, create_body_key_request::Source,
        log_service_client::LogServiceClient, verification_service_client::VerificationServiceClient,
        verify_request::Subject,
    },
};
use greenlane_log::{Checkpoint, Hash, hash_leaf, note::NoteKey, verify_inclusion};
use greenlane_platform::client::Client;
use serde_json::{Value, json};

use super::tell::{chapter, say, table};
use crate::{
    client::{
        input, recognition,
        render::{self, Output, View},
        verdict,
    },
    serve::{data::DataDir, local::World},
};

/// The facts that the body states; the README's story by hand uses the same file.
const CONTENT: &str = include_str!("../../../../deploy/examples/pv-module.yaml");
/// The module, as a customs declaration names it.
const CODE: (&str, &str) = ("HS2022", "854143");
/// Who is asked: four economies of the starter catalogue's invented world, and a real one.
const MARKETS: [(&str, &str); 5] = [
    ("XB", "Borealia (invented)"),
    ("XC", "Cordania (invented)"),
    ("XD", "Dorvania (invented)"),
    ("AU", "Australia"),
    ("XF", "Fennland (invented)"),
];

/// The body, as the starter catalogue's arrangements know it.
pub(super) const BODY: &str = "bodies/aurora-cert";

/// Who acts: an administrator, a clerk of the body, an officer of customs. Each has a token of its own.
pub(super) struct Cast {
    /// The administrator's channels.
    pub(super) world: World,
    /// The clerk's channel to the registry.
    pub(super) body: Client,
    /// The officer's channel to the registry.
    pub(super) customs: Client,
}

/// One line of the summary.
struct Step {
    what: &'static str,
    expected: &'static str,
    found: String,
}

impl Step {
    fn to_json(&self) -> Value {
        json!({ "step": self.what, "answer": self.found, "expected": self.expected })
    }
}

/// Tells it, checks it, and fails if anything came out otherwise than it must.
pub(super) async fn tell(cast: &Cast, data: &DataDir, begun: Instant, output: Output) -> anyhow::Result<()> {
    say("Greenlane: one certification, multi-country acceptance.")?;
    say("Three services, embedded SQLite, a fresh database. Standards, codes and AU are real; economies XA to XF,")?;
    say("the body and the holder are made up.")?;
    let Cast { world, body: clerk, customs } = cast;
    let mut summary = Vec::new();

    chapter(1, "Which goods are these?")?;
    let older = translate(world).await?;
    say(&format!("A photovoltaic module is {} {} today, and was part of HS2017 {older}.", CODE.0, CODE.1))?;

    chapter(2, "A certification body registers, with a key that the registry holds for it.")?;
    let body = register(world).await?;

    chapter(3, "The body certifies a photovoltaic module, once.")?;
    let (certificate, proof) = issue(clerk, &body).await?;
    say(&format!("{} for {}, signed with {}", certificate.name, product(&certificate), certificate.signing_key))?;
    let logged = check_log(world, &proof).await?;
    say(&logged)?;
    summary.push(Step { what: "certificate is in the log", expected: "proven", found: "proven".to_owned() });

    chapter(4, "Five markets are asked whether they recognise it.")?;
    let mut rows = Vec::new();
    for (market, name) in MARKETS {
        let decision = recognise(world, &certificate, market).await?;
        rows.push(vec![
            format!("{market}  {name}"),
            recognition::words(decision.outcome(), decision.demand()).to_owned(),
            recognition::reasons(&decision).join("\n"),
        ]);
        summary.push(Step {
            what: match market {
                "XB" => "XB: accepts the standard itself",
                "XC" => "XC: an arrangement and an identical standard",
                "XD" => "XD: an arrangement and a modified standard",
                "AU" => "AU: honours another scheme, and may demand more",
                _ => "XF: demands nothing",
            },
            expected: match market {
                "XB" | "XC" => "recognised",
                "XD" => "recognised on conditions",
                "AU" => "undetermined",
                _ => "no requirement applies",
            },
            found: recognition::words(decision.outcome(), decision.demand()).to_owned(),
        });
    }
    table(&["MARKET", "ANSWER", "WHY"], rows)?;

    chapter(5, "Customs of XB verifies the certificate at the border.")?;
    let genuine = verify(customs, Subject::Certificate(certificate.name.clone()), "XB").await?;
    show(&genuine)?;
    summary.push(Step {
        what: "customs, by number",
        expected: "ACCEPTED",
        found: verdict::outcome(&genuine).to_owned(),
    });

    chapter(6, "Somebody alters the document, and presents it.")?;
    let forged = forge(&certificate.document)?;
    keep(data, &certificate.document, &forged)?;
    let presented = verify(customs, Subject::Document(certificate.document.clone()), "XB").await?;
    say(&format!("The genuine document: {}.", verdict::outcome(&presented)))?;
    let caught = verify(customs, Subject::Document(forged), "XB").await?;
    show(&caught)?;
    summary.push(Step {
        what: "customs, the document",
        expected: "ACCEPTED",
        found: verdict::outcome(&presented).to_owned(),
    });
    summary.push(Step {
        what: "customs, an altered document",
        expected: "REFUSED",
        found: verdict::outcome(&caught).to_owned(),
    });

    chapter(7, "The body withdraws the certificate, and customs knows.")?;
    withdraw(clerk, &certificate).await?;
    let withdrawn = verify(customs, Subject::Certificate(certificate.name.clone()), "XB").await?;
    show(&withdrawn)?;
    summary.push(Step {
        what: "customs, after withdrawal",
        expected: "REFUSED",
        found: verdict::outcome(&withdrawn).to_owned(),
    });

    chapter(8, "In short")?;
    let right =
        summary.iter().all(|step| step.found == step.expected) && withdrawn.outcome() == VerdictOutcome::Refused;
    if output != Output::Table {
        let steps: Vec<_> = summary.iter().map(Step::to_json).collect();
        let value = json!({ "certificate": certificate.name, "steps": steps, "asItMustBe": right });
        render::print_value(output, &value, View::Record { at: "", name: "certificate", fields: &[] })?;
    }
    table(
        &["STEP", "ANSWER", ""],
        summary.into_iter().map(|step| {
            let mark = if step.found == step.expected { "as it must be" } else { "NOT AS IT MUST BE" };
            vec![step.what.to_owned(), step.found, mark.to_owned()]
        }),
    )?;
    say(&format!("Told in {:.1} seconds.", begun.elapsed().as_secs_f64()))?;
    anyhow::ensure!(right, "the story did not come out as it must");
    Ok(())
}

fn code() -> CodeReference {
    CodeReference { edition: CODE.0.to_owned(), code: CODE.1.to_owned() }
}

async fn translate(world: &World) -> anyhow::Result<String> {
    let request =
        TranslateCodeRequest { code: Some(code()), target_edition: "HS2017".to_owned(), ..Default::default() };
    let answer = LookupServiceClient::new(world.classification.clone()).translate_code(request).await?.into_inner();
    let target = answer.translation.and_then(|translation| translation.targets.into_iter().next());
    Ok(target.and_then(|target| target.code).context("the starter catalogue correlates it")?.code)
}

async fn register(world: &World) -> anyhow::Result<String> {
    let mut bodies = BodyServiceClient::new(world.registry.clone());
    let body = Body {
        display_name: "Aurora Certification".to_owned(),
        economy: "XA".to_owned(),
        roles: vec![BodyRole::CertificationBody.into()],
        website: "https://aurora.example.org".to_owned(),
        ..Body::default()
    };
    let request = CreateBodyRequest {
        request_id: "demo-body".to_owned(),
        body_id: BODY.trim_start_matches("bodies/").to_owned(),
        body: Some(body),
        ..Default::default()
    };
    let body = bodies.create_body(request).await?.into_inner().body.context("the body was created")?;
    say(&format!("{}, {}, {}", body.name, body.display_name, body.economy))?;
    let request = CreateBodyKeyRequest {
        request_id: "demo-key".to_owned(),
        body: body.name.clone(),
        source: Some(Source::Generate(KeyAlgorithm::Eddsa.into())),
        ..Default::default()
    };
    let key = bodies.create_body_key(request).await?.into_inner().key.context("the key was made")?;
    say(&key.verification_method)?;
    Ok(body.name)
}

async fn issue(clerk: &Client, body: &str) -> anyhow::Result<(Certificate, LogProof)> {
    let content: CertificateContent = input::parse_message(CONTENT)?;
    let request = IssueCertificateRequest {
        request_id: "demo-issue".to_owned(),
        body: body.to_owned(),
        content: Some(content),
        ..Default::default()
    };
    let mut certificates = CertificateServiceClient::new(clerk.clone());
    let answer = certificates.issue_certificate(request).await?.into_inner();
    Ok((answer.certificate.context("a certificate")?, answer.proof.context("its proof")?))
}

fn product(certificate: &Certificate) -> String {
    let content = certificate.content.as_ref();
    let product = content.and_then(|content| content.products.first());
    let holder = content.and_then(|content| content.holder.as_ref());
    format!(
        "{} of {}",
        product.map(|product| product.name.as_str()).unwrap_or_default(),
        holder.map(|holder| holder.name.as_str()).unwrap_or_default()
    )
}

/// Checks the inclusion proof and the checkpoint's signature here, as an auditor does, and says what was found.
async fn check_log(world: &World, proof: &LogProof) -> anyhow::Result<String> {
    let mut log = LogServiceClient::new(world.registry.clone());
    let checkpoint = log.get_checkpoint(GetCheckpointRequest::default()).await?.into_inner().checkpoint;
    let key: NoteKey = checkpoint.context("a checkpoint")?.verifier_key.parse()?;
    let signed = Checkpoint::open(proof.checkpoint.as_bytes(), &key, &[])?.checkpoint;
    let path = proof.hashes.iter().map(|hash| Hash::try_from(hash.as_ref())).collect::<Result<Vec<_>, _>>()?;
    verify_inclusion(&hash_leaf(&proof.leaf), proof.index, proof.tree_size, &path, &signed.root)?;
    Ok(format!(
        "Entry {} of the transparency log, proven by {} hashes to the signed checkpoint of size {}.",
        proof.index,
        path.len(),
        signed.size
    ))
}

async fn recognise(world: &World, certificate: &Certificate, market: &str) -> anyhow::Result<RecognitionDecision> {
    let content = certificate.content.clone().context("it has content")?;
    let facts = CertificateFacts {
        schemes: content
            .scheme
            .into_iter()
            .map(|scheme| CertifiedScheme { scheme: scheme.scheme, level: scheme.level })
            .collect(),
        standard_editions: content.normative_documents.into_iter().map(|document| document.edition).collect(),
        body: certificate.body.clone(),
        body_economy: "XA".to_owned(),
        granted_on: content.granted_on,
        ..CertificateFacts::default()
    };
    let question = RecognitionQuestion {
        certificate: Some(facts),
        code: Some(code()),
        origin: "XA".to_owned(),
        destination: market.to_owned(),
        ..Default::default()
    };
    let request = RecogniseRequest { question: Some(question), explain: true, ..Default::default() };
    let answer = RecognitionServiceClient::new(world.equivalence.clone()).recognise(request).await?.into_inner();
    answer.decision.context("a decision")
}

async fn verify(customs: &Client, subject: Subject, destination: &str) -> anyhow::Result<Verdict> {
    let goods = GoodsDeclaration {
        code: Some(code()),
        origin: "XA".to_owned(),
        destination: destination.to_owned(),
        product: Some(ProductIdentification { model: "EX-450M".to_owned(), ..Default::default() }),
        ..Default::default()
    };
    let request = VerifyRequest { subject: Some(subject), goods: Some(goods), ..Default::default() };
    let answer = VerificationServiceClient::new(customs.clone()).verify(request).await?.into_inner();
    answer.verdict.context("a verdict")
}

fn show(found: &Verdict) -> anyhow::Result<()> {
    say(verdict::outcome(found))?;
    table(
        &[],
        verdict::parts(found).map(|(name, part)| {
            let reasons: Vec<_> =
                part.map(|part| part.findings.iter().map(|f| f.message.clone()).collect()).unwrap_or_default();
            vec![name.to_owned(), verdict::part(part).to_owned(), reasons.join("\n")]
        }),
    )
}

/// The document for another model, under the old signature.
fn forge(document: &str) -> anyhow::Result<String> {
    let parts: Vec<_> = document.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else { anyhow::bail!("a JWT has three parts") };
    let payload = String::from_utf8(greenlane_jose::b64::decode(payload)?)?.replace("EX-450M", "EX-999M");
    Ok(format!("{header}.{}.{signature}", greenlane_jose::b64::encode(payload.as_bytes())))
}

fn keep(data: &DataDir, genuine: &str, forged: &str) -> anyhow::Result<()> {
    std::fs::write(data.path("genuine.jwt"), genuine)?;
    std::fs::write(data.path("forged.jwt"), forged)?;
    Ok(())
}

async fn withdraw(clerk: &Client, certificate: &Certificate) -> anyhow::Result<()> {
    let request = WithdrawCertificateRequest {
        request_id: "demo-withdraw".to_owned(),
        name: certificate.name.clone(),
        reason: CertificateReason::Nonconformity.into(),
        reason_text: "Surveillance found cracked cells.".to_owned(),
        ..Default::default()
    };
    CertificateServiceClient::new(clerk.clone()).withdraw_certificate(request).await?;
    Ok(())
}
