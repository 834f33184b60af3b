//! Grafana's files, tried on real Postgres: each query of each dashboard and alert rule is expanded as
//! Grafana would and asked as the role it is given.
//!
//! **Invariant:** on what `fill` leaves every query gives a row, and none reads a large table from end to
//! end; whatever is chosen, and where there is nothing yet, none fails.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::OnceLock;

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use self::dashboards::{Dashboard, Query, Span, alert_queries, dashboards};
use self::database::Database;
use self::variables::Values;

mod correlated;
mod dashboards;
mod database;
mod fill;
mod macros;
mod shape;
mod speed;
mod variables;

/// Variables whose values a person cannot type: they come from a list.
const LISTED: [&str; 1] = ["resolution"];

/// A database filled by the services, and up to when.
fn filled_until() -> &'static (Database, i64) {
    static FILLED: OnceLock<(Database, i64)> = OnceLock::new();
    FILLED.get_or_init(|| {
        let database = Database::start_empty();
        let until_ms = fill::small(&database);
        (database, until_ms)
    })
}

fn filled() -> &'static Database {
    &filled_until().0
}

#[test]
fn every_query_gives_rows_and_reads_no_large_table_whole() {
    let (database, now_ms) = filled_until();
    let now_ms = *now_ms;
    for dashboard in dashboards() {
        let span = dashboard.default_span(now_ms);
        let mut empty: BTreeSet<_> =
            dashboard.queries().into_iter().map(|each| each.place).collect();
        let more = CHOICES_MIN..CHOICES_MAX;
        for nth in choices(&dashboard).chain(more) {
            // Few measures are counters: some panels are empty until one of them is chosen.
            if nth >= CHOICES_MIN && empty.is_empty() {
                break;
            }
            let values = dashboard.values(database, span, nth);
            for query in dashboard.queries() {
                if gives_rows(database, &query, span, &values) {
                    empty.remove(&query.place);
                }
            }
        }
        assert!(empty.is_empty(), "no row with a value, whatever is chosen: {empty:?}");
    }
    let span = Span { from_ms: now_ms - 3_600_000, to_ms: now_ms };
    for query in alert_queries() {
        assert!(gives_rows(database, &query, span, &Values::default()), "{}", query.place);
    }
}

/// Which of their options variables with one value are given at least, and at most.
const CHOICES_MIN: usize = 10;
const CHOICES_MAX: usize = 60;

fn choices(dashboard: &Dashboard) -> Range<usize> {
    0..if dashboard.has_single_choice() { CHOICES_MIN } else { 1 }
}

/// Whether there was also a value, beside the time.
#[track_caller]
fn gives_rows(database: &Database, query: &Query, span: Span, values: &Values) -> bool {
    let place = &query.place;
    let sql = query.expand(span, values).unwrap_or_else(|error| panic!("{place}: {error}"));
    let answer = database.ask(&sql).unwrap_or_else(|error| panic!("{place}: {error}\n{sql}"));
    if query.is_time_series {
        assert_eq!(answer.columns[0], "time", "{place}");
        assert!(answer.rows.iter().all(|row| !row[0].is_empty()), "{place}: a row without time");
    }
    let scanned = database.scans(&sql).unwrap();
    assert!(scanned.is_empty(), "{place}: reads all of {scanned:?}\n{sql}");
    let beside = |row: &Vec<String>| answer.columns.iter().zip(row).any(|(c, f)| is_value(c, f));
    answer.rows.iter().any(beside)
}

fn is_value(column: &str, field: &str) -> bool {
    !["time", "metric"].contains(&column) && !field.is_empty()
}

#[test]
fn a_query_that_reads_a_large_table_whole_is_noticed() {
    let scanned = filled().scans("select max(arrival) from isobar.window_1m").unwrap();
    assert!(!scanned.is_empty());
}

#[test]
fn alert_queries_have_one_number_and_no_variables() {
    for query in alert_queries() {
        assert!(!query.sql.contains('$'), "{}: a rule knows no variables", query.place);
        let answer = filled().ask(&query.sql).unwrap();
        let is_number = |column: &usize| answer.rows[0][*column].parse::<f64>().is_ok();
        assert_eq!((0..answer.columns.len()).filter(is_number).count(), 1, "{}", query.place);
    }
}

