//! Bytes: what was written is read; what was damaged is an error, or a summary that works.

use analytics::summary::{Before, Distinct, Pane, Sketch, SummaryError, from_bytes, to_bytes};
use expect_test::expect;
use proptest::prelude::*;
use schemas::metric::PointKind;
use stream::image::EntryWriter;
use stream::{KeyedStore, Store};

use super::support::{Dice, Shape, pane_of, points};

const KINDS: [PointKind; 7] = [
    PointKind::Value,
    PointKind::Start,
    PointKind::Stale,
    PointKind::SetCount,
    PointKind::SetSum,
    PointKind::SetMin,
    PointKind::SetMax,
];

fn any_kind() -> impl Strategy<Value = PointKind> {
    prop_oneof![20 => Just(PointKind::Value), 1 => prop::sample::select(&KINDS[..])]
}

fn any_pane() -> impl Strategy<Value = Pane> {
    let value = prop_oneof![any::<f64>(), (0..1_000_u32).prop_map(f64::from)];
    let point = (0..90_000_u32, value, any_kind());
    (any::<bool>(), prop::collection::vec(point, 0..300)).prop_map(|(is_total, points)| {
        let mut pane = Pane::new(is_total);
        points.iter().for_each(|(time_ms, value, kind)| pane.add(*time_ms, *value, *kind));
        pane
    })
}

/// Asks for everything, adds and merges: whatever was read must bear it.
fn use_up(mut pane: Pane) {
    pane.merge(&pane.clone(), u32::MAX);
    for (time_ms, kind) in KINDS.into_iter().cycle().take(140).enumerate() {
        pane.add(u32::try_from(time_ms).unwrap(), 3.0, kind);
    }
    pane.merge(&pane.clone(), 60_000);
    let told = (
        pane.statistics(&Before::default()),
        pane.quantiles([0.0, 0.5, 1.0]),
        pane.increase(&Before::default(), 0),
    );
    let more = (pane.stale_since_ms(), pane.unusable(), pane.unplaced(), pane.collapsed());
    assert!(format!("{told:?}{more:?}").len() > 10);
    from_bytes::<Pane>(&to_bytes(&pane)).unwrap();
}

fn damage(bytes: &mut Vec<u8>, changes: &[(prop::sample::Index, u8)], cut: prop::sample::Index) {
    for (place, byte) in changes {
        let place = place.index(bytes.len());
        bytes[place] = *byte;
    }
    if cut.index(3) == 0 {
        bytes.truncate(cut.index(bytes.len()));
    }
}

fn any_changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn panes_survive(pane in any_pane()) {
        // Bytes and not panes are compared: a sum of huge values may be no number.
        let bytes = to_bytes(&pane);
        prop_assert_eq!(to_bytes(&from_bytes::<Pane>(&bytes).unwrap()), bytes);
        use_up(pane);
    }

    #[test]
    fn damaged_panes_do_not_panic(
        pane in any_pane(), changes in any_changes(), cut: prop::sample::Index,
    ) {
        let mut bytes = to_bytes(&pane);
        damage(&mut bytes, &changes, cut);
        if let Ok(pane) = from_bytes::<Pane>(&bytes) {
            use_up(pane);
        }
    }

    #[test]
    fn damaged_distinct_counts_do_not_panic(
        size in prop_oneof![0..40_u64, 1_020..1_030_u64],
        changes in any_changes(),
        cut: prop::sample::Index,
    ) {
        let mut distinct = Distinct::default();
        (0..size).for_each(|value| distinct.add(&value.to_le_bytes()));
        let mut bytes = to_bytes(&distinct);
        prop_assert_eq!(&from_bytes::<Distinct>(&bytes).unwrap(), &distinct);
        damage(&mut bytes, &changes, cut);
        if let Ok(mut read) = from_bytes::<Distinct>(&bytes) {
            read.merge(&distinct);
            prop_assert!(read.count() >= size / 2);
        }
    }

    #[test]
    fn any_bytes_do_not_panic(mut bytes: Vec<u8>) {
        bytes.insert(0, 1);
        if let Ok(pane) = from_bytes::<Pane>(&bytes) {
            use_up(pane);
        }
        let told = [
            from_bytes::<Sketch>(&bytes).map_or(0, |sketch| sketch.count()),
            from_bytes::<Distinct>(&bytes).map_or(0, |distinct| distinct.count()),
        ];
        prop_assert!(told.iter().all(|count| *count < 1 << 62));
    }
}

