//! The stories, and how much of them is put together.

#![allow(clippy::unwrap_used, reason = "tests may fail loudly")]

use loadtest::stories::{Noise, STORIES, StoriesArgs, read, run, set};

#[test]
fn a_seed_means_the_same_bytes() {
    assert_eq!(set(7, Noise::Few), set(7, Noise::Few));
    assert_ne!(set(7, Noise::Few), set(8, Noise::Few));
}

#[test]
fn every_record_is_read_as_its_format_and_noise_is_as_much_as_was_asked_for() {
    for (noise, times) in [(Noise::Few, 1), (Noise::Many, 5)] {
        let told = set(3, noise);
        assert_eq!(read(&told).unwrap().len(), told.len());
        let of_stories = told.iter().filter(|told| told.story.is_some()).count();
        assert!(told.len().abs_diff(of_stories * (1 + times)) < 2);
        assert!((0..STORIES).all(|story| told.iter().any(|told| told.story == Some(story))));
    }
}

#[test]
fn stories_are_put_together_better_than_by_a_gap() {
    let report = run(&StoriesArgs { seeds: (1, 2), noise: Noise::Few }).unwrap();
    let [correlator, _, gap] = report.all.as_slice() else { unreachable!("three ways") };
    assert!(correlator.f1.value > 0.65, "{:?}", correlator.f1);
    assert!(correlator.precision.value > 0.70, "{:?}", correlator.precision);
    assert!(correlator.matched.value > 0.70, "{:?}", correlator.matched);
    assert!(correlator.clean.value > 0.35, "{:?}", correlator.clean);
    assert!(correlator.found.value > 0.60, "{:?}", correlator.found);
    assert!(correlator.cause.value > 0.40, "{:?}", correlator.cause);
    assert!(correlator.f1.value > gap.f1.value);
}
