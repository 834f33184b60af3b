//! The service `correlator`: `isobar.signals` in; alerts, notifications, incidents, late and dead letters out.
//!
//! **Invariant:** every record is, in this order: a progress mark, a dead letter with its reason, or a
//! signal or finding whose effects are in the alerts of its tenant. A record whose turn has not come,
//! because what its time made due takes more than one piece of work, waits in a store.

mod ask;
mod due;
mod fired;
mod item;
mod joining;
mod write;

use std::sync::Arc;

use incidents::estate::Fixed;
use rules::Asked;
use schemas::command::Command;
use schemas::envelope::{Envelope, Payload as _};
use schemas::mark::{self, InputProgress};
use schemas::rule_edition::{RuleEdition, is_edition};
use schemas::signal::{RuleHit, Signal};
use schemas::topic;
use stream::upstream::UpstreamRead;
use stream::{
    Context, EventTime, InForce, KeyedStore, Library, Processor, Progress, Put, Record, Store,
    TopicPartition, Topology, Versions,
};

use crate::alert::{Alerts, AlertsConfig, ConfigProblems, Out, Plan, Refused, Said};
use crate::patterns::{
    Firing, Hit, Limits as PatternLimits, Patterns, Plan as PatternPlan, Stateful,
};
use fired::Cause;
use item::{Item, Waiting};
use joining::Joining;
use write::Writer;

/// A firing may make another rule fire, and that one another, so often.
const CHAIN_MAX: usize = 10;

/// The service's name, and its consumer group.
pub const NAME: &str = "correlator";

/// What the correlator does.
#[derive(Clone, Debug, Default)]
pub struct CorrelatorConfig {
    /// Alerts, and who is told.
    pub alerts: AlertsConfig,
    /// Rules over several hits.
    pub stateful: Vec<Stateful>,
    /// The rules that findings and alerts of other tools are asked about.
    pub asked: Option<Arc<Asked>>,
    /// Whether alerts become incidents, and what is known of what depends on what.
    pub incidents: IncidentsConfig,
    /// What reads editions of the rules that come in a partition; without it they are refused.
    pub library: Option<Arc<dyn Library<PatternPlan>>>,
}

/// What incidents are made by.
#[derive(Clone, Debug)]
pub struct IncidentsConfig {
    /// Whether there are any.
    pub enabled: bool,
    /// What was written down of what depends on what.
    pub relations: Arc<Fixed>,
}

impl Default for IncidentsConfig {
    fn default() -> Self {
        Self { enabled: true, relations: Arc::default() }
    }
}

/// The topology.
///
/// # Errors
/// All mistakes in the configuration.
pub fn topology(config: &CorrelatorConfig) -> Result<Topology, ConfigProblems> {
    let plan = Arc::new(config.alerts.check()?);
    let stateful = Arc::new(PatternPlan::new(config.stateful.clone()).asking(config.asked.clone()));
    let (library, incidents) = (config.library.clone(), config.incidents.clone());
    let outputs =
        [topic::ALERTS, topic::NOTIFICATIONS, topic::INCIDENTS, topic::LATE, topic::DEAD_LETTER];
    Ok(Topology {
        name: Arc::from(NAME),
        inputs: vec![Arc::from(topic::SIGNALS.name)],
        outputs: outputs.iter().map(|topic| Arc::from(topic.name)).collect(),
        versions: Versions { schema: 1, logic: 2 },
        compatible_logic: Vec::new(),
        stateful: true,
        marks: None,
        make: Arc::new(move |input| {
            let rules = InForce::new(Some(Arc::clone(&stateful)), library.clone());
            let joining = Joining::new(&incidents);
            Box::new(Correlator::new(Arc::clone(&plan), &stateful, (rules, joining), input))
        }),
    })
}

struct Correlator {
    writer: Writer,
    alerts: Alerts,
    patterns: Patterns,
    incidents: Joining,
    rules: InForce<PatternPlan>,
    /// From which tenant on it is to be looked what was absent. Not part of the state: to look again
    /// changes nothing.
    undecided: Option<u32>,
    /// One entry at most: the record whose turn has not come.
    waiting: KeyedStore<(), Waiting>,
    out: Out,
}

impl Correlator {
    fn new(
        plan: Arc<Plan>,
        stateful: &Arc<PatternPlan>,
        (rules, incidents): (InForce<PatternPlan>, Joining),
        input: &TopicPartition,
    ) -> Self {
        Self {
            writer: Writer::new(input),
            alerts: Alerts::new(plan),
            patterns: Patterns::new(Arc::clone(stateful), PatternLimits::default()),
            incidents,
            rules,
            undecided: Some(0),
            waiting: KeyedStore::default(),
            out: Out::default(),
        }
    }

