#!/bin/sh
# Runs once, when the cluster is made: for each service a database, its owner (who migrates) and the role that serves.
# The serving role may read and write rows and nothing else: it cannot alter a table, nor make or drop one.
# On a server of one's own: PGHOST and PGPASSWORD as psql takes them, and the folder of the passwords in GREENLANE_SECRETS.
set -eu
secrets=${GREENLANE_SECRETS:-/run/greenlane}
# A verifier reads the registry's database, on a replica, and can write nowhere.
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
SQL
done
psql --quiet --set=ON_ERROR_STOP=1 --username=postgres --dbname=registry << SQL
GRANT CONNECT ON DATABASE registry TO verifier;
GRANT USAGE ON SCHEMA public TO verifier;
ALTER DEFAULT PRIVILEGES FOR ROLE registry_owner IN SCHEMA public GRANT SELECT ON TABLES TO verifier;
SQL
