//! What may have caused an incident, and in which words.

use super::support::{causes, estate};

struct Row {
    of: &'static str,
    relations: &'static str,
    alerts: &'static str,
    changes: &'static str,
    causes: &'static [&'static str],
}

const CHAIN: &str = "storefront calls checkout, checkout calls database/orders-db";
const ALL: &str = "database/orders-db@0m checkout@1m storefront@2m";

const ROWS: [Row; 33] = [
    Row {
        of: "all of it",
        relations: CHAIN,
        alerts: ALL,
        changes: "database/orders-db@-4m=deploy 118 by ana",
        causes: &[
            "0.89 orders-db began first; checkout and storefront, which also have alerts, depend on it; it was changed 4 min before (deploy 118 by ana)",
        ],
    },
    Row {
        of: "a chain without a change",
        relations: CHAIN,
        alerts: ALL,
        changes: "",
        causes: &[
            "0.68 orders-db began first; checkout and storefront, which also have alerts, depend on it",
        ],
    },
    Row {
        of: "the deepest is the cause though its alert came a little later",
        relations: CHAIN,
        alerts: "database/orders-db@3m checkout@1m storefront@0m",
        changes: "",
        causes: &[
            "0.54 orders-db began 3 min after the first; checkout and storefront, which also have alerts, depend on it",
        ],
    },
    Row {
        of: "what began an hour later caused nothing",
        relations: CHAIN,
        alerts: "database/orders-db@1h checkout@1m storefront@0m",
        changes: "",
        causes: &[
            "0.32 checkout began 1 min after the first; storefront, which also has an alert, depends on it",
        ],
    },
    Row {
        of: "the middle of a chain has no alert",
        relations: CHAIN,
        alerts: "database/orders-db@0m storefront@2m",
        changes: "",
        causes: &["0.56 orders-db began first; storefront, which also has an alert, depends on it"],
    },
    Row {
        of: "a diamond",
        relations: "top calls left, top calls right, left calls store, right calls store",
        alerts: "top@2m left@1m right@1m store@0m",
        changes: "",
        causes: &[
            "0.72 store began first; left, right and top, which also have alerts, depend on it",
        ],
    },
    Row {
        of: "a diamond whose one side is well",
        relations: "top calls left, top calls right, left calls store, right calls store",
        alerts: "top@2m left@1m",
        changes: "",
        causes: &["0.80 left began first; top, which also has an alert, depends on it"],
    },
    Row {
        of: "a cycle: neither clears the other, the first comes first",
        relations: "a calls b, b calls a",
        alerts: "a@0m b@1m",
        changes: "",
        causes: &[
            "0.80 a began first; b, which also has an alert, depends on it",
            "0.64 b began 1 min after the first; a, which also has an alert, depends on it",
        ],
    },
    Row {
        of: "a cycle below something",
        relations: "top calls a, a calls b, b calls c, c calls a",
        alerts: "top@2m a@1m c@0m",
        changes: "",
        causes: &[
            "0.64 a began 1 min after the first; c and top, which also have alerts, depend on it",
            "0.48 c began first; a and top, which also have alerts, depend on it",
        ],
    },
    Row {
        of: "no relation is known and nothing was changed",
        relations: "",
        alerts: "a@0m b@1m",
        changes: "",
        causes: &[],
    },
    Row {
        of: "one alert and nothing else",
        relations: CHAIN,
        alerts: "checkout@0m",
        changes: "",
        causes: &[],
    },
    Row {
        of: "what was pushed since then does not run yet",
        relations: CHAIN,
        alerts: "checkout@0m",
        changes: "checkout@-6m=deploy 7; checkout@-1m=push 8",
        causes: &["0.62 checkout alone has alerts; it was changed 6 min before (deploy 7)"],
    },
    Row {
        of: "one alert and a change on it",
        relations: "",
        alerts: "checkout@0m",
        changes: "checkout@-6m=deploy 7",
        causes: &["0.62 checkout alone has alerts; it was changed 6 min before (deploy 7)"],
    },
    Row {
        of: "no relation: the change on the first",
        relations: "",
        alerts: "a@0m b@1m",
        changes: "a@-10m=deploy 7; c@-1m=flag by bob",
        causes: &["0.57 a began first; it was changed 10 min before (deploy 7)"],
    },
    Row {
        of: "no relation: the nearest change",
        relations: "",
        alerts: "a@0m b@1m",
        changes: "c@-10m=deploy 7; d@-2m=flag by bob",
        causes: &[
            "0.47 d was changed 2 min before the first alert (flag by bob); no dependency is known that carried it",
        ],
    },
    Row {
        of: "no relation: a change of nobody knows what",
        relations: "",
        alerts: "a@0m",
        changes: "@-15m=rotation",
        causes: &[
            "0.25 something was changed 15 min before the first alert (rotation); no dependency is known that carried it",
        ],
    },
    Row {
        of: "a change after the alert caused nothing",
        relations: CHAIN,
        alerts: "checkout@0m",
        changes: "checkout@1m=rollback; database/orders-db@2m=restart",
        causes: &[],
    },
    Row {
        of: "a change long before caused nothing",
        relations: CHAIN,
        alerts: "checkout@0m",
        changes: "checkout@-31m=deploy 6",
        causes: &[],
    },
    Row {
        of: "a change on what has no alert",
        relations: CHAIN,
        alerts: "checkout@1m storefront@2m",
        changes: "database/orders-db@-4m=deploy 118",
        causes: &[
            "0.54 orders-db was changed 5 min before (deploy 118); checkout and storefront, which have alerts, depend on it; it has no alert itself",
            "0.37 checkout began first; storefront, which also has an alert, depends on it",
        ],
    },
    Row {
        of: "a change elsewhere in a known estate",
        relations: "shop calls cart, blog calls posts",
        alerts: "shop@0m cart@0m",
        changes: "posts@-1m=deploy 3",
        causes: &["0.80 cart began first; shop, which also has an alert, depends on it"],
    },
    Row {
        of: "two changes on one thing: the nearer",
        relations: CHAIN,
        alerts: ALL,
        changes: "database/orders-db@-20m=deploy 117; database/orders-db@-4m=deploy 118",
        causes: &[
            "0.89 orders-db began first; checkout and storefront, which also have alerts, depend on it; it was changed 4 min before (deploy 118)",
        ],
    },
    Row {
        of: "two changes on two things",
        relations: CHAIN,
        alerts: ALL,
        changes: "checkout@-2m=deploy 9; database/orders-db@-25m=vacuum",
        causes: &[
            "0.80 orders-db began first; checkout and storefront, which also have alerts, depend on it; it was changed 25 min before (vacuum)",
        ],
    },
    Row {
        of: "two separate faults",
        relations: "shop calls cart, blog calls posts",
        alerts: "cart@0m shop@1m posts@20m blog@21m",
        changes: "",
        causes: &[
            "0.27 cart began first; shop, which also has an alert, depends on it",
            "0.21 posts began 20 min after the first; blog, which also has an alert, depends on it",
        ],
    },
    Row {
        of: "the urgent weighs more",
        relations: "shop calls cart, blog calls posts",
        alerts: "cart@0m shop@1m posts@0m blog@1m!",
        changes: "",
        causes: &[
            "0.40 posts began first; blog, which also has an alert, depends on it",
            "0.20 cart began first; shop, which also has an alert, depends on it",
        ],
    },
    Row {
        of: "a pipeline that deploys it was changed",
        relations: "shop calls cart, cart by pipeline/cart",
        alerts: "cart@0m shop@1m",
        changes: "pipeline/cart@-3m=new runner by eve",
        causes: &[
            "0.93 cart began first; shop, which also has an alert, depends on it; pipeline cart was changed 3 min before (new runner by eve)",
        ],
    },
    Row {
        of: "a node below two services",
        relations: "a on pod/a-1, b on pod/b-1, pod/a-1 on node/n1, pod/b-1 on node/n1",
        alerts: "node/n1@0m a@1m b@2m",
        changes: "",
        causes: &["0.56 node n1 began first; a and b, which also have alerts, depend on it"],
    },
    Row {
        of: "a change on the deployment of a pod",
        relations: "cart on deployment/cart, pod/cart-7d9f8b6c5-x2x4z on node/n1",
        alerts: "pod/cart-7d9f8b6c5-x2x4z@0m cart@1m",
        changes: "deployment/cart@-2m=image 1.4",
        causes: &[
            "0.86 pod cart-7d9f8b6c5-x2x4z began first; cart, which also has an alert, depends on it; deployment cart was changed 2 min before (image 1.4)",
        ],
    },
    Row {
        of: "a change of a part is none of the whole",
        relations: "queue/mail in account/prod",
        alerts: "account/prod@0m",
        changes: "queue/mail@-1m=purge",
        causes: &[],
    },
    Row {
        of: "what was not seen for a week explains nothing",
        relations: "shop calls cart -8d",
        alerts: "cart@0m shop@1m",
        changes: "",
        causes: &[],
    },
    Row {
        of: "five steps are too far",
        relations: "a calls b, b calls c, c calls d, d calls e, e calls f",
        alerts: "f@0m a@1m",
        changes: "",
        causes: &[],
    },
    Row {
        of: "more names than would be read",
        relations: "a calls x, b calls x, c calls x, d calls x, e calls x, f calls x",
        alerts: "x@0m a@1m b@1m c@1m d@1m e@1m f@1m",
        changes: "",
        causes: &[
            "0.80 x began first; a, b, c, d and 2 more, which also have alerts, depend on it",
        ],
    },
    Row {
        of: "alerts of one thing count once, from the first on",
        relations: "shop calls cart",
        alerts: "cart@5m cart@0m shop@1m shop@2m",
        changes: "",
        causes: &["0.80 cart began first; shop, which also has an alert, depends on it"],
    },
    Row {
        of: "nothing has an alert",
        relations: CHAIN,
        alerts: "",
        changes: "checkout@-2m=deploy 9",
        causes: &[],
    },
];

#[test]
fn what_may_have_caused_it() {
    for Row { of, relations, alerts, changes, causes: expected } in &ROWS {
        assert_eq!(causes(&mut estate(relations), alerts, changes), *expected, "{of}");
    }
}