#[test]
fn the_role_can_read_and_nothing_else() {
    let refused = |sql: &str, expected: &str| {
        let error = filled().ask(sql).unwrap_err();
        assert!(error.contains(expected), "{sql}: {error}");
    };
    refused("delete from isobar.balance", "read-only transaction");
    refused("set transaction read write; delete from isobar.balance", "permission denied");
    refused("select * from isobar.audit_log", "permission denied");
    refused("create table isobar.mine ()", "read-only transaction");
    refused("set statement_timeout = '50ms'; select pg_sleep(5)", "statement timeout");
    let timeout = filled().ask("show statement_timeout").unwrap();
    assert_eq!(timeout.rows, [["10s"]]);
}

#[test]
fn partitions_to_come_can_be_read() {
    let database = Database::start();
    database.run(
        "create table isobar.window_1m_later partition of isobar.window_1m \
         for values from ('2100-01-01') to ('2100-01-02')",
    );
    database.ask("select * from isobar.window_1m_later").unwrap();
}

#[test]
fn a_database_without_rows_gives_no_error() {
    let database = Database::start();
    let span = Span { from_ms: 1_772_366_400_000, to_ms: 1_772_370_000_000 };
    for dashboard in dashboards() {
        // All of nothing is an empty list, and one of nothing is an empty text.
        for values in [&[][..], &[""]] {
            no_errors(&database, &dashboard, span, values);
        }
    }
    let queries: Vec<_> = alert_queries().into_iter().map(|query| query.sql).collect();
    database.ask_all(&queries).unwrap_or_else(|(at, error)| panic!("{}: {error}", queries[at]));
}

/// What people and links put into variables.
const VALUES: [&str; 12] = [
    "acme",
    "o'reilly",
    "''",
    "\"quoted\"",
    "a,b",
    "\\",
    "'; drop table isobar.series; --",
    "$1 ${tenant} [[x]]",
    "%s {{}}",
    "ö\u{1f980}",
    "",
    "ffffffffffffffff",
];
/// Before the epoch, around now, and as far as times can be written.
const TIMES_MS: [i64; 6] =
    [-1, 0, 1_772_366_400_000, 1_772_366_400_001, 4_102_444_800_000, 253_402_300_799_999];

#[test]
fn whatever_is_chosen_no_query_fails() {
    let database = filled();
    let seeds = std::env::var("ISOBAR_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(8);
    for seed in 0..seeds {
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        for dashboard in dashboards() {
            // From may lie behind to, or be the same.
            let mut time = || *TIMES_MS.choose(random).unwrap();
            let span = Span { from_ms: time(), to_ms: time() };
            let count = random.random_range(0..5);
            let values: Vec<_> = (0..count).map(|_| *VALUES.choose(random).unwrap()).collect();
            println!("seed {seed}: {} {span:?} {values:?}", dashboard.file);
            no_errors(database, &dashboard, span, &values);
        }
    }
}

/// Gives all variables these values, those with one value the first, and asks everything.
#[track_caller]
fn no_errors(database: &Database, dashboard: &Dashboard, span: Span, chosen: &[&str]) {
    let mut values = Values::default();
    for variable in dashboard.variables() {
        let default = variable["current"]["value"].as_str().unwrap_or_default();
        values.set(variable["name"].as_str().unwrap(), &[default], variable["multi"] == true);
    }
    values.set_all_but(&LISTED, chosen);
    let panels = dashboard.queries().into_iter().map(|query| query.expand(span, &values).unwrap());
    let variables = dashboard.variable_queries(span, &values);
    let all: Vec<_> = panels.chain(variables).collect();
    let outcome = database.ask_all(&all);
    outcome.unwrap_or_else(|(at, error)| panic!("{}: {error}\n{}", dashboard.file, all[at]));
}

#[test]
fn every_table_for_people_is_shown_somewhere() {
    let dashboards = dashboards();
    let sql: String =
        dashboards.iter().flat_map(Dashboard::queries).map(|query| query.sql).collect();
    let rules: String = alert_queries().into_iter().map(|query| query.sql).collect();
    let views = filled().ask("select viewname from pg_views where schemaname = 'isobar'").unwrap();
    let names: BTreeSet<_> = views.rows.iter().map(|row| row[0].replace("_1m", "_")).collect();
    for name in
        names.iter().filter(|name| !name.ends_with(['m', 'h', 'd']) || !name.contains("window"))
    {
        assert!(
            sql.contains(name.as_str()) || rules.contains(name.as_str()),
            "nothing shows {name}"
        );
    }
}
