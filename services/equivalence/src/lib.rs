//! The equivalence service: standards, arrangements, recognition.
