//! TLS and SASL settings pass through: tried against a broker that asks for them.

use std::collections::BTreeMap;

use kafka_runtime::KafkaSettings;

use crate::bench::{Bench, has_processed, run_until};
use crate::support::Cluster;

fn settings(cluster: &Cluster, listener: &str, client: &[(&str, &str)]) -> KafkaSettings {
    let mut settings = KafkaSettings::new(cluster.file(listener));
    let ca = cluster.dir().join("ca.pem");
    let mut given = BTreeMap::from([("ssl.ca.location".to_owned(), ca.display().to_string())]);
    given.extend(client.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    settings.client = given;
    settings
}

fn passes(settings: KafkaSettings) {
    let bench = Bench::new(settings);
    bench.produce(100);
    let (mut worker, _) = bench.worker("s0");
    run_until(&mut worker, "100 records", |worker| has_processed(worker, 100)).unwrap();
    bench.assert_exact(100);
}

#[test]
fn tls_scram_and_plain_work_end_to_end_and_a_wrong_password_is_told() {
    let cluster = Cluster::start(&["--brokers", "1", "--tls"]);
    passes(settings(&cluster, "bootstrap-ssl", &[("security.protocol", "SSL")]));
    let sasl = |mechanism, password| {
        settings(
            &cluster,
            "bootstrap-tls",
            &[
                ("security.protocol", "SASL_SSL"),
                ("sasl.mechanism", mechanism),
                ("sasl.username", "isobar"),
                ("sasl.password", password),
            ],
        )
    };
    passes(sasl("SCRAM-SHA-512", "isobar-secret"));
    passes(sasl("PLAIN", "isobar-secret"));

    let bench = Bench::without_topics(sasl("SCRAM-SHA-512", "wrong"));
    let (mut worker, heard) = bench.worker("s0");
    run_until(&mut worker, "a refusal", |worker| worker.is_waiting()).unwrap();
    let heard = heard.lock().unwrap().join(" ");
    assert!(heard.contains("uthentication"), "{heard}");
}
