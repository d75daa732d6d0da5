-- What readers and the writer may set. Limits of readers hold for one query each; quotas hold for an hour.

CREATE SETTINGS PROFILE IF NOT EXISTS answerable_reader SETTINGS
    readonly = 1,
    allow_ddl = 0 CONST,
    allow_introspection_functions = 0 CONST,
    max_execution_time = 30 MIN 1 MAX 30 CHANGEABLE_IN_READONLY,
    max_memory_usage = 2000000000,
    max_result_rows = 1000000,
    max_threads = 4,
    result_overflow_mode = 'throw',
    log_queries = 1 CONST;

CREATE SETTINGS PROFILE IF NOT EXISTS answerable_writer SETTINGS
    async_insert = 0 CONST,
    log_queries = 1 CONST;
