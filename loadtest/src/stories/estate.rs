//! Whose stories they are: forty services of six teams, which call each other, with pods and repositories.

use crate::dice::Dice;

const SERVICES: [&str; 40] = [
    "checkout-api",
    "payments-api",
    "orders-db",
    "cart-service",
    "search",
    "ledger",
    "mailer",
    "gateway",
    "user-profile",
    "session-store",
    "invoice-worker",
    "stock-sync",
    "price-engine",
    "recommender",
    "image-resizer",
    "geo-lookup",
    "fraud-check",
    "loyalty-api",
    "coupon-service",
    "shipping-api",
    "tracking-feed",
    "returns-portal",
    "catalog-api",
    "catalog-db",
    "review-store",
    "notification-hub",
    "sms-relay",
    "webhook-relay",
    "audit-trail",
    "report-builder",
    "etl-runner",
    "feature-flags",
    "config-store",
    "identity-api",
    "token-issuer",
    "media-cdn",
    "queue-broker",
    "rate-limiter",
    "billing",
    "backoffice-ui",
];
const TEAMS: [(&str, &str); 6] = [
    ("buy", "BUY"),
    ("money", "MON"),
    ("parcel", "PRC"),
    ("content", "CNT"),
    ("core", "CORE"),
    ("data", "DATA"),
];
const PEOPLE: [&str; 18] = [
    "ana", "bo", "chen", "dara", "emeka", "fatima", "goran", "hana", "ivo", "jun", "kofi", "lena",
    "malik", "nora", "otto", "priya", "quinn", "rosa",
];
const PODS: usize = 3;
/// Letters that Kubernetes draws names of.
const DRAWN: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// One service.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) name: &'static str,
    pub(super) team: &'static str,
    /// The key of its team's tickets.
    pub(super) project: &'static str,
    pub(super) pods: Vec<String>,
    /// Services that ask it for something, by their places.
    pub(super) callers: Vec<usize>,
}

/// All of it.
#[derive(Debug)]
pub(super) struct Estate {
    pub(super) services: Vec<Service>,
}

impl Estate {
    pub(super) fn new(dice: &mut Dice) -> Self {
        let services = SERVICES.iter().enumerate().map(|(at, name)| {
            let (team, project) = TEAMS.get(at % TEAMS.len()).copied().unwrap_or_default();
            let set = drawn(dice, 9);
            Service {
                name,
                team,
                project,
                pods: (0..PODS).map(|_| format!("{name}-{set}-{}", drawn(dice, 5))).collect(),
                callers: (0..1 + dice.place(3))
                    .map(|_| dice.place(SERVICES.len()))
                    .filter(|caller| *caller != at)
                    .collect(),
            }
        });
        Self { services: services.collect() }
    }
}

fn drawn(dice: &mut Dice, letters: usize) -> String {
    (0..letters).map(|_| char::from(*one(DRAWN, dice))).collect()
}

/// One of several, by chance.
#[expect(clippy::expect_used, reason = "no list of the stories is empty")]
pub(super) fn one<'a, T>(all: &'a [T], dice: &mut Dice) -> &'a T {
    all.get(dice.place(all.len())).expect("one of several")
}

pub(super) fn person(dice: &mut Dice) -> &'static str {
    one::<&str>(&PEOPLE, dice)
}
