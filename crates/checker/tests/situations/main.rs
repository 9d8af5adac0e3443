//! Every situation: a run that comes into it, and one that nearly does.

mod crashes;
mod elections;
mod log;
mod membership;
mod reads;
mod script;
mod snapshots;
mod world;

use script::Script;
use trace::{Kind, Situation};

/// A situation, a run that comes into it, and one that nearly does.
pub(crate) type Row = (Situation, fn(Script) -> Script, fn(Script) -> Script);

#[test]
fn every_situation_is_told_from_what_is_nearly_it() {
    let tables = [
        elections::ROWS,
        log::ROWS,
        crashes::ROWS,
        snapshots::ROWS,
        reads::ROWS,
        membership::ROWS,
        world::ROWS,
    ];
    let mut shown = Vec::new();
    for (situation, comes, nearly) in tables.concat() {
        let hits = |play: fn(Script) -> Script| {
            let reached = play(Script::new()).reached();
            reached.iter().find(|seen| seen.situation == situation).map_or(0, |seen| seen.hits)
        };
        assert_eq!(hits(comes), 1, "{} is reached", situation.name());
        assert_eq!(hits(nearly), 0, "{} is nearly reached", situation.name());
        shown.push(situation);
    }
    shown.sort();
    assert_eq!(shown, Situation::ALL, "every situation stands in the tables, and once");
}

#[test]
fn the_faults_that_were_on_are_told() {
    let faults = |script: Script| script.reached()[0].faults.clone();
    let send = |script: Script| script.send_snapshot(1, 2);
    assert_eq!(faults(send(Script::new())), ["none"]);
    let cut = Script::new().begin("links").begin("partition").begin("partition");
    assert_eq!(faults(send(cut.end("partition").end("links"))), ["partition"]);
    let twice = send(Script::new().begin("links")).end("links");
    assert_eq!(faults(send(twice)), ["links", "none"]);
    let healed = Script::new().begin("disk").event(Kind::Phase { name: "settle" });
    assert_eq!(faults(send(healed)), ["none"]);
}

#[test]
fn a_crash_is_on_until_its_node_has_recovered() {
    let send = |script: Script| {
        let reached = script.send_snapshot(1, 2).reached();
        let sent = reached.iter().find(|seen| seen.situation == Situation::SnapshotSent);
        sent.unwrap().faults.clone()
    };
    let down = Script::new().begin("crash").crash(3);
    assert_eq!(send(down), ["crash"]);
    let armed = Script::new().begin("crash");
    assert_eq!(send(armed), ["none"]);
    let up = Script::new().begin("crash").crash(3).restart(3, 0, 0, 0);
    assert_eq!(send(up), ["none"]);
}
