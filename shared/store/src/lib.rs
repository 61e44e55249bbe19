//! Storage for Greenlane services: one sea-orm code path over SQLite and PostgreSQL.
