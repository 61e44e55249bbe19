//! Imports.

use futures_util::StreamExt as _;
use greenlane_api::classification::v1::{
    self as wire, AbandonImportRequest, AbandonImportResponse, CreateImportRequest, CreateImportResponse,
    GetImportRequest, GetImportResponse, ListImportFaultsRequest, ListImportFaultsResponse, ListImportsRequest,
    ListImportsResponse, UploadImportRequest, UploadImportResponse,
};
use greenlane_curation::{Asked, ChangeError, Done, fault};
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::Fault;
use greenlane_platform::revisions::timestamp;
use greenlane_platform::violations::{PageBinding, Violations};
use prost::Message as _;
use tonic::codegen::BoxStream;
use tonic::{Request, Status, Streaming};

use super::{CodeSystems, new_edition};
use crate::api::changes::source;
use crate::api::{error, render};
use crate::app::{MAX_PIECE, Upload, UploadError, announce, check_announced, check_import};
use crate::domain::{Announced, Column, Format, RowFault, columns};
use crate::store::{self, ImportRow, ImportState};

/// Faults in one message of an upload.
const FAULTS_A_MESSAGE: usize = 1_000;

impl CodeSystems {
    pub(super) async fn create_import(
        &self,
        request: Request<CreateImportRequest>,
    ) -> Result<CreateImportResponse, Fault> {
        let (asked, mut request) = Asked::of(request)?;
        let call = asked.call(&mut request.request_id, request.validate_only);
        let payload = request.encode_to_vec();
        let catalogue = self.catalogues.current();
        let mut v = Violations::new();
        let request_id = call.request_id(&mut v);
        let format = format(&mut v, request.format());
        let edition = new_edition::parse(&mut v, &catalogue, format, &request);
        let second_edition = match request.second_edition.as_str() {
            "" => Some(String::new()),
            raw => v.resource_name::<1>("second_edition", raw, "editions/{edition}").map(|[id]| id),
        };
        let correlation = matches!(format, None | Some(Format::CorrelationCsv | Format::UnsdCorrelation));
        v.check("unchanged_left_out", correlation || !request.unchanged_left_out, "is for a correlation only");
        let nomenclature = format.is_none_or(Format::is_nomenclature);
        v.check("whole", nomenclature || !request.whole, "is for a nomenclature only");
        v.check("in_part", nomenclature || !request.in_part, "is for a nomenclature only");
        v.check("whole", !request.in_part || !request.whole, "cannot be said of an edition that is said to be in part");
        let hash = request.sha256.to_ascii_lowercase();
        let good = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        v.check("sha256", good, "must be 64 hexadecimal digits");
        v.check("source", request.source.is_some(), "is required");
        let source = source(&mut v, request.source.as_ref());
        let known = request.source.as_ref().is_none_or(|it| it.example || !it.uri.trim().is_empty());
        v.check("source.uri", known, "is required");
        let (request_id, format, edition, second_edition, source) =
            v.finish_with(|| Some((request_id?, format?, edition?, second_edition?, source?)))?;

        let (edition, system) = edition;
        let announced = Announced {
            format,
            edition,
            system,
            second_edition,
            unchanged_left_out: request.unchanged_left_out,
            whole: request.whole,
            in_part: request.in_part,
            source,
        };
        let mutation = call.mutation(&request_id, &payload);
        check_announced(&mutation.caller, &catalogue, &announced)
            .map_err(|economy| Fault::not_yours("economy", economy))?;
        let id = uuid::Uuid::now_v7().to_string();
        let row = announce(id.clone(), announced, hash, &mutation.caller, self.workflow.clock().now());
        let made = self.workflow.mutate("create_import", mutation, {
            let id = id.clone();
            move |tx| {
                let (row, id) = (row.clone(), id.clone());
                Box::pin(async move {
                    store::insert_import(tx, &row).await?;
                    Ok(Done { resource: format!("imports/{id}"), answer: id })
                })
            }
        });
        let made = made.await.map_err(fault)?;
        let revision = self.catalogues.current().revision;
        // Of what was only validated there is nothing to read.
        let import = if request.validate_only { None } else { Some(import(&self.find_import(&made).await?)) };
        Ok(CreateImportResponse { import, revision })
    }

    pub(super) async fn get_import(&self, request: GetImportRequest) -> Result<GetImportResponse, Fault> {
        let row = self.find_import(&import_id(&request.name)?).await?;
        Ok(GetImportResponse { import: Some(import(&row)), revision: self.catalogues.current().revision })
    }

