//! What looks like a setting and is none.

use crate::place::{Place, Ran};

#[test]
fn a_variable_that_is_no_setting_is_named() {
    let place = Place::empty("settings");
    let with = |name: &str| {
        let mut command = place.squall(&["list", "checks"]);
        Ran::of(command.env(name, "7").output().expect("squall starts"))
    };
    let slip = with("SQUALL_SEDE");
    assert_eq!(slip.code, 0, "{slip:?}");
    assert!(slip.stderr.contains("SQUALL_SEDE is not a setting"), "{slip:?}");
    assert!(slip.stderr.contains("did you mean SQUALL_SEED?"), "{slip:?}");
    let far = with("SQUALL_FAVOURITE_COLOUR_OF_THE_DAY");
    assert!(far.stderr.contains("there are SQUALL_ARTIFACTS, "), "{far:?}");
    assert_eq!(with("SQUALL_SEED").stderr, "");
    assert_eq!(with("SQUALL_GIT").stderr, "");
}

#[test]
fn a_file_of_settings_is_not_ignored_in_silence() {
    let place = Place::empty("settings-file");
    place.write("squall.toml", "[cluster]\nnodes = 1\n[limits]\nstorm = '1s'\n");
    let ran = place.run(&["list", "checks"]);
    assert!(ran.stderr.contains("warning: squall.toml is not read"), "{ran:?}");
    let ran = place.run(&["run", "squall.toml", "--seed", "1"]);
    assert!(!ran.stderr.contains("is not read"), "it is a scenario here: {ran:?}");
}
