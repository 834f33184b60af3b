//! Who and what there is: services with their hosts over three clouds and a cluster, and people.
//!
//! **Invariant:** a host has one name and one id, and every format calls it by them; which those are
//! is decided by the seed alone.

use std::sync::Arc;

use super::config::CompanyConfig;
use super::text;
use crate::dice::Dice;

/// Where a service runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cloud {
    Aws,
    Azure,
    Gcp,
    /// The cluster, which runs on AWS.
    Kubernetes,
}

impl Cloud {
    /// Its name among the attributes of resources.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Aws | Self::Kubernetes => "aws",
            Self::Azure => "azure",
            Self::Gcp => "gcp",
        }
    }
}

const SERVICES: [(&str, Cloud, &str); 12] = [
    ("checkout", Cloud::Aws, "eu-central-1"),
    ("payments", Cloud::Aws, "eu-central-1"),
    ("ledger", Cloud::Aws, "us-east-1"),
    ("catalogue", Cloud::Aws, "us-east-1"),
    ("login", Cloud::Azure, "westeurope"),
    ("billing", Cloud::Azure, "westeurope"),
    ("reports", Cloud::Azure, "westeurope"),
    ("search", Cloud::Gcp, "europe-west3"),
    ("recommender", Cloud::Gcp, "europe-west3"),
    ("cart", Cloud::Kubernetes, "eu-central-1"),
    ("gateway", Cloud::Kubernetes, "eu-central-1"),
    ("mailer", Cloud::Kubernetes, "eu-central-1"),
];

const PEOPLE: [&str; 30] = [
    "ana", "bo", "chen", "dara", "emeka", "fatima", "goran", "hana", "ivo", "jun", "kofi", "lena",
    "malik", "nora", "otto", "priya", "quinn", "rosa", "sven", "tariq", "uma", "vera", "wei",
    "ximena", "yusuf", "zoe", "anders", "bianca", "carlos", "dilan",
];

/// The name of the cluster.
pub(super) const CLUSTER: &str = "shop-prod";

/// One machine or pod.
#[derive(Debug)]
pub(super) struct Host {
    /// `checkout-1`, or the name of a pod.
    pub(super) name: String,
    /// What its cloud calls it: an instance id, a resource id, a number, a pod's UID.
    pub(super) id: String,
    /// Its place among the hosts of all services.
    pub(super) number: usize,
}

/// One service.
#[derive(Debug)]
pub(super) struct Service {
    /// Its place among the services.
    pub(super) number: usize,
    pub(super) name: &'static str,
    pub(super) cloud: Cloud,
    pub(super) region: &'static str,
    /// The account, subscription or project.
    pub(super) account: String,
    pub(super) hosts: Vec<Host>,
}

/// A person, as logs know them.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) login: &'static str,
    pub(super) address: String,
}

/// All of it.
#[derive(Debug)]
pub(super) struct World {
    pub(super) services: Vec<Arc<Service>>,
    pub(super) people: Vec<Person>,
}

impl World {
    pub(super) fn new(config: &CompanyConfig, dice: &mut Dice) -> Self {
        let aws = dice.between(100_000_000_000, 1_000_000_000_000).to_string();
        let accounts = [aws, text::uuid(dice), format!("shop-prod-{}", text::hex(dice, 4))];
        let [aws, azure, gcp] = &accounts;
        let service = |(number, of): (usize, &(&'static str, Cloud, &'static str))| {
            let (name, cloud, region) = *of;
            let account = match cloud {
                Cloud::Aws | Cloud::Kubernetes => aws,
                Cloud::Azure => azure,
                Cloud::Gcp => gcp,
            };
            let count = config.hosts_per_service.max(HOSTS_A_MESSAGE);
            let hosts = (0..count).map(|place| host(*of, account, (number * count, place), dice));
            let (account, hosts) = (account.clone(), hosts.collect());
            Arc::new(Service { number, name, cloud, region, account, hosts })
        };
        let services = SERVICES.iter().enumerate().map(service).collect();
        let person = |(number, login): (usize, &&'static str)| Person {
            login,
            // Addresses kept for documentation: nobody's.
            address: format!("198.51.100.{}", number + 1),
        };
        Self { services, people: PEOPLE.iter().enumerate().map(person).collect() }
    }

    /// A service in one of the clouds that fit.
    pub(super) fn service(&self, fits: impl Fn(Cloud) -> bool, dice: &mut Dice) -> Arc<Service> {
        let services: Vec<_> = self.services.iter().filter(|one| fits(one.cloud)).collect();
        let service: &Arc<Service> = one_of::<&Arc<Service>>(&services, dice);
        Arc::clone(service)
    }
}

/// One of several, by chance.
#[expect(clippy::expect_used, reason = "no list of the company is empty")]
pub(super) fn one_of<'a, T>(all: &'a [T], dice: &mut Dice) -> &'a T {
    all.get(dice.place(all.len())).expect("one of several")
}

/// One of several, each as often as its weight says.
pub(super) fn by_weight<T: Copy>(all: &[(T, u32)], dice: &mut Dice) -> T {
    let sum = all.iter().map(|(_, weight)| u64::from(*weight)).sum();
    let mut drawn = dice.below(sum);
    let reached = |(_, weight): &&(T, u32)| match drawn.checked_sub(u64::from(*weight)) {
        Some(left) => {
            drawn = left;
            false
        }
        None => true,
    };
    let found = all.iter().find(reached);
    found.unwrap_or_else(|| one_of(all, dice)).0
}

/// How many hosts a message of metrics tells of.
pub(super) const HOSTS_A_MESSAGE: usize = 3;

fn host(
    (service, cloud, _): (&str, Cloud, &str),
    account: &str,
    (first, number): (usize, usize),
    dice: &mut Dice,
) -> Host {
    let plain = format!("{service}-{}", number + 1);
    let (name, id) = match cloud {
        Cloud::Aws => (plain, format!("i-0{}", text::hex(dice, 16))),
        Cloud::Azure => {
            let id = format!(
                "/subscriptions/{account}/resourceGroups/shop/providers/Microsoft.Compute/virtualMachines/{plain}"
            );
            // Over Event Hubs they are written in upper case.
            (plain, id.to_ascii_uppercase())
        }
        Cloud::Gcp => (plain, dice.between(1 << 60, 1 << 62).to_string()),
        Cloud::Kubernetes => {
            let pod = format!("{service}-{}-{}", text::hex(dice, 9), text::hex(dice, 5));
            (pod, text::uuid(dice))
        }
    };
    Host { name, id, number: first + number }
}

impl Service {
    /// The hosts that one message tells of.
    pub(super) fn some_hosts(&self, dice: &mut Dice) -> impl Iterator<Item = &Host> {
        let from = dice.place(self.hosts.len());
        self.hosts.iter().cycle().skip(from).take(HOSTS_A_MESSAGE)
    }
}