    pub(super) async fn list_imports(&self, request: ListImportsRequest) -> Result<ListImportsResponse, Fault> {
        let mut v = Violations::new();
        let state = match request.state() {
            wire::ImportState::Unspecified => {
                v.check("state", request.state == 0, "is not known");
                None
            }
            wire::ImportState::Receiving => Some(ImportState::Receiving),
            wire::ImportState::Complete => Some(ImportState::Complete),
            wire::ImportState::Proposed => Some(ImportState::Proposed),
            wire::ImportState::Published => Some(ImportState::Published),
            wire::ImportState::Abandoned => Some(ImportState::Abandoned),
        };
        let binding = PageBinding::new("/greenlane.classification.v1.CodeSystemService/ListImports")
            .with(request.state.to_be_bytes());
        let size = v.page_size(request.page_size);
        let after = v.page_token::<(i64, String)>(&request.page_token, &binding);
        let (size, after) = v.finish_with(|| Some((size?, after?)))?;
        let found = store::list_imports(self.catalogues.store(), state, after, one_more(size)).await;
        let cursor = |row: &ImportRow| (row.created_at.timestamp_micros(), row.id.clone());
        let (rows, next_page_token) = cut(found.map_err(error::store)?, size, &binding, cursor)?;
        Ok(ListImportsResponse {
            imports: rows.iter().map(import).collect(),
            next_page_token,
            revision: self.catalogues.current().revision,
        })
    }

    pub(super) async fn import_faults(
        &self,
        request: ListImportFaultsRequest,
    ) -> Result<ListImportFaultsResponse, Fault> {
        let binding =
            PageBinding::new("/greenlane.classification.v1.CodeSystemService/ListImportFaults").with(&request.name);
        let mut v = Violations::new();
        let id = v.resource_name::<1>("name", &request.name, "imports/{import}");
        let size = v.page_size(request.page_size);
        let after = v.page_token::<(i64, i64)>(&request.page_token, &binding);
        let ([id], size, after) = v.finish_with(|| Some((id?, size?, after?)))?;
        self.find_import(&id).await?;
        let found = store::list_faults(self.catalogues.store(), &id, after, one_more(size)).await;
        let cursor = |(at, fault): &(i64, RowFault)| (i64::try_from(fault.line).unwrap_or(i64::MAX), *at);
        let (rows, next_page_token) = cut(found.map_err(error::store)?, size, &binding, cursor)?;
        Ok(ListImportFaultsResponse {
            faults: rows.into_iter().map(|(_, fault)| row_fault(fault)).collect(),
            next_page_token,
            revision: self.catalogues.current().revision,
        })
    }

    pub(super) async fn abandon_import(
        &self,
        request: Request<AbandonImportRequest>,
    ) -> Result<AbandonImportResponse, Fault> {
        let (asked, mut request) = Asked::of(request)?;
        let call = asked.call(&mut request.request_id, request.validate_only);
        let payload = request.encode_to_vec();
        let mut v = Violations::new();
        let request_id = call.request_id(&mut v);
        let id = v.resource_name::<1>("name", &request.name, "imports/{import}");
        let (request_id, [id]) = v.finish_with(|| Some((request_id?, id?)))?;
        let mutation = call.mutation(&request_id, &payload);
        let made = self.workflow.mutate("abandon_import", mutation.clone(), {
            let (id, caller) = (id.clone(), mutation.caller);
            move |tx| {
                let (id, caller) = (id.clone(), caller.clone());
                Box::pin(async move {
                    let name = format!("imports/{id}");
                    let found = store::find_import(tx, &id).await?;
                    let row = found.ok_or_else(|| ChangeError::NotFound(name.clone()))?;
                    check_import(&caller, &row)?;
                    let from = [ImportState::Receiving, ImportState::Complete];
                    if !store::move_import(tx, &id, &from, ImportState::Abandoned, "", 0).await? {
                        let state = row.state.as_str();
                        return Err(ChangeError::State { name, state, step: "abandon" }.into());
                    }
                    store::forget_pieces(tx, &id).await?;
                    Ok(Done { answer: (), resource: name })
                })
            }
        });
        made.await.map_err(fault)?;
        let row = self.find_import(&id).await?;
        Ok(AbandonImportResponse { import: Some(import(&row)), revision: self.catalogues.current().revision })
    }