    fn take_mark(&mut self, value: &[u8], record: &Record, context: &mut Context<'_>) {
        match mark::decode(value) {
            Ok(mark) => {
                let reads: Vec<_> = mark.inputs.into_iter().filter_map(upstream_read).collect();
                self.alerts.mark(&reads);
                self.undecided = Some(0);
                self.incidents.settle_from(Some(0));
            }
            Err(error) => self.writer.dead_letter(record, mark::TYPE, &error.to_string(), context),
        }
    }

    /// Takes an edition of the rules: what follows in this partition is judged by these.
    fn take_edition(&mut self, value: &[u8], record: &Record, context: &mut Context<'_>) {
        match self.rules.put(value) {
            Ok(put) => context.count("rule_editions", u64::from(put == Put::InForce)),
            Err(why) => {
                let reason = format!("an edition of the rules: {why}");
                self.writer.dead_letter(record, RuleEdition::TYPE, &reason, context);
            }
        }
    }

    /// The stores alone say which rules are in force, so an undo of theirs is one of the rules.
    fn go_by_rules(&mut self, context: &mut Context<'_>) {
        match self.rules.get() {
            Ok(Some(plan)) => self.patterns.go_by(plan),
            Ok(None) => {}
            Err(_) => context.count("rules_unreadable", 1),
        }
    }

    fn take(&mut self, value: &[u8], record: &Record, context: &mut Context<'_>) {
        let item = match Item::read(value) {
            Ok(item) => item.asked(self.patterns.asked()),
            Err(error) => {
                return self.writer.dead_letter(record, Signal::TYPE, &error.to_string(), context);
            }
        };
        let attributes = item.attributes();
        let (tenant, arrival_ms) = (&attributes.tenant, attributes.arrival_time.millis());
        let Some(number) = self.alerts.observe(tenant, item.time_ms(), arrival_ms) else {
            let reason =
                "this task has as many tenants as its limit allows; raise alerts.limits.tenants";
            return self.writer.dead_letter(record, Signal::TYPE, reason, context);
        };
        if self.alerts.catch_up(number, &mut self.out) {
            self.apply(number, &item, record, context);
        } else {
            self.waiting.insert(&(), Waiting::of(record));
        }
        self.forward(context);
    }

    /// The turn of a record has come.
    fn apply(&mut self, tenant: u32, item: &Item, record: &Record, context: &mut Context<'_>) {
        self.decide(tenant, usize::MAX);
        let mut occurred = Vec::new();
        for occurrence in item.occurrences() {
            let alert = self.alerts.occur(tenant, occurrence.clone(), &mut self.out);
            occurred.extend(alert.map(|alert| (occurrence, alert)));
        }
        self.incidents.take(item, &occurred);
        self.correlate(tenant, item);
        if let Item::Signal(signal) = item
            && let Some(command) = &signal.data.command
        {
            self.follow(tenant, signal, command);
        }
        if std::mem::take(&mut self.out.is_late) {
            let settled_ms = self.alerts.settled_ms(tenant);
            self.writer.late(record, item.attributes(), settled_ms, context);
        }
        for refused in std::mem::take(&mut self.out.refused) {
            self.writer.dead_letter(record, Signal::TYPE, &refused.0, context);
        }
        // What is due at once is said at once.
        if !self.alerts.catch_up(tenant, &mut self.out) {
            self.alerts.go_on(tenant);
        }
    }

    /// Follows what a person asks of an incident, or of alerts.
    fn follow(&mut self, tenant: u32, signal: &Envelope<Signal>, command: &Command) {
        let by = signal.data.actor.as_ref().map(|actor| actor.id.as_str());
        if command.incident.is_none() {
            let asked = (signal.attributes.id, command, by);
            return self.alerts.follow(tenant, asked, &mut self.out);
        }
        let asked = (command, by, signal.attributes.arrival_time.millis());
        if let Err(why) = self.incidents.follow(&signal.attributes.tenant, asked) {
            self.out.refused.push(Refused(why));
        }
    }

    /// What the hits of a record mean together with those before.
    fn correlate(&mut self, tenant: u32, item: &Item) {
        let (now_ms, mut fired) = (self.alerts.now_ms(tenant), Vec::new());
        let ((hits, time_ms), record) = (item.hits(), item.record());
        for RuleHit { rule, fields, .. } in hits {
            self.patterns.take(&Hit { tenant, rule, time_ms, record, fields }, now_ms, &mut fired);
        }
        self.raise(fired, &Cause::record(item.attributes()), now_ms);
    }

