//! The two migration trees describe the same tables.

use std::collections::BTreeSet;

use diesel::connection::Connection as _;
use diesel::{QueryableByName, RunQueryDsl as _, sql_query, sql_types::Text};
use zhifa_server::base::db::Db;

use crate::harness::postgres_database;

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    line: String,
}

fn normal(lines: Vec<Column>) -> BTreeSet<String> {
    let kind = |l: String| l.to_lowercase().replace("bytea", "blob");
    lines.into_iter().map(|l| kind(l.line)).filter(|l| !l.contains("schema_migrations")).collect()
}

#[test]
fn both_trees_have_the_same_tables_columns_and_types() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.db");
    drop(Db::open(None, &file).unwrap());
    let url = postgres_database();
    drop(Db::open(Some(&url), &file).unwrap());
    let mut lite = diesel::SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    let mut pg = diesel::PgConnection::establish(&url).unwrap();
    let of_lite = sql_query(
        "SELECT m.name || '.' || c.name || ' ' || c.type || ' ' || CASE WHEN c.\"notnull\" = 1 THEN 'not null' ELSE 'null' END AS line \
         FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'",
    )
    .load::<Column>(&mut lite)
    .unwrap();
    let of_pg = sql_query(
        "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || CASE WHEN is_nullable = 'NO' THEN 'not null' ELSE 'null' END AS line \
         FROM information_schema.columns WHERE table_schema = 'public'",
    )
    .load::<Column>(&mut pg)
    .unwrap();
    let (of_lite, of_pg) = (normal(of_lite), normal(of_pg));
    assert!(of_lite.len() > 80, "{}", of_lite.len());
    assert_eq!(of_lite, of_pg);
    let indexes_lite = sql_query("SELECT name AS line FROM sqlite_master WHERE type = 'index' AND name NOT LIKE 'sqlite_%'").load::<Column>(&mut lite).unwrap();
    let indexes_pg = sql_query("SELECT indexname::text AS line FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%_pkey'").load::<Column>(&mut pg).unwrap();
    assert_eq!(normal(indexes_lite), normal(indexes_pg));
}
