"""The record: ClickHouse schema and migrations, writer, reader, completeness, gate state."""
