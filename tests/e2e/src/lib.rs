//! What crosses services: the story, faults, conformance.
