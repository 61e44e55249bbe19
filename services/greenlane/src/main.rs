//! The greenlane command: client, demonstration, and the services as processes.

fn main() {}
