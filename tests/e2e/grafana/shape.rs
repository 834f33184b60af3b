//! Whether the files are what Grafana takes, as far as that shows without Grafana.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::dashboards::{Dashboard, alert_rules, dashboards, read_yaml};

/// Where schemas lie that are not part of this repository, if they are here.
fn schemas() -> Option<PathBuf> {
    let shared = std::env::var_os("ISOBAR_SHARED")?;
    let folder = Path::new(&shared).join("k8s-grafana-schemas/grafana");
    assert!(folder.is_dir(), "ISOBAR_SHARED is set, but {} is no folder", folder.display());
    Some(folder)
}

fn schema(folder: &Path, file: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join(file)).unwrap()).unwrap()
}

#[track_caller]
fn conforms(validator: &jsonschema::Validator, name: &str, value: &Value) {
    let errors: Vec<_> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error:.200}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
}

#[test]
fn files_conform_to_the_schemas_of_grafana() {
    let Some(folder) = schemas() else {
        println!(
            "left out: ISOBAR_SHARED is not set, so there are no schemas of Grafana (make grafana-schema)"
        );
        return;
    };
    let validator =
        jsonschema::validator_for(&schema(&folder, "dashboard.jsonschema.json")).unwrap();
    for dashboard in dashboards() {
        conforms(&validator, &dashboard.file, &dashboard.model);
        let mut wrong = dashboard.model.clone();
        wrong["titel"] = json!("a key that there is not");
        assert!(!validator.is_valid(&wrong), "{}: a wrong key was taken", dashboard.file);
    }
    conform_panels(&folder);
    conform_rules(&folder);
}

/// What a panel has under `options` is checked by the schema of its type.
fn conform_panels(folder: &Path) {
    for kind in ["timeseries", "stat", "table"] {
        let mut schema = schema(folder, &format!("{kind}.jsonschema.json"));
        schema["$ref"] = json!("#/definitions/Options");
        let validator = jsonschema::validator_for(&schema).unwrap();
        for dashboard in dashboards() {
            for panel in dashboard.panels().filter(|panel| panel["type"] == kind) {
                conforms(&validator, &place(&dashboard, panel), &panel["options"]);
            }
        }
    }
}

/// The schema is that of the interface; a file leaves out what its group says.
fn conform_rules(folder: &Path) {
    let mut schema = schema(folder, "alerting.jsonschema.json");
    schema["$ref"] = json!("#/definitions/Rule");
    let validator = jsonschema::validator_for(&schema).unwrap();
    for mut rule in alert_rules() {
        rule["orgID"] = json!(1);
        rule["folderUID"] = json!("isobar");
        rule["ruleGroup"] = json!("isobar");
        conforms(&validator, &rule["uid"].to_string(), &rule);
    }
}

fn place(dashboard: &Dashboard, value: &Value) -> String {
    format!("{}: {}{}", dashboard.file, value["title"], value["name"])
}

#[test]
fn every_panel_says_what_it_shows_in_which_unit_and_leads_on() {
    for dashboard in dashboards() {
        let mut ids = BTreeSet::new();
        for panel in dashboard.panels() {
            let place = place(&dashboard, panel);
            assert!(ids.insert(panel["id"].as_u64().unwrap()), "{place}: its id is there twice");
            assert!(!panel["title"].as_str().unwrap().is_empty(), "{place}");
            assert!(
                panel["description"].as_str().unwrap().ends_with('.'),
                "{place}: no description"
            );
            assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{place}: no unit");
            assert!(!panel["links"].as_array().unwrap().is_empty(), "{place}: no link");
        }
        for variable in dashboard.variables() {
            assert!(
                variable["description"].is_string(),
                "{}: no description",
                place(&dashboard, variable)
            );
        }
    }
}

#[test]
fn dashboards_are_found_by_their_uids_and_bring_no_leftovers_of_an_export() {
    let all = dashboards();
    let uids: BTreeSet<_> = all.iter().map(|each| each.model["uid"].as_str().unwrap()).collect();
    assert_eq!(uids.len(), all.len());
    for dashboard in &all {
        let text = dashboard.model.to_string();
        for leftover in ["__inputs", "__requires", "\"id\":null"] {
            assert!(!text.contains(leftover), "{}: {leftover}", dashboard.file);
        }
        let targets = text.split("/d/").skip(1).map(|rest| rest.split(['?', '"']).next().unwrap());
        for uid in targets {
            assert!(
                uids.contains(uid),
                "{}: a link to {uid}, which is no dashboard",
                dashboard.file
            );
        }
    }
}

#[test]
fn provisioned_parts_fit_together() {
    let source = &read_yaml("provisioning/datasources/isobar.yaml")["datasources"][0];
    assert_eq!(source["type"], "grafana-postgresql-datasource");
    for dashboard in dashboards() {
        let ds = dashboard.variables().find(|variable| variable["name"] == "ds").unwrap().clone();
        assert_eq!((&ds["query"], &ds["current"]["value"]), (&source["type"], &source["uid"]));
        for panel in dashboard.panels() {
            assert_eq!(panel["datasource"]["uid"], "${ds}", "{}", place(&dashboard, panel));
        }
    }
    for rule in alert_rules() {
        assert_eq!(rule["data"][0]["datasourceUid"], source["uid"]);
        let (uid, id) =
            (&rule["annotations"]["__dashboardUid__"], &rule["annotations"]["__panelId__"]);
        let dashboards = dashboards();
        let of = dashboards.iter().find(|each| &each.model["uid"] == uid).unwrap();
        assert!(
            of.panels().any(|panel| &json!(panel["id"].to_string()) == id),
            "{}: {id}",
            rule["uid"]
        );
    }
}