    pub(super) async fn upload_import(
        &self,
        request: Request<Streaming<UploadImportRequest>>,
    ) -> Result<BoxStream<UploadImportResponse>, Fault> {
        let caller = Caller::of(&request)?;
        let mut pieces = request.into_inner();
        let first = pieces.message().await.map_err(broken)?;
        let first = first.ok_or_else(|| Fault::invalid("name", "is required"))?;
        let id = import_id(&first.name)?;
        let store = self.catalogues.store().clone();
        let upload = Upload::open(store, self.catalogues.clone(), caller, &id).await;
        let upload = upload.map_err(|why| refused(&format!("imports/{id}"), why))?;
        let receiving = Receiving { pieces, upload, id, next: Some(first), ended: false };
        let catalogues = self.catalogues.clone();
        let answers = futures_util::stream::unfold(receiving, |mut receiving| async move {
            if receiving.ended {
                return None;
            }
            let answer = receiving.step().await;
            receiving.ended |= answer.is_err();
            Some((answer.transpose()?, receiving))
        });
        let answers = answers.flat_map(move |answer| {
            let revision = catalogues.current().revision;
            let answers = match answer {
                Err(fault) => vec![Err(Status::from(fault))],
                Ok((row, faults)) => messages(&row, faults, revision).into_iter().map(Ok).collect(),
            };
            futures_util::stream::iter(answers)
        });
        Ok(Box::pin(answers))
    }

    async fn find_import(&self, id: &str) -> Result<ImportRow, Fault> {
        let found = store::get_import(self.catalogues.store(), id).await.map_err(error::store)?;
        found.ok_or_else(|| Fault::not_found(format!("imports/{id}")))
    }
}

/// A stream of pieces.
struct Receiving {
    pieces: Streaming<UploadImportRequest>,
    upload: Upload,
    id: String,
    next: Option<UploadImportRequest>,
    ended: bool,
}

impl Receiving {
    /// Takes the next piece. None at the end of the stream.
    async fn step(&mut self) -> Result<Option<(ImportRow, Vec<RowFault>)>, Fault> {
        let piece = match self.next.take() {
            Some(first) => Some(first),
            None => self.pieces.message().await.map_err(broken)?,
        };
        let Some(piece) = piece else { return Ok(None) };
        let name = format!("imports/{}", self.id);
        if !piece.name.is_empty() && piece.name != name {
            return Err(Fault::invalid("name", "must be empty or the same in all messages"));
        }
        let taken = self.upload.take(piece.offset, piece.data.to_vec(), piece.last).await;
        let faults = taken.map_err(|why| refused(&name, why))?;
        self.ended = piece.last;
        Ok(Some((self.upload.row().clone(), faults)))
    }
}

/// The messages that tell of a piece.
fn messages(row: &ImportRow, faults: Vec<RowFault>, revision: u64) -> Vec<UploadImportResponse> {
    let mut faults: Vec<_> = faults.into_iter().map(row_fault).collect();
    let mut messages = Vec::new();
    loop {
        let rest = faults.split_off(faults.len().min(FAULTS_A_MESSAGE));
        messages.push(UploadImportResponse { import: Some(import(row)), faults, revision });
        if rest.is_empty() {
            return messages;
        }
        faults = rest;
    }
}

/// A stream that broke off, or a piece that is none: what arrived before is kept.
fn broken(status: Status) -> Fault {
    Fault::invalid("data", format!("the upload ended early: {}", status.message()))
}

fn refused(name: &str, why: UploadError) -> Fault {
    let message = why.to_string();
    match why {
        UploadError::NotFound => Fault::not_found(name),
        UploadError::State(state) => Fault::state_conflict(name, state, "upload"),
        UploadError::Offset { .. } => Fault::invalid("offset", message),
        UploadError::TooLong => Fault::invalid("data", format!("must be at most {MAX_PIECE} bytes")),
        UploadError::TooLarge => Fault::message_too_large().with_message(message),
        UploadError::NotYours(economy) => Fault::not_yours("economy", economy),
        UploadError::Another(whose) => fault(whose.into()),
        UploadError::Hash { .. } => Fault::invalid("data", message),
        UploadError::Store(error) => error::store(error),
    }
}

fn import_id(name: &str) -> Result<String, Fault> {
    let mut v = Violations::new();
    let id = v.resource_name::<1>("name", name, "imports/{import}");
    v.finish_with(|| id).map(|[id]| id)
}

/// The columns of a layout, as far as people need them to write a file; none of one whose rows are lines, and are no CSV.
#[must_use]
pub fn import_columns(format: wire::ImportFormat) -> &'static [Column] {
    layout(format).map_or(&[], columns)
}

fn format(v: &mut Violations, raw: wire::ImportFormat) -> Option<Format> {
    let format = layout(raw);
    if format.is_none() {
        v.add("format", "is required");
    }
    format
}