#[test]
fn what_cannot_be_read_says_why() {
    let bytes = to_bytes(&pane_of(&points(Shape::Whole, 3, &mut Dice::new(1)), 0, false));
    let length = bytes.len();
    let longer = [&bytes[..], &[0]].concat();
    let damaged = |length| Err(SummaryError::Damaged { length });
    assert_eq!(from_bytes::<Pane>(&[]), Err(SummaryError::Format(None)));
    assert_eq!(from_bytes::<Pane>(&[9, 9]), Err(SummaryError::Format(Some(9))));
    assert_eq!(from_bytes::<Pane>(&bytes[..length - 1]), damaged(length - 1));
    assert_eq!(from_bytes::<Pane>(&longer), damaged(length + 1));
}

#[test]
fn what_cannot_be_is_refused() {
    let dice = || Dice::new(1);
    let refused = |count: usize, place: usize, change: &[u8]| {
        let mut bytes = to_bytes(&pane_of(&points(Shape::Whole, count, &mut dice()), 0, false));
        assert!(from_bytes::<Pane>(&bytes).is_ok());
        bytes[place..place + change.len()].copy_from_slice(change);
        assert!(from_bytes::<Pane>(&bytes).is_err(), "{count} points, {change:?} at {place}");
    };
    // The format, the form, and how many; then the time and the value of each.
    refused(1, 0, &[2]);
    refused(1, 1, &[2]);
    refused(1, 2, &[65]);
    refused(1, 4, &f64::NAN.to_le_bytes());
    refused(1, 4, &f64::INFINITY.to_le_bytes());
    // Of many, the count; then the sum, the spread, the least and the greatest.
    refused(100, 2, &[101]);
    refused(100, 27, &f64::NAN.to_le_bytes());
    refused(100, 27, &1e9_f64.to_le_bytes());
    refused(100, 35, &(-1e9_f64).to_le_bytes());
}

#[test]
fn summaries_are_short() {
    let mut lines = String::new();
    for shape in [Shape::Whole, Shape::Lognormal, Shape::Mixed] {
        let bytes = [1, 12, 64, 1_000, 100_000].map(|count| {
            let points = points(shape, count, &mut Dice::new(7));
            let [gauge, total] = [false, true].map(|is| to_bytes(&pane_of(&points, 0, is)).len());
            format!("{count}: {gauge} (totals {total})")
        });
        lines += &format!("{shape:?} {}\n", bytes.join(", "));
    }
    for size in [10_u64, 1_000, 2_000] {
        let mut distinct = Distinct::default();
        (0..size).for_each(|value| distinct.add(&value.to_le_bytes()));
        lines += &format!("{size} different values {}\n", to_bytes(&distinct).len());
    }
    lines += &format!("a pane is {} bytes and what it points to\n", size_of::<Pane>());
    expect![[r#"
        Whole 1: 19 (totals 19), 12: 119 (totals 119), 64: 587 (totals 587), 1000: 118 (totals 29845), 100000: 141 (totals 31407)
        Lognormal 1: 19 (totals 19), 12: 119 (totals 119), 64: 587 (totals 587), 1000: 849 (totals 30584), 100000: 1871 (totals 24129)
        Mixed 1: 19 (totals 19), 12: 119 (totals 119), 64: 587 (totals 587), 1000: 1426 (totals 31161), 100000: 4239 (totals 26497)
        10 different values 44
        1000 different values 3373
        2000 different values 4100
        a pane is 64 bytes and what it points to
    "#]]
    .assert_eq(&lines);
}

#[test]
fn panes_live_in_a_store() {
    let mut panes: KeyedStore<Vec<u8>, Pane> = KeyedStore::default();
    let filled = |count| pane_of(&points(Shape::Lognormal, count, &mut Dice::new(3)), 0, true);
    for key in 0..20_u8 {
        panes.insert(&[key][..], filled(usize::from(key) * 10));
    }
    panes.commit();
    for key in 0..20_u8 {
        panes.get_mut(&[key][..]).unwrap().add(5, 1.0, PointKind::Value);
    }
    panes.rollback();
    panes.begin_cut();
    let mut bytes = Vec::new();
    assert!(panes.write_cut(&mut EntryWriter::new(&mut bytes, 0, 100)));
    let mut restored: KeyedStore<Vec<u8>, Pane> = KeyedStore::default();
    for entry in stream::image::entries(&bytes) {
        restored.restore(entry.unwrap().1).unwrap();
    }
    let expected = (0..20_u8).map(|key| filled(usize::from(key) * 10));
    assert!(restored.iter().map(|(_, pane)| pane.clone()).eq(expected));
}
