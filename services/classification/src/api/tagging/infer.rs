//! In which edition the codes of a table are.

use greenlane_api::classification::v1::{CodeSample, EditionFit, InferEditionRequest, InferEditionResponse};
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;

use super::Tagging;
use crate::domain::{CodeText, Sample, infer, period, unwrapped};

/// Most samples.
const MAX_SAMPLES: usize = 100_000;
/// Faults told at most: each sample may have two.
const MAX_FAULTS: usize = 20;
/// The code system when none is named.
const HARMONIZED_SYSTEM: &str = "hs";

impl Tagging {
    pub(super) fn infer(&self, request: InferEditionRequest) -> Result<InferEditionResponse, Fault> {
        let mut v = Violations::new();
        let count = request.samples.len();
        v.check("samples", (1..=MAX_SAMPLES).contains(&count), format!("must be 1 to {MAX_SAMPLES}"));
        let system = match request.code_system.as_str() {
            "" => Some(HARMONIZED_SYSTEM.to_owned()),
            name => v.resource_name::<1>("code_system", name, "codeSystems/{code_system}").map(|[id]| id),
        };
        let mut samples = Vec::with_capacity(count.min(MAX_SAMPLES));
        for (index, raw) in request.samples.iter().take(MAX_SAMPLES).enumerate() {
            if v.len() >= MAX_FAULTS {
                break;
            }
            samples.extend(sample(&mut v, &format!("samples[{index}]"), raw));
        }
        let system = v.finish_with(|| system)?;

        let catalogue = self.catalogues.current();
        if !catalogue.systems.iter().any(|known| known.id == system) {
            return Err(Fault::not_found(format!("codeSystems/{system}")));
        }
        let (fits, certain) = infer(&catalogue, &system, &samples);
        let fits = fits.into_iter().map(|fit| EditionFit {
            edition: format!("editions/{}", catalogue.editions[fit.edition].fact.id),
            valid: fit.valid,
            invalid: fit.invalid,
            mended: fit.mended,
            contradicting: fit.contradicting,
        });
        Ok(InferEditionResponse { fits: fits.collect(), certain, revision: catalogue.revision })
    }
}

/// A code that is none speaks against every edition: that is for the answer to say, not a fault of the question.
fn sample(v: &mut Violations, field: &str, raw: &CodeSample) -> Option<Sample> {
    let mut v = v.scope(field);
    let code = v.text("code", &raw.code, 1..=64)?;
    let year = match raw.period.as_str() {
        "" => None,
        text => match period(text) {
            Some((year, _)) => Some(year),
            None => {
                v.add("period", "must be YYYY or YYYYMM");
                return None;
            }
        },
    };
    let parsed = CodeText::parse(unwrapped(&code).unwrap_or(&code));
    let code = parsed.map_or(code, |code| code.to_string());
    Some(Sample { code, year, count: raw.count.max(1) })
}
