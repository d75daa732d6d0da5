-- So that one analyst cannot keep the server busy for all; each user counts for himself.

CREATE QUOTA IF NOT EXISTS answerable_analyst KEYED BY user_name
FOR INTERVAL 1 HOUR MAX queries = 2000, errors = 200, result_rows = 50000000, read_rows = 20000000000, execution_time = 1800
TO answerable_analyst;

CREATE QUOTA IF NOT EXISTS answerable_auditor KEYED BY user_name
FOR INTERVAL 1 HOUR MAX queries = 10000, execution_time = 3600
TO answerable_auditor;
