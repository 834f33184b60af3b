//! Undo, images and tenants.

use incidents::estate::{Estate, Limits};
use stream::Store;
use stream::image::{ChunkHeader, EntryWriter, entries};

use super::support::{TENANT, affected, estate, learn, limited};

const FIRST: &str = "web calls cart, cart calls database/carts, cart on pod/cart-0";
const SECOND: &str =
    "app calls cart, pod/cart-0 on node/n1, a calls b -9d, admin calls database/carts";

fn commit(estate: &mut Estate) {
    estate.stores().into_iter().for_each(Store::commit);
}

/// Everything that is asked of an estate in these tests.
fn answers(estate: &mut Estate) -> Vec<Vec<String>> {
    let mut answers: Vec<_> = ["database/carts", "node/n1", "cart", "b"]
        .iter()
        .map(|at| affected(estate, TENANT, at))
        .collect();
    answers.push(vec![format!("{:?}", estate.len(TENANT))]);
    answers
}

/// The state as a cut writes it.
fn image(estate: &mut Estate) -> Vec<Vec<u8>> {
    let write = |store: &mut dyn Store| {
        let mut bytes = ChunkHeader::begin();
        store.begin_cut();
        assert!(store.write_cut(&mut EntryWriter::new(&mut bytes, 0, usize::MAX)));
        bytes.split_off(stream::image::CHUNK_HEADER_BYTES)
    };
    estate.stores().into_iter().map(write).collect()
}

#[test]
fn an_undo_leaves_what_was_before() {
    let (mut estate, mut before) = (estate(FIRST), estate(FIRST));
    commit(&mut estate);
    learn(&mut estate, TENANT, SECOND);
    assert_ne!(answers(&mut estate), answers(&mut before));
    estate.stores().into_iter().for_each(Store::rollback);
    assert_eq!(answers(&mut estate), answers(&mut before));
    assert_eq!(image(&mut estate), image(&mut before));
}

#[test]
fn an_undo_brings_back_what_had_made_room() {
    let mut estate = limited(4, 100);
    learn(&mut estate, TENANT, "web calls cart, cart calls database/carts");
    commit(&mut estate);
    let (answered, kept) = (answers(&mut estate), image(&mut estate));
    learn(&mut estate, TENANT, "a calls b 1h, c calls d 1h");
    assert_eq!(estate.len(TENANT).0, 4);
    assert_eq!(affected(&mut estate, TENANT, "database/carts"), [""; 0]);
    estate.stores().into_iter().for_each(Store::rollback);
    assert_eq!(answers(&mut estate), answered);
    assert_eq!(image(&mut estate), kept);
}

#[test]
fn an_image_holds_all_of_it() {
    let mut estate = estate(&format!("{FIRST}, {SECOND}"));
    commit(&mut estate);
    let mut restored = Estate::new(Limits::default(), Default::default());
    for (store, written) in restored.stores().into_iter().zip(image(&mut estate)) {
        for entry in entries(&written) {
            store.restore(entry.unwrap().1).unwrap();
        }
    }
    assert_eq!(answers(&mut restored), answers(&mut estate));
    // What comes later finds the same state.
    for estate in [&mut restored, &mut estate] {
        learn(estate, TENANT, "api calls cart 169h, web calls cart 169h");
    }
    assert_eq!(image(&mut restored), image(&mut estate));
}

#[test]
fn tenants_share_nothing() {
    let mut estate = estate(FIRST);
    learn(&mut estate, 4, "other calls cart");
    assert_eq!(affected(&mut estate, 4, "cart"), ["1 other: other calls cart"]);
    assert_eq!(affected(&mut estate, TENANT, "cart"), ["1 web: web calls cart"]);
    assert_eq!(affected(&mut estate, 5, "cart"), [""; 0]);
    // One that is flooded drives nothing of another's out.
    let mut small = limited(3, 100);
    learn(&mut small, TENANT, "web calls cart");
    (0..50).for_each(|at| learn(&mut small, 4, &format!("a{at} calls b{at}")));
    assert_eq!(affected(&mut small, TENANT, "cart"), ["1 web: web calls cart"]);
    assert_eq!(small.len(4).0, 3);
}
