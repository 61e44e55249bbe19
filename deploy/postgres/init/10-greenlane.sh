#!/bin/sh
# Runs once, when the cluster is made: for each service a database, its owner (who migrates) and the role that serves.
# The serving role may read and write rows and nothing else: it cannot alter a table, nor make, empty or drop one. What was
# logged, who did what, and what witnesses said it can only add to, and which migrations ran it can only read.
# On a server of one's own: PGHOST and PGPASSWORD as psql takes them, and the folder of the passwords in GREENLANE_SECRETS.
set -eu
secrets=${GREENLANE_SECRETS:-/run/greenlane}
# A verifier reads of the registry's database what it serves, on a replica, and can write nowhere.
verifier_password=$(cat "$secrets/verifier")
psql --quiet --set=ON_ERROR_STOP=1 --username=postgres --dbname=postgres \
    --command="CREATE ROLE verifier LOGIN PASSWORD '$verifier_password'"
for service in registry equivalence classification; do
    owner_password=$(cat "$secrets/${service}_owner")
    password=$(cat "$secrets/$service")
    psql --quiet --set=ON_ERROR_STOP=1 --username=postgres --dbname=postgres << SQL
CREATE ROLE ${service}_owner LOGIN PASSWORD '$owner_password';
CREATE ROLE $service LOGIN PASSWORD '$password';
CREATE DATABASE $service OWNER ${service}_owner;
REVOKE ALL ON DATABASE $service FROM PUBLIC;
GRANT CONNECT ON DATABASE $service TO $service;
\\connect $service
ALTER SCHEMA public OWNER TO ${service}_owner;
GRANT USAGE ON SCHEMA public TO $service;
ALTER DEFAULT PRIVILEGES FOR ROLE ${service}_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO $service;
ALTER DEFAULT PRIVILEGES FOR ROLE ${service}_owner IN SCHEMA public GRANT USAGE ON SEQUENCES TO $service;
-- Default privileges are the same for all tables: those that want less lose it when a migration has made them.
CREATE FUNCTION public.narrow() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS \$\$
DECLARE
    made record;
    taken text;
BEGIN
    FOR made IN SELECT object_identity FROM pg_event_trigger_ddl_commands() WHERE command_tag = 'CREATE TABLE' LOOP
        taken := CASE
            WHEN made.object_identity IN ('public.log_entry', 'public.log_cosignature', 'public.log_evidence', 'public.audit_record')
                THEN 'UPDATE, DELETE'
            WHEN made.object_identity IN ('public.log_tile', 'public.log_head', 'public.log_checkpoint') THEN 'DELETE'
            WHEN made.object_identity = 'public.seaql_migrations' THEN 'INSERT, UPDATE, DELETE'
        END;
        IF taken IS NOT NULL THEN
            EXECUTE format('REVOKE %s ON %s FROM $service', taken, made.object_identity);
        END IF;
        -- Who did what, what was answered to whom, and whole events of supply chains: a verifier serves none of it.
        IF made.object_identity IN ('public.audit_record', 'public.idempotency_record', 'public.log_evidence', 'public.witnessed',
            'public.trace_epcis', 'public.trace_input') THEN
            EXECUTE format('REVOKE ALL ON %s FROM verifier', made.object_identity);
        END IF;
    END LOOP;
END \$\$;
REVOKE ALL ON FUNCTION public.narrow() FROM PUBLIC;
CREATE EVENT TRIGGER narrow ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.narrow();
SQL
done
psql --quiet --set=ON_ERROR_STOP=1 --username=postgres --dbname=registry << SQL
GRANT CONNECT ON DATABASE registry TO verifier;
GRANT USAGE ON SCHEMA public TO verifier;
ALTER DEFAULT PRIVILEGES FOR ROLE registry_owner IN SCHEMA public GRANT SELECT ON TABLES TO verifier;
SQL
