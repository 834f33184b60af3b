//! Who is touched, and in which words.

use incidents::estate::{Estate, Limits};

use super::support::{TENANT, affected, estate, fixed, learn};

struct Row {
    of: &'static str,
    relations: &'static str,
    at: &'static str,
    touched: &'static [&'static str],
}

const ROWS: [Row; 16] = [
    Row {
        of: "a chain, told from its far end",
        relations: "storefront calls checkout, checkout calls database/orders-db",
        at: "database/orders-db",
        touched: &[
            "1 checkout: checkout calls orders-db",
            "2 storefront: storefront calls checkout, which calls orders-db",
        ],
    },
    Row {
        of: "nobody depends on who only asks",
        relations: "storefront calls checkout",
        at: "storefront",
        touched: &[],
    },
    Row { of: "nothing is known", relations: "", at: "storefront", touched: &[] },
    Row {
        of: "a diamond: each once, on a shortest way",
        relations: "top calls left, top calls right, left calls store, right calls store, top calls store",
        at: "store",
        touched: &[
            "1 left: left calls store",
            "1 right: right calls store",
            "1 top: top calls store",
        ],
    },
    Row {
        of: "a cycle ends",
        relations: "a calls b, b calls c, c calls a",
        at: "a",
        touched: &["1 c: c calls a", "2 b: b calls c, which calls a"],
    },
    Row {
        of: "two cycles through one thing, and a thing that calls itself",
        relations: "a calls b, b calls a, b calls c, c calls b, c calls c",
        at: "b",
        touched: &["1 a: a calls b", "1 c: c calls b"],
    },
    Row {
        of: "four steps and no further",
        relations: "e calls d, f calls e, d calls c, c calls b, b calls a",
        at: "a",
        touched: &[
            "1 b: b calls a",
            "2 c: c calls b, which calls a",
            "3 d: d calls c, which calls b, which calls a",
            "4 e: e calls d, which calls c, which calls b, which calls a",
        ],
    },
    Row {
        of: "what began at several places is told once, without them",
        relations: "shop calls cart, shop calls search, cart calls search",
        at: "cart search",
        touched: &["1 shop: shop calls cart"],
    },
    Row {
        of: "a node takes its pods with it, these their deployment, this its service",
        relations: "pod/cart-x on node/n1, pod/cart-x in deployment/cart, cart on deployment/cart",
        at: "node/n1",
        touched: &[
            "1 cart-x: pod cart-x runs on node n1",
            "2 cart: deployment cart consists of pod cart-x, which runs on node n1",
            "3 cart: cart runs on deployment cart, which consists of pod cart-x, which runs on node n1",
        ],
    },
    Row {
        of: "a pod does not take the other pods with it",
        relations: "pod/a in deployment/cart, pod/b in deployment/cart",
        at: "pod/a",
        touched: &["1 cart: deployment cart consists of pod a"],
    },
    Row {
        of: "a pod's name says what it is part of",
        relations: "pod/cart-7d9f8b6c5-x2x4z on node/n1",
        at: "pod/cart-7d9f8b6c5-x2x4z",
        touched: &["1 cart: deployment cart consists of pod cart-7d9f8b6c5-x2x4z"],
    },
    Row {
        of: "parts suffer what happens to the account that they are in",
        relations: "queue/mail in account/prod, mailer needs queue/mail",
        at: "account/prod",
        touched: &[
            "1 mail: queue mail is part of account prod",
            "2 mailer: mailer depends on queue mail, which is part of account prod",
        ],
    },
    Row {
        of: "rights that are taken on",
        relations: "mailer as role/sender",
        at: "role/sender",
        touched: &["1 mailer: mailer assumes role sender"],
    },
    Row {
        of: "who deploys or owns is not needed to go on",
        relations: "cart by pipeline/cart, cart of team/shop",
        at: "pipeline/cart team/shop",
        touched: &[],
    },
    Row {
        of: "what was not seen for a week no longer holds",
        relations: "shop calls cart -169h, web calls cart -168h, app calls cart",
        at: "cart",
        touched: &["1 app: app calls cart", "1 web: web calls cart"],
    },
    Row {
        of: "spelling does not matter",
        relations: "Shop calls CART",
        at: "Cart",
        touched: &["1 shop: shop calls cart"],
    },
];

#[test]
fn who_is_touched() {
    for Row { of, relations, at, touched } in &ROWS {
        assert_eq!(affected(&mut estate(relations), TENANT, at), *touched, "{of}");
    }
}

#[test]
fn no_way_leads_through_a_hub_and_one_that_has_a_fault_is_told_with_its_first() {
    let hub = |callers: u32| {
        let all: Vec<_> = (0..callers).map(|at| format!("s{at} calls gate")).collect();
        estate(&format!("{}, gate calls store", all.join(", ")))
    };
    let names = |callers, at| affected(&mut hub(callers), TENANT, at).len();
    assert_eq!(names(30, "store"), 31);
    assert_eq!(names(64, "store"), 32);
    // One more than are told apart.
    assert_eq!(names(65, "store"), 1);
    assert_eq!(names(65, "gate"), 32);
    assert_eq!(names(5_000, "gate"), 32);
    assert_eq!(hub(5_000).len(TENANT).0, 5_002);
}

#[test]
fn what_is_written_down_always_holds_and_says_who_matters() {
    let written = "web calls cart, app calls cart, app of team/mobile, cart calls database/carts";
    let fixed = fixed(written, &[("web", 2), ("app", 1)]);
    let mut estate = Estate::new(Limits::default(), fixed);
    let touched = [
        "1 app: app calls cart; tier 1, owned by mobile",
        "1 web: web calls cart; tier 2",
        "1 admin: admin calls cart",
    ];
    learn(&mut estate, TENANT, "admin calls cart, web calls cart");
    assert_eq!(affected(&mut estate, TENANT, "cart"), touched);
    // What one tenant has shown is not another's.
    assert_eq!(affected(&mut estate, 4, "cart"), touched[..2]);
    let ways = affected(&mut estate, 4, "database/carts");
    assert_eq!(ways[1], "2 app: app calls cart, which calls carts; tier 1, owned by mobile");
}