fn layout(raw: wire::ImportFormat) -> Option<Format> {
    Some(match raw {
        wire::ImportFormat::CodesCsv => Format::CodesCsv,
        wire::ImportFormat::CodesJson => Format::CodesJson,
        wire::ImportFormat::CorrelationCsv => Format::CorrelationCsv,
        wire::ImportFormat::UnsdCorrelation => Format::UnsdCorrelation,
        wire::ImportFormat::UnsdConversion => Format::UnsdConversion,
        wire::ImportFormat::ComtradeNomenclature => Format::ComtradeNomenclature,
        wire::ImportFormat::UsHtsCsv => Format::UsHtsCsv,
        wire::ImportFormat::EuNomenclature => Format::EuNomenclature,
        wire::ImportFormat::GreenListCsv => Format::GreenListCsv,
        wire::ImportFormat::UkSearchReferences => Format::UkSearchReferences,
        wire::ImportFormat::UkSearchSynonyms => Format::UkSearchSynonyms,
        wire::ImportFormat::UkVagueTerms => Format::UkVagueTerms,
        wire::ImportFormat::UkInterceptTerms => Format::UkInterceptTerms,
        wire::ImportFormat::Unspecified => return None,
    })
}

fn import(row: &ImportRow) -> wire::Import {
    let announced = &row.announced;
    let format = match announced.format {
        Format::CodesCsv => wire::ImportFormat::CodesCsv,
        Format::CodesJson => wire::ImportFormat::CodesJson,
        Format::CorrelationCsv => wire::ImportFormat::CorrelationCsv,
        Format::UnsdCorrelation => wire::ImportFormat::UnsdCorrelation,
        Format::UnsdConversion => wire::ImportFormat::UnsdConversion,
        Format::ComtradeNomenclature => wire::ImportFormat::ComtradeNomenclature,
        Format::UsHtsCsv => wire::ImportFormat::UsHtsCsv,
        Format::EuNomenclature => wire::ImportFormat::EuNomenclature,
        Format::UkSearchReferences => wire::ImportFormat::UkSearchReferences,
        Format::UkSearchSynonyms => wire::ImportFormat::UkSearchSynonyms,
        Format::UkVagueTerms => wire::ImportFormat::UkVagueTerms,
        Format::UkInterceptTerms => wire::ImportFormat::UkInterceptTerms,
        Format::GreenListCsv => wire::ImportFormat::GreenListCsv,
    };
    let state = match row.state {
        ImportState::Receiving => wire::ImportState::Receiving,
        ImportState::Complete => wire::ImportState::Complete,
        ImportState::Proposed => wire::ImportState::Proposed,
        ImportState::Published => wire::ImportState::Published,
        ImportState::Abandoned => wire::ImportState::Abandoned,
    };
    let edition = |id: &str| if id.is_empty() { String::new() } else { format!("editions/{id}") };
    wire::Import {
        name: format!("imports/{}", row.id),
        format: format.into(),
        state: state.into(),
        edition: announced.edition.as_ref().map(|it| edition(&it.id)).unwrap_or_default(),
        second_edition: edition(&announced.second_edition),
        received_bytes: row.received_bytes,
        rows: row.rows,
        accepted_rows: row.rows - row.refused_rows.min(row.rows),
        refused_rows: row.refused_rows,
        sha256: row.sha256.clone(),
        source: render::source(&announced.source),
        author: row.author.clone(),
        created_at: Some(timestamp(row.created_at)),
        change_set: row.change_set.clone(),
        published_revision: row.published_revision,
        unchanged_left_out: announced.unchanged_left_out,
        whole: announced.whole,
        in_part: announced.in_part,
    }
}

fn row_fault(fault: RowFault) -> wire::RowFault {
    wire::RowFault {
        line: fault.line,
        column: fault.column,
        code: fault.code,
        message: fault.message,
        value: fault.value,
        mended: fault.mended,
    }
}

/// One row more than a page has, to see whether there is another page.
fn one_more(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX).saturating_add(1)
}

/// A page cut from one more row than it may have, and the token of the next.
fn cut<T, C: serde::Serialize>(
    mut found: Vec<T>,
    size: usize,
    binding: &PageBinding,
    cursor: impl Fn(&T) -> C,
) -> Result<(Vec<T>, String), Fault> {
    let more = found.len() > size;
    found.truncate(size);
    let token = match found.last() {
        Some(last) if more => binding.token(&cursor(last))?,
        _ => String::new(),
    };
    Ok((found, token))
}
