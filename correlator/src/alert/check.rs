//! From what people configured to what is worked with: every mistake at once, each with its place.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemas::source_class::SourceClass;

use super::config::{
    AlertsConfig, InhibitionConfig, Limits, OccasionName, ReceiverConfig, RouteConfig, RulePolicy,
};
use super::duration::Lasting;
use super::matcher::{Matcher, View, all_take};

/// An event this much older than the time it comes at is late, where its class is not named.
const LATE_DEFAULT_MS: i64 = 120_000;
/// Receivers of one route, its escalation included: each is a bit of what was told to whom.
const RECEIVERS_MAX: usize = 64;
const ROUTES_MAX: usize = 200;
const INHIBITIONS_MAX: usize = 200;
/// A group told more often would be a stream of mail.
const REPEAT_MIN: Lasting = Lasting::minutes(1);

/// A mistake: where, what, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("alerts.{at}: {what}")]
pub struct ConfigProblem {
    /// The place in the section: `routes[2].receivers`.
    pub at: String,
    /// What is wrong, and what to give.
    pub what: String,
}

/// All mistakes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblems(pub Vec<ConfigProblem>);

impl fmt::Display for ConfigProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for ConfigProblems {}

/// The configuration as it is worked with.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) routes: Vec<Route>,
    pub(crate) inhibitions: Vec<Inhibition>,
    pub(crate) limits: Limits,
    rules: BTreeMap<String, RulePolicy>,
    others: RulePolicy,
    late: BTreeMap<SourceClass, Lasting>,
}

#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) name: String,
    pub(crate) matchers: Vec<Matcher>,
    pub(crate) group_by: Vec<String>,
    pub(crate) wait_ms: i64,
    pub(crate) interval_ms: i64,
    pub(crate) repeat_ms: i64,
    pub(crate) goes_on: bool,
    /// All who may be told; the first `always` of them of everything.
    pub(crate) receivers: Vec<ReceiverConfig>,
    pub(crate) always: usize,
    /// When each step is due, and the places of its receivers.
    pub(crate) steps: Vec<(i64, Vec<usize>)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Inhibition {
    pub(crate) source: Vec<Matcher>,
    pub(crate) target: Vec<Matcher>,
    pub(crate) equal: Vec<String>,
}

impl Plan {
    pub(crate) fn policy(&self, rule: &str) -> &RulePolicy {
        self.rules.get(rule).unwrap_or(&self.others)
    }

    pub(crate) fn late_ms(&self, class: SourceClass) -> i64 {
        self.late.get(&class).map_or(LATE_DEFAULT_MS, |late| late.0)
    }

    pub(crate) fn route(&self, name: &str) -> Option<&Route> {
        self.routes.iter().find(|route| route.name == name)
    }

    /// The routes that take an alert.
    pub(crate) fn routes_of<'p>(&'p self, view: View<'_>) -> Vec<&'p Route> {
        let mut found = Vec::new();
        for route in &self.routes {
            if all_take(&route.matchers, view) {
                found.push(route);
                if !route.goes_on {
                    break;
                }
            }
        }
        found
    }
}

type Problems = Vec<ConfigProblem>;

fn problem(problems: &mut Problems, at: impl Into<String>, what: impl Into<String>) {
    problems.push(ConfigProblem { at: at.into(), what: what.into() });
}

impl AlertsConfig {
    /// Checks it and prepares it for work.
    ///
    /// # Errors
    /// All mistakes.
    pub fn check(&self) -> Result<Plan, ConfigProblems> {
        let mut problems = Vec::new();
        self.check_receivers(&mut problems);
        self.check_limits(&mut problems);
        self.check_rules(&mut problems);
        let routes = self.check_routes(&mut problems);
        let inhibitions = self.check_inhibitions(&mut problems);
        if !problems.is_empty() {
            return Err(ConfigProblems(problems));
        }
        Ok(Plan {
            routes,
            inhibitions,
            limits: self.limits.clone(),
            rules: self.rules.clone(),
            others: self.others.clone(),
            late: self.late.clone(),
        })
    }

    fn check_receivers(&self, problems: &mut Problems) {
        let mut names = BTreeSet::new();
        for (place, receiver) in self.receivers.iter().enumerate() {
            let at = format!("receivers[{place}]");
            if receiver.name.is_empty() || receiver.name.len() > 200 {
                problem(problems, &at, "a receiver needs a name of 1 to 200 bytes");
            }
            if !names.insert(&receiver.name) {
                let name = &receiver.name;
                problem(problems, &at, format!("`{name}` is there twice; give each its own name"));
            }
            let wants = |occasion| receiver.occasions.contains(&occasion);
            let hears_of_it = wants(OccasionName::Firing) || wants(OccasionName::Escalated);
            if wants(OccasionName::Resolved) && !hears_of_it {
                let what = "it would hear that alerts are over and never that they fire; add `firing` to occasions";
                problem(problems, format!("{at}.occasions"), what);
            }
        }
    }

    fn check_limits(&self, problems: &mut Problems) {
        let Limits { open_alerts, closing_alerts, remembered, groups, silences, tenants } =
            self.limits;
        for (name, given) in [
            ("open_alerts", open_alerts),
            ("closing_alerts", closing_alerts),
            ("remembered", remembered),
            ("groups", groups),
            ("silences", silences),
            ("tenants", tenants),
        ] {
            if !(1..=1_000_000).contains(&given) {
                let what = format!("{given} is no limit to work with; give 1 to 1000000");
                problem(problems, format!("limits.{name}"), what);
            }
        }
    }

