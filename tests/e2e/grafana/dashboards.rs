//! What there is to ask: the queries of all dashboards and alert rules, as their files have them.

use std::path::PathBuf;

use serde_json::Value;

use super::database::Database;
use super::macros::{Asked, expand};
use super::variables::Values;
use crate::support::root;

/// A dashboard as it was written.
pub(super) struct Dashboard {
    pub(super) file: String,
    pub(super) model: Value,
}

/// One query of a panel, an annotation or an alert rule.
pub(super) struct Query {
    /// Where it stands, for people.
    pub(super) place: String,
    pub(super) sql: String,
    pub(super) is_time_series: bool,
    /// The least interval of the panel, and the variable it is repeated for.
    interval_ms: i64,
    repeat: Option<String>,
}

/// The span of time a dashboard is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) from_ms: i64,
    pub(super) to_ms: i64,
}

pub(super) fn folder() -> PathBuf {
    root().join("deploy/grafana")
}

/// All dashboards, in the order of their names.
pub(super) fn dashboards() -> Vec<Dashboard> {
    let entries = std::fs::read_dir(folder().join("dashboards")).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: PathBuf| Dashboard {
        file: path.file_name().unwrap().to_string_lossy().into_owned(),
        model: serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap(),
    };
    files.into_iter().map(read).collect()
}

impl Dashboard {
    /// Panels with queries: all but rows.
    pub(super) fn panels(&self) -> impl Iterator<Item = &Value> {
        self.list("/panels").filter(|panel| panel["type"] != "row")
    }

    pub(super) fn variables(&self) -> impl Iterator<Item = &Value> {
        self.list("/templating/list")
    }

    fn list(&self, pointer: &str) -> impl Iterator<Item = &Value> {
        self.model.pointer(pointer).unwrap().as_array().unwrap().iter()
    }

    /// The queries of panels and annotations.
    pub(super) fn queries(&self) -> Vec<Query> {
        let mut all = Vec::new();
        for panel in self.panels() {
            for target in panel["targets"].as_array().unwrap() {
                all.push(Query::new(&self.file, panel, target, &panel["title"]));
            }
        }
        for annotation in self.list("/annotations/list") {
            all.push(Query::new(
                &self.file,
                annotation,
                &annotation["target"],
                &annotation["name"],
            ));
        }
        all
    }

    /// Whether some variable has one value of many, so that more than one choice has to be tried.
    pub(super) fn has_single_choice(&self) -> bool {
        self.variables().any(|each| each["type"] == "query" && each["multi"] == false)
    }

    /// The time range it opens with, if it is now `now_ms`.
    pub(super) fn default_span(&self, now_ms: i64) -> Span {
        assert_eq!(self.model["time"]["to"], "now");
        let back = self.model["time"]["from"].as_str().unwrap().strip_prefix("now-").unwrap();
        Span { from_ms: now_ms - interval_ms(back), to_ms: now_ms }
    }

    /// What the variables have once the dashboard is open, all of what its query gives, or
    /// from the `nth` on: one, or three where several may be chosen.
    pub(super) fn values(&self, database: &Database, span: Span, nth: usize) -> Values {
        let mut values = Values::default();
        for variable in self.variables() {
            let name = variable["name"].as_str().unwrap();
            let options = match variable["type"].as_str().unwrap() {
                "query" => self.options(database, variable, span, &values),
                "custom" => vec![variable["current"]["value"].as_str().unwrap().to_owned()],
                _ => continue,
            };
            assert!(!options.is_empty(), "{}: variable {name} has no values", self.file);
            let (several, all) = (variable["multi"] == true, variable["includeAll"] == true);
            let count = if all {
                options.len()
            } else if several {
                3.min(options.len())
            } else {
                1
            };
            let from_nth = options.iter().cycle().skip(nth % options.len());
            let chosen: Vec<_> = from_nth.take(count).map(String::as_str).collect();
            values.set(name, &chosen, several);
        }
        values
    }

    /// The queries of the variables, each where all have these values.
    pub(super) fn variable_queries(&self, span: Span, values: &Values) -> Vec<String> {
        let asked = asked(span, 60_000, values.clone());
        let queries = self.variables().filter(|variable| variable["type"] == "query");
        queries.map(|each| expand(each["query"].as_str().unwrap(), &asked).unwrap()).collect()
    }

    fn options(
        &self,
        database: &Database,
        variable: &Value,
        span: Span,
        values: &Values,
    ) -> Vec<String> {
        let sql = variable["query"].as_str().unwrap();
        let place = format!("{}: variable {}", self.file, variable["name"]);
        let sql = expand(sql, &asked(span, 60_000, values.clone())).unwrap();
        let answer = database.ask(&sql).unwrap_or_else(|error| panic!("{place}: {error}\n{sql}"));
        let scanned = database.scans(&sql).unwrap();
        assert!(scanned.is_empty(), "{place}: reads all of {scanned:?}\n{sql}");
        let value = answer.columns.iter().position(|column| column == "__value").unwrap_or(0);
        answer.rows.into_iter().map(|mut row| row.swap_remove(value)).collect()
    }
}

impl Query {
    fn new(file: &str, panel: &Value, target: &Value, name: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Self {
            place: format!("{file}: {}", text(name).unwrap()),
            sql: text(&target["rawSql"]).unwrap(),
            is_time_series: target["format"] == "time_series",
            interval_ms: text(&panel["interval"]).map_or(1000, |interval| interval_ms(&interval)),
            repeat: text(&panel["repeat"]),
        }
    }

    /// The SQL that Postgres gets where the variables have these values.
    pub(super) fn expand(&self, span: Span, values: &Values) -> Result<String, String> {
        let values =
            self.repeat.as_ref().map_or_else(|| values.clone(), |name| values.first_of(name));
        let width = (span.to_ms - span.from_ms) / 1000;
        let steps =
            [10, 30, 60, 300, 600, 1800, 3600, 43_200, 86_400].map(|seconds| seconds * 1000);
        let step = steps.into_iter().find(|step| *step >= width).unwrap_or(604_800_000);
        expand(&self.sql, &asked(span, step.max(self.interval_ms), values))
    }
}

fn asked(span: Span, interval_ms: i64, values: Values) -> Asked {
    Asked { from_ms: span.from_ms, to_ms: span.to_ms, interval_ms, values }
}

/// The queries of the alert rules. No variables are put into them.
pub(super) fn alert_queries() -> Vec<Query> {
    let mut all = Vec::new();
    for rule in alert_rules() {
        for data in rule["data"].as_array().unwrap() {
            if data["model"]["rawSql"].is_string() {
                all.push(Query::new("alerting", &rule, &data["model"], &rule["title"]));
            }
        }
    }
    all
}

pub(super) fn alert_rules() -> Vec<Value> {
    let file = read_yaml("provisioning/alerting/isobar.yaml");
    let groups = file["groups"].as_array().unwrap();
    groups.iter().flat_map(|group| group["rules"].as_array().unwrap().clone()).collect()
}

pub(super) fn read_yaml(path: &str) -> Value {
    let text = std::fs::read_to_string(folder().join(path)).unwrap();
    serde_yaml_ng::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// `30s`, `5m`, `6h`, `7d`.
fn interval_ms(text: &str) -> i64 {
    let (number, unit) = text.split_at(text.len() - 1);
    let unit_ms = match unit {
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        other => panic!("a unit that no dashboard uses: {other}"),
    };
    number.parse::<i64>().unwrap() * unit_ms
}
