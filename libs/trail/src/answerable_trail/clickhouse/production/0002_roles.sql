-- Who may do what. Nobody gets a source (file, url, s3, remote, executable ...): what is not granted is refused, so that
-- no query reaches beyond the trace. An analyst sees the tenants of whose roles (`tenant_NAME`) he has; 0003 says how.

CREATE ROLE IF NOT EXISTS answerable_writer SETTINGS PROFILE 'answerable_writer';

CREATE ROLE IF NOT EXISTS answerable_operator SETTINGS PROFILE 'answerable_writer';

CREATE ROLE IF NOT EXISTS answerable_analyst SETTINGS PROFILE 'answerable_reader';

CREATE ROLE IF NOT EXISTS answerable_auditor SETTINGS PROFILE 'answerable_reader';

-- What the services, their migrations and retention need; no table can be dropped or truncated.
GRANT SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP VIEW ON trace.* TO answerable_writer;

-- What `answerable retention` and erasure need beyond that: old files removed at once, and tables of what is searched for.
GRANT answerable_writer TO answerable_operator;

GRANT OPTIMIZE, SYSTEM CLEANUP ON trace.* TO answerable_operator;

GRANT DROP TABLE ON trace.sought_* TO answerable_operator;

GRANT SELECT ON system.parts TO answerable_operator;

GRANT SELECT ON system.mutations TO answerable_operator;

GRANT SELECT ON system.view_refreshes TO answerable_operator;

GRANT SELECT ON trace.* TO answerable_analyst;

-- Every tenant; and who has asked the trace what, with which rights.
GRANT SELECT ON trace.* TO answerable_auditor;

GRANT SELECT ON system.query_log TO answerable_auditor;

GRANT SHOW ACCESS ON *.* TO answerable_auditor;