    fn check_rules(&self, problems: &mut Problems) {
        let named = self.rules.iter().map(|(rule, policy)| (format!("rules.{rule}"), policy));
        for (at, policy) in named.chain([("others".to_owned(), &self.others)]) {
            if policy.resolve_after.is_some_and(|after| after.0 < 1_000) {
                let what = "an alert would be over before anybody saw it; give at least 1s";
                problem(problems, format!("{at}.resolve_after"), what);
            }
            let labels = policy.group_labels.iter().flatten();
            if labels.clone().any(String::is_empty) || labels.count() > 32 {
                let what = "give at most 32 names of labels, none of them empty";
                problem(problems, format!("{at}.group_labels"), what);
            }
        }
    }

    fn check_routes(&self, problems: &mut Problems) -> Vec<Route> {
        if self.routes.len() > ROUTES_MAX {
            problem(problems, "routes", format!("there are more than {ROUTES_MAX}; join some"));
        }
        let mut names = BTreeSet::new();
        let mut routes = Vec::new();
        for (place, config) in self.routes.iter().enumerate() {
            let at = format!("routes[{place}]");
            if config.name.is_empty() || !names.insert(&config.name) {
                let what = "a route needs a name of its own: its groups are known by it";
                problem(problems, format!("{at}.name"), what);
            }
            routes.push(self.route(config, &at, problems));
        }
        routes
    }

    fn route(&self, config: &RouteConfig, at: &str, problems: &mut Problems) -> Route {
        if config.receivers.is_empty() {
            let what = "nobody would be told; name at least one of `receivers`";
            problem(problems, format!("{at}.receivers"), what);
        }
        if config.repeat_interval < REPEAT_MIN {
            let what = "the same would be told more than once a minute; give at least 1m";
            problem(problems, format!("{at}.repeat_interval"), what);
        }
        let mut receivers = Vec::new();
        for name in &config.receivers {
            self.place_of(name, &mut receivers, &format!("{at}.receivers"), problems);
        }
        let always = receivers.len();
        let steps = self.steps(config, at, &mut receivers, problems);
        if receivers.len() > RECEIVERS_MAX {
            let what = format!("a route tells at most {RECEIVERS_MAX} receivers; split it");
            problem(problems, format!("{at}.receivers"), what);
        }
        Route {
            name: config.name.clone(),
            matchers: matchers(&config.matchers, &format!("{at}.matchers"), problems),
            group_by: config.group_by.clone(),
            wait_ms: config.group_wait.0,
            interval_ms: config.group_interval.0,
            repeat_ms: config.repeat_interval.0,
            goes_on: config.goes_on,
            receivers,
            always,
            steps,
        }
    }

    fn steps(
        &self,
        config: &RouteConfig,
        at: &str,
        receivers: &mut Vec<ReceiverConfig>,
        problems: &mut Problems,
    ) -> Vec<(i64, Vec<usize>)> {
        let mut steps: Vec<(i64, Vec<usize>)> = Vec::new();
        for (place, step) in config.escalation.iter().enumerate() {
            let at = format!("{at}.escalation[{place}]");
            if step.after.0 <= steps.last().map_or(0, |(after, _)| *after) {
                let what =
                    "it has to come later than the step before it, and than the first notification";
                problem(problems, format!("{at}.after"), what);
            }
            let names = step.receivers.iter();
            let places = names.filter_map(|name| {
                self.place_of(name, receivers, &format!("{at}.receivers"), problems)
            });
            steps.push((step.after.0, places.collect()));
        }
        steps
    }

    /// The place of a receiver in a route, at its end if it was not there yet.
    fn place_of(
        &self,
        name: &str,
        receivers: &mut Vec<ReceiverConfig>,
        at: &str,
        problems: &mut Problems,
    ) -> Option<usize> {
        if let Some(place) = receivers.iter().position(|known| known.name == name) {
            return Some(place);
        }
        let Some(found) = self.receivers.iter().find(|known| known.name == name) else {
            let known: Vec<_> = self.receivers.iter().map(|known| known.name.as_str()).collect();
            let what = format!("there is no receiver `{name}`; there are: {}", known.join(", "));
            problem(problems, at, what);
            return None;
        };
        receivers.push(found.clone());
        Some(receivers.len() - 1)
    }

    fn check_inhibitions(&self, problems: &mut Problems) -> Vec<Inhibition> {
        if self.inhibitions.len() > INHIBITIONS_MAX {
            let what = format!("there are more than {INHIBITIONS_MAX}; join some");
            problem(problems, "inhibitions", what);
        }
        let all = self.inhibitions.iter().enumerate();
        all.map(|(place, config)| inhibition(config, place, problems)).collect()
    }
}

fn inhibition(config: &InhibitionConfig, place: usize, problems: &mut Problems) -> Inhibition {
    let at = format!("inhibitions[{place}]");
    for (part, texts) in [("source", &config.source), ("target", &config.target)] {
        if texts.is_empty() {
            let what = format!("every alert would be a {part}; give at least one matcher");
            problem(problems, format!("{at}.{part}"), what);
        }
    }
    Inhibition {
        source: matchers(&config.source, &format!("{at}.source"), problems),
        target: matchers(&config.target, &format!("{at}.target"), problems),
        equal: config.equal.clone(),
    }
}

fn matchers(texts: &[String], at: &str, problems: &mut Problems) -> Vec<Matcher> {
    let mut found = Vec::new();
    for (place, text) in texts.iter().enumerate() {
        match Matcher::parse(text) {
            Ok(matcher) => found.push(matcher),
            Err(error) => problem(problems, format!("{at}[{place}]"), error.to_string()),
        }
    }
    found
}
