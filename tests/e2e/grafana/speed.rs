//! How long the panels take on ten million rows. Not part of `make test`: `make grafana-speed`.

use super::dashboards::dashboards;
use super::database::Database;
use super::{choices, fill};

/// What nobody notices as waiting, for each panel.
const LIMIT_MS: f64 = 200.0;

#[test]
#[ignore = "takes some fifteen minutes and 6 GB in /tmp: make grafana-speed"]
fn no_panel_takes_longer_than_200_ms_on_ten_million_rows() {
    let database = Database::start();
    fill::large(&database);
    database.run("vacuum analyze");
    let now_ms = end_ms(&database);
    let mut slow = Vec::new();
    println!("{:>9}  {:>7}  dashboard: panel", "ms", "rows");
    for dashboard in dashboards() {
        let span = dashboard.default_span(now_ms);
        for nth in choices(&dashboard) {
            let values = dashboard.values(&database, span, nth);
            for query in dashboard.queries() {
                let sql = query.expand(span, &values).unwrap();
                let rows =
                    database.ask(&sql).unwrap_or_else(|error| panic!("{sql}: {error}")).rows.len();
                let ms = database.median_ms(&sql);
                println!("{ms:>9.1}  {rows:>7}  {} ({nth})", query.place);
                let scanned = database.scans(&sql).unwrap();
                if !scanned.is_empty() {
                    slow.push(format!("{} reads all of {scanned:?}", query.place));
                }
                if ms > LIMIT_MS {
                    slow.push(format!("{}: {ms} ms\n{sql}", query.place));
                }
            }
        }
    }
    assert!(slow.is_empty(), "slower than {LIMIT_MS} ms, or reading everything: {slow:#?}");
}

/// Filling takes minutes, in which nothing comes after it: the time ranges end in the minute after the
/// newest window.
fn end_ms(database: &Database) -> i64 {
    let sql =
        "select (extract(epoch from newest_window) * 1000)::bigint + 90000 from isobar.v_freshness";
    database.ask(sql).unwrap().rows[0][0].parse().unwrap()
}
