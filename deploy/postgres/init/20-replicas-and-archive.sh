#!/bin/sh
# Runs once, when the cluster of deploy/compose is made: its replicas get a role, which copies everything and changes nothing,
# and its write-ahead log is archived from the next start on, which comes at once.
set -eu
password=$(cat /run/greenlane/replication)
psql --quiet --set=ON_ERROR_STOP=1 --username=postgres --dbname=postgres \
    --command="CREATE ROLE replication LOGIN REPLICATION PASSWORD '$password'"
sh /etc/greenlane/archive-on /var/lib/postgresql/archive/first user=postgres
