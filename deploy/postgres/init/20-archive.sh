#!/bin/sh
# Runs once, when the cluster of deploy/compose is made: its write-ahead log is archived from the next start on, which comes
# at once.
set -eu
sh /etc/greenlane/archive-on /var/lib/postgresql/archive/first user=postgres