    /// Firings are hits to other stateful rules, and occurrences to alerts.
    fn raise(&mut self, fired: Vec<Firing>, cause: &Cause, now_ms: i64) {
        let mut waiting = fired;
        for _ in 0..CHAIN_MAX {
            let mut next = Vec::new();
            for firing in waiting {
                self.patterns.take(&firing.as_hit(), now_ms, &mut next);
                if !firing.stateful.is_material {
                    let occurrence = fired::occurrence(&firing, cause);
                    let alert = self.alerts.occur(firing.tenant, occurrence.clone(), &mut self.out);
                    if let Some(alert) = alert {
                        self.incidents.fired(&occurrence, alert);
                    }
                }
            }
            waiting = next;
        }
    }

    /// Does a piece of what is due before the waiting record; takes it when its turn has come.
    fn take_waiting(&mut self, waiting: Waiting, context: &mut Context<'_>) {
        let record = waiting.into_record();
        let Some(Ok(item)) = record.value.as_deref().map(Item::read) else { return };
        let item = item.asked(self.patterns.asked());
        let attributes = item.attributes();
        let (tenant, arrival_ms) = (&attributes.tenant, attributes.arrival_time.millis());
        let number = self.alerts.observe(tenant, item.time_ms(), arrival_ms);
        let Some(number) = number else { return };
        if self.alerts.catch_up(number, &mut self.out) {
            self.waiting.remove(&());
            self.apply(number, &item, &record, context);
        }
    }

    /// What was said of alerts goes to the incidents; what these say, to their alerts; then all is written.
    fn forward(&mut self, context: &mut Context<'_>) {
        for said in &self.out.said {
            if let Said::Alert(alert) = said {
                self.incidents.hear(alert);
            }
        }
        let incidents = self.incidents.told();
        for (tenant, incident) in &incidents {
            let Some(number) = self.alerts.tenant_of(tenant) else { continue };
            for alert in &incident.alerts {
                self.alerts.join(number, *alert, incident.incident, &mut self.out);
            }
        }
        for said in self.out.said.drain(..) {
            match said {
                Said::Alert(alert) => self.writer.alert(&alert, context),
                Said::Notification(told) => self.writer.notification(&told, context),
            }
        }
        for (tenant, incident) in &incidents {
            let now_ms = self.alerts.tenant_of(tenant).map(|number| self.alerts.now_ms(number));
            self.writer.incident(tenant, incident, now_ms.unwrap_or_default(), context);
        }
        self.incidents.count(context);
        let missed = self.patterns.take_counts();
        context.count("hits_without_group", missed.ungrouped);
        context.count("hits_dropped", missed.dropped_hits);
        context.count("groups_dropped", missed.dropped_groups);
        for (what, amount) in std::mem::take(&mut self.out.counts) {
            context.count(what, amount);
        }
        if std::mem::take(&mut self.out.urgent) {
            context.urgent();
        }
    }
}

fn upstream_read(progress: InputProgress) -> Option<UpstreamRead> {
    let partition = i32::try_from(progress.partition).ok()?;
    Some(UpstreamRead {
        input: TopicPartition::new(progress.topic, partition),
        partitions: i32::try_from(progress.partitions).ok()?,
        until: EventTime(progress.read_until_ms),
    })
}

impl Processor for Correlator {
    fn process(&mut self, record: &Record, context: &mut Context<'_>) {
        self.go_by_rules(context);
        match record.value.as_deref() {
            None => {
                self.writer.dead_letter(record, Signal::TYPE, "the record has no value", context);
            }
            Some(value) if mark::is_mark(value) => self.take_mark(value, record, context),
            Some(value) if is_edition(value) => self.take_edition(value, record, context),
            Some(value) => self.take(value, record, context),
        }
    }

    fn advance(&mut self, context: &mut Context<'_>) -> Progress {
        self.go_by_rules(context);
        let is_done = match self.waiting.get(&()).cloned() {
            Some(waiting) => {
                self.take_waiting(waiting, context);
                false
            }
            None => {
                let is_done = self.alerts.advance(&mut self.out) && self.decide_all();
                is_done && self.alerts.advance(&mut self.out) && self.settle()
            }
        };
        self.forward(context);
        if is_done { Progress::Done } else { Progress::Pending }
    }

    fn stores(&mut self) -> Vec<&mut dyn Store> {
        let mut stores: Vec<&mut dyn Store> = self.patterns.stores().into();
        stores.extend(self.alerts.stores());
        stores.push(&mut self.waiting);
        stores.extend(self.rules.stores());
        stores.extend(self.incidents.stores());
        stores
    }
}
