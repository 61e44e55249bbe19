//! Who may call what.

use greenlane_platform::auth::Rule;

const READ: &[&str] = &["catalogue.read", "recognise"];

macro_rules! method {
    ($path:literal) => {
        concat!("/greenlane.equivalence.v1.", $path)
    };
}

/// One row a method. What is not here is denied. On whose entries, `domain::owners` says; who carries out what a dispute
/// orders, `CuratedCatalogue::check_step`: nobody with a part in it, and of the entries of these whoever has none.
pub const RULES: &[Rule] = &[
    Rule::scope(method!("CatalogueService/GetEconomy"), "catalogue.read"),
    Rule::scope(method!("CatalogueService/ListEconomies"), "catalogue.read"),
    Rule::scope(method!("CatalogueService/GetCatalogueBody"), "catalogue.read"),
    Rule::scope(method!("CatalogueService/ListCatalogueBodies"), "catalogue.read"),
    Rule::scope(method!("CatalogueService/GetScheme"), "catalogue.read"),
    Rule::scope(method!("CatalogueService/ListSchemes"), "catalogue.read"),
    Rule::scope(method!("CatalogueService/GetStandardEdition"), "catalogue.read"),
    Rule::scope(method!("CatalogueService/ListStandardEditions"), "catalogue.read"),
    Rule::scope(method!("CatalogueService/GetEditionTransition"), "catalogue.read"),
    Rule::scope(method!("CatalogueService/ListEditionTransitions"), "catalogue.read"),
    Rule::scope(method!("CatalogueService/GetRequirement"), "catalogue.read"),
    Rule::scope(method!("CatalogueService/ListRequirements"), "catalogue.read"),
    Rule::any_scope("/greenlane.equivalence.v1.CatalogueService/ExportCatalogue", &["catalogue.read", "recognise"]),
    Rule::any_scope(method!("CatalogueService/WatchRevisions"), READ),
    Rule::scope(method!("ArrangementService/GetArrangement"), "catalogue.read"),
    Rule::scope(method!("ArrangementService/ListArrangements"), "catalogue.read"),
    Rule::scope(method!("ArrangementService/GetAnnex"), "catalogue.read"),
    Rule::scope(method!("ArrangementService/ListAnnexes"), "catalogue.read"),
    Rule::scope(method!("ArrangementService/GetDesignation"), "catalogue.read"),
    Rule::scope(method!("ArrangementService/ListDesignations"), "catalogue.read"),
    Rule::scope(method!("EquivalenceService/GetEquivalence"), "catalogue.read"),
    Rule::scope(method!("EquivalenceService/ListEquivalences"), "catalogue.read"),
    Rule::scope(method!("EquivalenceService/TraceEquivalences"), "catalogue.read"),
    Rule::scope(method!("ChangeService/CreateChangeSet"), "catalogue.propose"),
    Rule::scope(method!("ChangeService/GetChangeSet"), "catalogue.read"),
    Rule::scope(method!("ChangeService/ListChangeSets"), "catalogue.read"),
    Rule::scope(method!("ChangeService/UpdateChangeSet"), "catalogue.propose"),
    Rule::scope(method!("ChangeService/ValidateChangeSet"), "catalogue.read"),
    Rule::scope(method!("ChangeService/PreviewImpact"), "catalogue.read"),
    Rule::scope(method!("ChangeService/ReportUse"), "use.report"),
    Rule::scope(method!("ChangeService/DiffChangeSet"), "catalogue.read"),
    Rule::scope(method!("ChangeService/ProposeChangeSet"), "catalogue.propose"),
    Rule::scope(method!("ChangeService/NotifyChangeSet"), "catalogue.propose"),
    Rule::scope(method!("ChangeService/CommentOnChangeSet"), "catalogue.read"),
    Rule::scope(method!("ChangeService/ListChangeComments"), "catalogue.read"),
    Rule::scope(method!("ChangeService/ReviewChangeSet"), "catalogue.review"),
    Rule::scope(method!("ChangeService/PublishChangeSet"), "catalogue.publish"),
    Rule::scope(method!("ChangeService/WithdrawChangeSet"), "catalogue.propose"),
    Rule::scope(method!("ChangeService/RevertChangeSet"), "catalogue.propose"),
    Rule::scope(method!("AlertService/CreateSubscription"), "catalogue.read"),
    Rule::scope(method!("AlertService/GetSubscription"), "catalogue.read"),
    Rule::scope(method!("AlertService/ListSubscriptions"), "catalogue.read"),
    Rule::scope(method!("AlertService/DeleteSubscription"), "catalogue.read"),
    Rule::scope(method!("AlertService/ListAlerts"), "catalogue.read"),
    Rule::scope(method!("AlertService/WatchAlerts"), "catalogue.read"),
    Rule::scope(method!("DisputeService/OpenDispute"), "catalogue.propose"),
    Rule::scope(method!("DisputeService/GetDispute"), "catalogue.read"),
    Rule::scope(method!("DisputeService/ListDisputes"), "catalogue.read"),
    Rule::any_scope(method!("DisputeService/WatchDisputes"), READ),
    Rule::scope(method!("DisputeService/AnswerDispute"), "catalogue.propose"),
    Rule::scope(method!("DisputeService/ObjectToDispute"), "catalogue.propose"),
    Rule::scope(method!("DisputeService/AppointDisputePanel"), "catalogue.review"),
    Rule::scope(method!("DisputeService/DecideDispute"), "catalogue.review"),
    Rule::scope(method!("DisputeService/ApplyDispute"), "catalogue.review"),
    Rule::scope(method!("DisputeService/CloseDispute"), "catalogue.review"),
    Rule::scope(method!("DisputeService/WithdrawDispute"), "catalogue.propose"),
    Rule::any_scope(method!("PackService/GetRecognitionPack"), READ),
    Rule::any_scope(method!("PackService/GetPackKey"), READ),
    Rule::scope(method!("RecognitionService/Recognise"), "recognise"),
    Rule::scope(method!("RecognitionService/BatchRecognise"), "recognise"),
    Rule::scope(method!("RecognitionService/StreamRecognise"), "recognise"),
    Rule::scope(method!("RecognitionService/Explain"), "recognise"),
    Rule::scope(method!("RecognitionService/PlanMarketAccess"), "recognise"),
    Rule::scope(method!("RecognitionService/AuditFairness"), "catalogue.read"),
];
