-- Who may do what. Nobody gets a source (file, url, s3, remote, executable ...): what is not granted is refused, so that
-- no query reaches beyond the trace. An analyst sees the tenants of whose roles (`tenant_NAME`) he has; 0003 says how.

CREATE ROLE IF NOT EXISTS answerable_writer SETTINGS PROFILE 'answerable_writer';

CREATE ROLE IF NOT EXISTS answerable_analyst SETTINGS PROFILE 'answerable_reader';

CREATE ROLE IF NOT EXISTS answerable_auditor SETTINGS PROFILE 'answerable_reader';

-- What audit, the migrations and retention need; no table can be dropped or truncated.
GRANT SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP VIEW ON trace.* TO answerable_writer;

GRANT SELECT ON trace.* TO answerable_analyst;

-- Every tenant; and who has asked the trace what, with which rights.
GRANT SELECT ON trace.* TO answerable_auditor;

GRANT SELECT ON system.query_log TO answerable_auditor;

GRANT SHOW ACCESS ON *.* TO answerable_auditor;
